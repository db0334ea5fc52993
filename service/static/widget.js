/**
 * The element <ask-the-record>: attributes, button, life cycle. A classic script for any page.
 * Nothing is requested until the visitor opens it; panel.js, the conversation, is loaded then.
 */
(() => {
  "use strict";
  const NAME = "ask-the-record";
  if (customElements.get(NAME)) return;

  const script = document.currentScript ?? document.querySelector('script[src*="widget.js"]');
  const folder = new URL(".", script?.src ?? document.baseURI);
  const ROOT = folder.pathname.endsWith("/static/") ? new URL("..", folder) : folder;

  // Needed before the texts are loaded.
  const LABELS = {
    en: { button: "Ask the record", failed: "Could not load. Try again" },
    vi: { button: "Hỏi tư liệu", failed: "Không tải được. Thử lại" },
  };

  const STYLE = `
:host { all: initial !important; display: block !important; color-scheme: light dark !important; font-family: var(--ask-sans, system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif) !important; }
:host([hidden]) { display: none !important; }
:host([data-theme="light"]) { color-scheme: light !important; }
:host([data-theme="dark"]) { color-scheme: dark !important; }
.launcher {
  position: fixed; z-index: var(--ask-z, 2147483000); bottom: 1.25em; right: 1.25em; display: flex; align-items: center; gap: .6em;
  min-height: 3.25em; max-width: calc(100vw - 2.5em); padding: .5em 1.4em .5em 1.1em; border: 1px solid transparent; border-radius: 2em; cursor: pointer;
  font: inherit; font-weight: 600; color: var(--ask-on-accent, #fff); background: var(--ask-accent, #14524d); box-shadow: 0 8px 24px -6px #0008;
}
:host([data-position="bottom-left"]) .launcher { right: auto; left: 1.25em; }
.launcher::before { content: "\\201C" / ""; font: 700 2.4em/1 Georgia, serif; height: .62em; }
.launcher:focus-visible { outline: 3px solid var(--ask-focus, #b97a00); outline-offset: 3px; }
@media print { .launcher { display: none; } }
`;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);

  class AskTheRecord extends HTMLElement {
    static observedAttributes = ["data-open"];
    #root = this.attachShadow({ mode: "open" });
    #launcher = null;
    #loading = null;
    #panel = null;

    connectedCallback() {
      this.#panel?.connect();
      if (this.#root.firstChild) return;
      this.#root.adoptedStyleSheets = [sheet];
      if (this.isPage) {
        // What the page holds for readers without scripts stays until the conversation is ready.
        this.#root.append(document.createElement("slot"));
        this.#load().catch(() => {});
        return;
      }
      this.#launcher = this.#createLauncher();
      this.#root.append(this.#launcher);
      if (this.isOpen) this.#show(false);
    }

    disconnectedCallback() {
      this.#panel?.disconnect();
    }

    attributeChangedCallback(_name, before, after) {
      if (!this.#launcher || (before === null) === (after === null)) return;
      if (after === null) this.#hide();
      else this.#show(true);
    }

    get isPage() {
      return this.dataset.mode === "page";
    }

    get isOpen() {
      return this.isPage || this.hasAttribute("data-open");
    }

    /** The interface language: `data-lang`, else the language of the page, else English. */
    get language() {
      const wanted = this.dataset.lang || this.closest("[lang]")?.lang || "en";
      const primary = wanted.toLowerCase().split("-")[0];
      return primary in LABELS ? primary : "en";
    }

    /** The root of the service that is asked, always with a final slash. */
    get endpoint() {
      const url = new URL(this.dataset.endpoint || ROOT.href, document.baseURI);
      if (!/^https?:$/.test(url.protocol)) throw new TypeError(`data-endpoint: ${url}`);
      if (!url.pathname.endsWith("/")) url.pathname += "/";
      url.search = url.hash = "";
      return url;
    }

    open() {
      this.setAttribute("data-open", "");
    }

    close() {
      this.removeAttribute("data-open");
    }

    async ask(question) {
      if (!this.isPage) this.open();
      await (await this.#load()).ask(question);
    }

    #createLauncher() {
      const button = document.createElement("button");
      button.type = "button";
      button.dir = "ltr";
      button.className = "launcher";
      button.part = "button";
      button.textContent = this.dataset.title || LABELS[this.language].button;
      button.setAttribute("aria-haspopup", "dialog");
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
      return button;
    }

    #load() {
      this.#loading ??= import(new URL("static/panel.js", ROOT).href)
        .then(({ createPanel }) => createPanel(this, this.#root))
        .then((panel) => (this.#panel = panel))
        .catch((error) => {
          this.#loading = null;
          throw error;
        });
      return this.#loading;
    }

    async #show(moveFocus) {
      this.#launcher.setAttribute("aria-busy", "true");
      try {
        const panel = await this.#load();
        if (!this.isOpen) return;
        this.#launcher.setAttribute("aria-expanded", "true");
        panel.show(moveFocus);
        this.#announce("open");
      } catch (error) {
        this.close();
        this.#launcher.textContent = LABELS[this.language].failed;
        console.error(error);
      } finally {
        this.#launcher.removeAttribute("aria-busy");
      }
    }

    #hide() {
      if (!this.#panel) return;
      this.#launcher.setAttribute("aria-expanded", "false");
      this.#panel.hide();
      this.#launcher.focus({ preventScroll: true });
      this.#announce("close");
    }

    #announce(name) {
      this.dispatchEvent(new CustomEvent(`record-${name}`, { bubbles: true, composed: true }));
    }
  }

  customElements.define(NAME, AskTheRecord);

  // One tag is enough: where the page has placed no element, add one with the tag's own attributes.
  if (!document.querySelector(NAME) && script && !("manual" in script.dataset)) {
    const element = document.createElement(NAME);
    Object.assign(element.dataset, script.dataset);
    document.body.append(element);
  }
})();
