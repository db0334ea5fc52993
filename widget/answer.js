/** An answer, a refusal or a problem as elements. */
import { addressOf, el, icon, link, markedText, present, sentenceOf, text } from "./dom.js";

const THUMB = "M7 11v9H4v-9zM7 11l4-8c1.5 0 2.5 1 2.5 2.5V9H19a2 2 0 0 1 2 2.3l-1.2 7a2 2 0 0 1-2 1.7H7";
const LONG_CONTEXT = 280;
const TAGS = ["wrong", "not_asked", "outdated"];
const REASONS = ["below_threshold", "out_of_corpus", "not_a_question", "language"];

/** `context`: `t` (text by name), `language`, `endpoint`, `ask(question)`, `feedback(body)`. */
export function renderAnswer(answer, context) {
  const { t } = context;
  const [first, ...others] = answer.passages;
  if (!first) return renderRefusal(answer, context);
  const disputed = answer.disagreements?.flatMap(({ passages }) => passages.map((words) => words.passage_id)) ?? [];
  const agreeing = agreement(answer, first);
  const second = others.find(({ passage_id: id, source }) => agreeing?.passage_ids.includes(id) && source.doc_id !== first.source.doc_id);
  const differing = others.filter(({ passage_id: id }) => disputed.includes(id));
  const beside = differing.length ? differing : present([second]);
  const shown = (passage) => renderPassage(passage, context);
  return [
    differing.length && el("p", { class: "label" }, t("differ")),
    shown(first),
    !differing.length && second && el("p", { class: "label" }, t("also")),
    beside.map(shown),
    renderTrust(answer, agreeing, t),
    renderFeedback(answer, first, context),
    fold("further", others.filter((passage) => !beside.includes(passage)), context),
    renderSuggestions(answer.suggestions?.slice(0, 3), "next", context),
  ].flat();
}

/** The group of passages of several documents that say what `first` says, if there is one. */
const agreement = ({ corroboration }, { passage_id: id }) => corroboration?.find(({ passage_ids: ids, sources }) => sources > 1 && ids.includes(id));

function renderRefusal({ reason, near_misses: nearMisses, suggestions, index }, context) {
  const { t, language } = context;
  const why = REASONS.includes(reason) ? reason : REASONS[0];
  return [
    el("p", { class: "refusal" }, t(`refusal_${why}`)),
    el("p", { class: "why" }, t(`why_${why}`), " ", index?.documents && t("looked", { n: index.documents, date: formatDate(index.built_at.slice(0, 10), language) })),
    fold("near_misses", nearMisses, context),
    renderSuggestions(suggestions, "can_answer", context),
  ];
}

export function renderSuggestions(questions, label, { t, ask }) {
  if (!questions?.length) return null;
  const button = (question) => el("button", { type: "button", class: "suggestion", dir: "auto", click: () => ask(question) }, text(question));
  return el("div", { class: `suggestions ${label}` }, el("p", { class: "label" }, t(label)), el("ul", {}, questions.slice(0, 6).map((question) => el("li", {}, button(question)))));
}

const retryButton = (t, retry) => el("button", { type: "button", class: "action strong", click: retry }, t("retry"));

export const renderStopped = (why, t, retry) => [el("p", { class: "why" }, why), retryButton(t, retry)];

