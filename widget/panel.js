/** The conversation: the panel (or the full page), the question field and what was said. */
import { renderAnswer, renderProblem, renderStopped, renderSuggestions } from "./answer.js";
import { createClient } from "./api.js";
import { el, icon, present, text } from "./dom.js";
import STYLE from "./panel.css";

const LONGEST_QUESTION = 1000;
const LONGEST_HISTORY = 10;
// As in panel.css.
const FULL_SCREEN = "(max-width: 480px), (max-height: 30em)";
const CLOSE = "M6 6l12 12M18 6L6 18";
const SEND = "M12 19V5M5.5 11.5L12 5l6.5 6.5";

export { STYLE };

/** Builds the conversation of `host` into its shadow `root`. */
export function createPanel(host, root, texts) {
  const conversation = new Conversation(host, texts);
  root.querySelector("slot")?.remove();
  root.append(conversation.element);
  conversation.start();
  return conversation;
}

/** Text by name with `{placeholders}`; with `n`, the form for that number. */
function translator(texts, language) {
  const plural = new Intl.PluralRules(language);
  return (name, values = {}) => {
    const found = texts[name] ?? texts[`${name}_${plural.select(values.n)}`] ?? texts[`${name}_other`];
    return found.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  };
}

class Conversation {
  #history = [];
  #pending;
  #last = "";

  constructor(host, texts) {
    const { language, endpoint } = host;
    this.host = host;
    this.t = translator(texts, language);
    this.client = createClient(endpoint);
    this.context = { t: this.t, language, endpoint, ask: (question) => this.ask(question), feedback: this.client.feedback };
    this.element = this.#build(language, texts.dir);
  }

  #build(lang, dir) {
    const { t, host } = this;
    this.empty = el("div", { class: "empty" }, el("p", { class: "welcome" }, t("welcome")), el("p", { class: "why" }, t("promise")));
    this.log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": t("conversation") });
    this.scroller = el("div", { class: "scroller" }, this.empty, this.log);
    const common = { lang, dir };
    if (host.isPage) return el("div", { ...common, class: "panel page" }, this.scroller, this.#buildComposer());

    // What scrolls can be reached by keyboard.
    for (const [name, value] of Object.entries({ tabindex: 0, role: "group", "aria-label": t("conversation") })) this.scroller.setAttribute(name, value);
    const close = el("button", { type: "button", class: "icon", "aria-label": t("close"), click: () => host.close() }, icon(CLOSE));
    const leave = (event) => {
      if (event.type === "keydown" && (event.key !== "Escape" || event.isComposing)) return;
      event.preventDefault();
      event.stopPropagation();
      host.close();
    };
    const header = el("header", { class: "header" }, el("h2", { id: "title" }, host.dataset.title || t("title")), close);
    return el("dialog", { ...common, class: "panel", "aria-labelledby": "title", keydown: leave, cancel: leave }, header, this.scroller, this.#buildComposer());
  }

  #buildComposer() {
    const { t } = this;
    const submit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    const keydown = (event) => {
      // An input method (Vietnamese Telex, Japanese, ...) uses Enter to finish a word.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
      if (event.key === "ArrowUp" && !this.field.value && this.#last) {
        event.preventDefault();
        this.field.value = this.#last;
      }
    };
    this.field = el("textarea", { id: "question", class: "field", rows: 1, dir: "auto", placeholder: t("placeholder"), enterkeyhint: "send", "aria-describedby": "notice", keydown });
    this.notice = el("p", { id: "notice", class: "notice", role: "status" });
    return el(
      "form",
      { class: "composer", submit },
      el("label", { class: "hidden", for: "question" }, t("question")),
      el("div", { class: "box" }, this.field, el("button", { class: "send", "aria-label": t("send") }, icon(SEND))),
      this.notice,
    );
  }

