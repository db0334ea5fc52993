/** An answer, a refusal or a problem as elements. */
import { addressOf, el, icon, link, markedText, sentenceOf, text } from "./dom.js";

const THUMB = "M7 11v9H4v-9zM7 11l4-8c1.5 0 2.5 1 2.5 2.5V9H19a2 2 0 0 1 2 2.3l-1.2 7a2 2 0 0 1-2 1.7H7";
const REASONS = ["below_threshold", "out_of_corpus", "not_a_question", "language"];

/** `context`: `t` (text by name), `language`, `endpoint`, `ask(question)`, `feedback(body)`. */
export function renderAnswer(answer, context) {
  const { t } = context;
  const [first, ...others] = answer.passages;
  if (!first) return renderRefusal(answer, context);
  const disputed = answer.disagreements?.flatMap(({ passages }) => passages.map((words) => words.passage_id)) ?? [];
  const [beside, further] = [true, false].map((is) => others.filter((passage) => disputed.includes(passage.passage_id) === is));
  return [
    beside[0] && el("p", { class: "label" }, t("differ")),
    [first, ...beside].map((passage) => renderPassage(passage, context)),
    renderTrust(answer, first, t),
    renderFeedback(answer, first, context),
    fold("further", further, context),
  ].flat();
}

function renderRefusal({ reason, near_misses: nearMisses, suggestions }, context) {
  const why = REASONS.includes(reason) ? reason : REASONS[0];
  return [
    el("p", { class: "refusal" }, context.t(`refusal_${why}`)),
    el("p", { class: "why" }, context.t(`why_${why}`)),
    fold("near_misses", nearMisses, context),
    renderSuggestions(suggestions, "can_answer", context),
  ];
}

export function renderSuggestions(questions, label, { t, ask }) {
  if (!questions?.length) return null;
  const button = (question) => el("button", { type: "button", class: "suggestion", dir: "auto", click: () => ask(question) }, text(question));
  return el("div", { class: "suggestions" }, el("p", { class: "label" }, t(label)), el("ul", {}, questions.slice(0, 6).map((question) => el("li", {}, button(question)))));
}

export function renderProblem({ kind, title, detail }, t, retry) {
  return [
    el("p", { class: "refusal", dir: "auto" }, text(title || t(`error_${kind}`))),
    detail && el("p", { class: "why", dir: "auto" }, text(detail)),
    el("button", { type: "button", class: "action strong", click: retry }, t("retry")),
  ];
}

function fold(name, passages, context) {
  if (!passages?.length) return null;
  const shown = passages.map((passage) => renderPassage(passage, context, name === "near_misses"));
  return el("details", { class: "more" }, el("summary", {}, context.t(name, { n: shown.length })), shown);
}

/** `plain`: a near miss, which must not look like an answer, so nothing in it is marked. */
function renderPassage(passage, { t, language, endpoint }, plain) {
  const view = viewAddress(passage.links.view, endpoint);
  return el(
    "figure",
    { class: plain ? "passage plain" : "passage" },
    el("blockquote", { class: "quote", lang: passage.lang, dir: "auto" }, plain ? text(passage.text) : markedText(passage, t)),
    el("figcaption", { class: "source" }, renderSource(passage.source, t, language)),
    el(
      "div",
      { class: "actions" },
      link(view, t("open_document"), t("new_tab"), "action strong"),
      link(passage.links.source, t("original"), t("new_tab")),
      copyButton(passage, view, t),
    ),
  );
}

function renderSource({ title, doc_id: id, publisher, published, event_date, section, page, paragraph }, t, language) {
  published ??= event_date;
  const places = [
    publisher && el("bdi", {}, text(publisher)),
    published && el("time", { datetime: published }, formatDate(published, language)),
    section && el("bdi", {}, text(section)),
    page && t("page", { n: page }),
    paragraph && t("paragraph", { n: paragraph }),
  ].filter(Boolean);
  return [
    el("cite", {}, el("bdi", {}, text(title || id))),
    el("span", { class: "place" }, places.map((place, i) => (i ? [" · ", place] : place)).flat()),
  ];
}

/** Our page of the document at the marked words; null for another site's. */
function viewAddress(view, endpoint) {
  const url = addressOf(`${view}`.replace(/^\/+/, "./"), endpoint);
  if (url?.origin !== endpoint.origin) return null;
  url.hash = "quote";
  return url.href;
}

function formatDate(iso, language) {
  const date = new Date(`${iso}T00:00Z`);
  if (Number.isNaN(+date)) return iso;
  return date.toLocaleDateString(language === "en" ? "en-GB" : language, { dateStyle: "long", timeZone: "UTC" });
}

/** Copies the quoted words, the citation and our page's address. */
function copyButton(passage, view, t) {
  const button = el("button", { type: "button", class: "action" }, t("copy"));
  button.addEventListener("click", async () => {
    const lines = [`“${sentenceOf(passage)}”`, passage.citation, view];
    const copied = await copyText(lines.filter(Boolean).join("\n"), button);
    button.textContent = t(copied ? "copied" : "copy_failed");
    setTimeout(() => (button.textContent = t("copy")), 2500);
  });
  return button;
}

async function copyText(value, button) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    // No clipboard on a page without TLS or in a frame without permission: the older way.
    const field = el("textarea", { class: "hidden" });
    field.value = value;
    button.after(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    button.focus();
    return copied;
  }
}

function renderTrust({ confidence: { band, probability }, corroboration }, { passage_id: id }, t) {
  const agreeing = corroboration?.find(({ passage_ids: ids, sources }) => sources > 1 && ids.includes(id));
  // In steps of 5: the calibration does not know more than that.
  const n = Math.min(95, Math.max(5, Math.round(probability * 20) * 5));
  const level = ["high", "medium"].includes(band) ? band : "low";
  return el(
    "div",
    { class: `trust ${level}` },
    el("span", { class: "bars", "aria-hidden": "true" }, el("i"), el("i"), el("i")),
    el("p", {}, el("strong", {}, t(`band_${level}`)), " ", agreeing && `${t("agree", { n: agreeing.sources })} `, t("band_meaning", { n })),
  );
}

function renderFeedback({ answer_id }, { passage_id }, { t, feedback }) {
  const said = el("span", { role: "status" });
  const buttons = ["up", "down"].map((value) => {
    const give = async () => {
      const press = (pressed) => buttons.forEach((button) => button.setAttribute("aria-pressed", pressed && button.value === value));
      press(true);
      const saved = await feedback({ answer_id, passage_id, value }).then(() => true, () => false);
      if (!saved) press(false);
      said.textContent = t(saved ? "thanks" : "feedback_failed");
    };
    return el("button", { type: "button", value, class: `icon ${value}`, "aria-label": t(`thumb_${value}`), "aria-pressed": "false", click: give }, icon(THUMB));
  });
  return el("div", { class: "feedback", role: "group", "aria-label": t("feedback") }, el("span", {}, t("feedback")), buttons, said);
}