export function renderProblem({ kind, title, detail }, t, retry) {
  return [
    el("p", { class: "refusal", dir: "auto" }, text(title || t(`error_${kind}`))),
    detail && el("p", { class: "why", dir: "auto" }, text(detail)),
    retryButton(t, retry),
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
  const words = el("blockquote", { class: "quote", lang: passage.lang, dir: "auto" }, plain ? text(passage.text) : markedText(passage, t));
  return el(
    "figure",
    { class: plain ? "passage plain" : "passage" },
    words,
    el("figcaption", { class: "source" }, renderSource(passage.source, t, language)),
    el(
      "div",
      { class: "actions" },
      !plain && unfoldButton(words, t),
      link(view, t("open_document"), t("new_tab"), "action strong"),
      link(passage.links.source, t("original"), t("new_tab")),
      copyButton(passage, view, t, language),
    ),
  );
}

/** Leaves of a long passage the sentence that answers, until the reader asks for the rest. Null for a short one. */
function unfoldButton(words, t) {
  const nodes = [...words.childNodes];
  const [from, to] = ["findIndex", "findLastIndex"].map((find) => nodes[find](({ className }) => className === "sentence"));
  const around = [nodes.slice(0, from), nodes.slice(to + 1)];
  const length = around.flat().reduce((sum, { textContent }) => sum + textContent.length, 0);
  if (from < 0 || length < LONG_CONTEXT) return null;
  const rests = around.filter(([node]) => node).map((rest) => {
    const whole = el("span", { class: "rest" });
    rest[0].before(whole);
    whole.append(el("span", {}, ...rest));
    return whole;
  });
  const button = el("button", { type: "button", class: "action" });
  const turn = (folded) => {
    for (const rest of rests) rest.firstChild.hidden = folded;
    words.classList.toggle("folded", folded);
    button.setAttribute("aria-expanded", !folded);
    button.textContent = t(folded ? "unfold" : "fold");
  };
  button.addEventListener("click", () => turn(!words.classList.contains("folded")));
  turn(true);
  return button;
}

function renderSource({ title, doc_id: id, publisher, published, event_date, section, page, paragraph }, t, language) {
  published ??= event_date;
  const places = [
    publisher && el("bdi", {}, text(publisher)),
    published && el("time", { datetime: published }, formatDate(published, language)),
    section && el("bdi", {}, text(section)),
    page && el("bdi", {}, t("page", { n: page })),
    paragraph && el("bdi", {}, t("paragraph", { n: paragraph })),
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

/** In words, and no more exact than it is given: a day, a month or a year. */
function formatDate(iso, language) {
  const [whole, month, day] = /^\d{4}(-\d\d)?(-\d\d)?$/.exec(iso) ?? [];
  const date = new Date(iso);
  if (!whole || Number.isNaN(+date)) return iso;
  return date.toLocaleDateString(language === "en" ? "en-GB" : language, { year: "numeric", month: month && "long", day: day && "numeric", timeZone: "UTC" });
}

/** Copies the quoted words, the citation, the original's address, our page's and the day of access. */
function copyButton(passage, view, t, language) {
  const button = el("button", { type: "button", class: "action" }, t("copy"));
  button.addEventListener("click", async () => {
    const now = new Date();
    const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => `${part}`.padStart(2, "0")).join("-");
    const original = link(passage.source.url, "") && passage.source.url;
    const lines = [`“${sentenceOf(passage)}”`, passage.citation, original, view, t("accessed", { date: formatDate(today, language) })];
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

function renderTrust({ confidence: { band, probability } }, agreeing, t) {
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

/** Thumbs; after a thumb down, what was wrong. The last that is said of an answer counts. */
function renderFeedback({ answer_id }, { passage_id }, { t, feedback }) {
  const said = el("span", { role: "status" });
  const tags = el("div", { class: "tags", role: "group", "aria-label": t("what_is_wrong"), hidden: "" }, el("span", {}, t("what_is_wrong")));
  /** Sends `body`, with `button` pressed and the others of its row not; takes that back if it fails. */
  const give = (button, row, body) => async () => {
    const press = (pressed) => row.forEach((other) => other.setAttribute("aria-pressed", pressed && other === button));
    press(true);
    tags.hidden = body.value === "up";
    const saved = await feedback({ answer_id, passage_id, ...body }).then(() => true, () => false);
    if (!saved) press(false);
    said.textContent = t(saved ? "thanks" : "feedback_failed");
  };
  const button = (attributes, row, body, content) => {
    const made = el("button", { type: "button", "aria-pressed": "false", ...attributes }, content);
    made.addEventListener("click", give(made, row, body));
    row.push(made);
    return made;
  };
  const [thumbs, reasons] = [[], []];
  for (const value of ["up", "down"]) button({ class: `icon ${value}`, "aria-label": t(`thumb_${value}`) }, thumbs, { value }, icon(THUMB));
  for (const tag of TAGS) button({ class: "action tag" }, reasons, { value: "down", tags: [tag] }, t(`tag_${tag}`));
  tags.append(...reasons);
  return el("div", { class: "feedback", role: "group", "aria-label": t("feedback") }, el("span", {}, t("feedback")), thumbs, said, tags);
}