  /** What the page holds already: a question, perhaps its answer, or examples. Else the service's examples. */
  async start() {
    this.connect();
    const { question, answer, questions } = this.host.dataset;
    const held = questions?.split("|") ?? [...this.host.querySelectorAll("[data-suggestion]")].map((node) => node.dataset.suggestion);
    // What was there for readers without scripts.
    this.host.replaceChildren();
    if (this.host.isPage && question) return this.ask(question, answer);
    const examples = held.length ? held : await this.client.suggestions().catch(() => []);
    this.empty.append(...present([renderSuggestions(examples, "examples", this.context)]));
  }

  connect() {
    for (const change of ["online", "offline"]) addEventListener(change, this.#sayNetwork);
  }

  disconnect() {
    for (const change of ["online", "offline"]) removeEventListener(change, this.#sayNetwork);
    this.#pending?.abort("stopped_by_you");
  }

  #sayNetwork = () => {
    this.notice.textContent = navigator.onLine ? "" : this.t("error_offline");
  };

  show(moveFocus) {
    // On a phone the panel covers the page, so what lies behind must be out of reach.
    if (moveFocus && matchMedia(FULL_SCREEN).matches) this.element.showModal();
    else this.element.setAttribute("open", "");
    if (moveFocus) this.field.focus();
  }

  hide() {
    this.element.close();
  }

  #submit() {
    const { field, notice, t } = this;
    const question = field.value.trim();
    const length = Array.from(question).length;
    notice.textContent = length > LONGEST_QUESTION ? t("too_long", { length, longest: LONGEST_QUESTION }) : "";
    if (!question || notice.textContent) return;
    field.value = "";
    // On a touch screen the keyboard would cover the answer.
    if (matchMedia("(pointer: coarse)").matches) field.blur();
    this.ask(question);
  }

  /** Puts `question` to the service, unless its answer is `known`, as JSON. */
  ask(question, known) {
    this.empty.remove();
    this.log.querySelector(".next")?.remove();
    this.#last = question;
    const reply = el("div", { class: "reply" });
    this.log.append(el("div", { class: "entry" }, el(this.host.isPage ? "h2" : "h3", { class: "question", dir: "auto" }, text(question)), reply));
    return this.#answer(question, reply, known);
  }

  /** Puts the answer into `reply`. One that is still awaited is given up. */
  async #answer(question, reply, known) {
    const { t } = this;
    this.#pending?.abort("stopped");
    const controller = (this.#pending = new AbortController());
    const { signal } = controller;
    const waiting = el("p", { class: "waiting" }, t("waiting"));
    const show = (nodes) => {
      reply.replaceChildren(...present(nodes));
      if (!known) this.#reveal(reply.parentElement);
    };
    const retry = () => {
      this.field.focus();
      this.#answer(question, reply);
    };
    const stop = () => {
      this.field.focus();
      controller.abort("stopped_by_you");
    };
    try {
      if (!known) show([waiting, el("button", { type: "button", class: "action stop", click: stop }, t("stop"))]);
      const history = this.#history.length ? this.#history.slice(-LONGEST_HISTORY) : undefined;
      const answer = known ? JSON.parse(known) : await this.client.ask({ question, history }, signal, () => (waiting.textContent = t("trying_again")));
      if (signal.aborted) throw signal.reason;
      const understood = answer.resolved_question;
      show([
        understood && understood !== question && el("p", { class: "understood" }, t("understood"), " ", el("q", { dir: "auto" }, text(understood))),
        renderAnswer(answer, this.context),
      ]);
      this.#history.push({ question });
      this.#emit("answer", { question, answer });
    } catch (error) {
      if (signal.aborted) return show(renderStopped(t(signal.reason), t, retry));
      // Any other error means that the reply was not understood.
      const problem = error.kind ? error : { kind: "reply", status: 0 };
      if (problem !== error) console.error(error);
      show(renderProblem(problem, t, retry));
      this.#emit("error", { question, kind: problem.kind, status: problem.status });
    }
  }

  /** Brings the question to the top: reading begins with the quotation. */
  #reveal(entry) {
    if (this.host.isPage) entry.scrollIntoView();
    else this.scroller.scrollTop = entry.offsetTop;
  }

  #emit(name, detail) {
    this.host.dispatchEvent(new CustomEvent(`record-${name}`, { bubbles: true, composed: true, detail }));
  }
}
