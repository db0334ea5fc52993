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

  // Put in by scripts/build-widget: the texts needed before a file is loaded, and the files' hashes.
  const TEXTS = BUILD.texts;
  const FILES = BUILD.files;

  const sheetOf = (style) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    return sheet;
  };
  const sheet = sheetOf(BUILD.sheet);

  /** One of our modules. Where the page pinned this script by its hash, the module must have its own. */
  async function load(name) {
    const integrity = FILES[name];
    const href = new URL(`static/${name}?v=${integrity.slice(7, 17).replace(/\W/g, "-")}`, ROOT).href;
    const link = document.createElement("link");
    if (script?.integrity && link.relList.supports("modulepreload")) {
      await new Promise((resolve, reject) => {
        Object.assign(link, { rel: "modulepreload", crossOrigin: "anonymous", href, integrity, onload: resolve, onerror: reject });
        document.head.append(link);
      });
    }
    return import(href);
  }

  const luminance = (rgb) =>
    rgb.reduce((sum, value, i) => sum + [0.2126, 0.7152, 0.0722][i] * (value > 10 ? ((value / 255 + 0.055) / 1.055) ** 2.4 : value / 3294.6), 0.05);

  /** `rgb`, mixed towards black (0) or white (255) until it stands out 4.5 to 1 (WCAG 1.4.3) from a surface. */
  function legible(rgb, surface, towards) {
    for (let share = 0; share < 1; share += 0.04) {
      const mixed = rgb.map((value) => Math.round(value + (towards - value) * share));
      const [a, b] = [luminance(mixed), luminance(surface)];
      if (Math.max(a, b) / Math.min(a, b) >= 4.5) return `:host{--ask-accent:rgb(${mixed})}`;
    }
  }

  /** The style for `data-color`, such as #7a1f2b or #722; nothing for what is no such colour. */
  function tint(color) {
    const digits = /^#(?:[\da-f]{3}){1,2}$/i.test(color) ? color.slice(1).replace(/^(.)(.)(.)$/, "$1$1$2$2$3$3") : "";
    if (!digits) return "";
    const rgb = digits.match(/../g).map((pair) => parseInt(pair, 16));
    const dark = legible(rgb, [32, 39, 40], 255);
    const dimmed = dark.replace(":host", ":host(:not([data-theme=light]))");
    return `${legible(rgb, [241, 243, 238], 0)}@media(prefers-color-scheme:dark){${dimmed}}${dark.replace(":host", ":host([data-theme=dark])")}`;
  }

  class AskTheRecord extends HTMLElement {
    static observedAttributes = ["data-open"];
    #root = this.attachShadow({ mode: "open" });
    #launcher = null;
    #loading = null;
    #panel = null;

    connectedCallback() {
      this.#panel?.connect();
      if (this.#root.firstChild) return;
      this.#adopt();
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
      return Object.hasOwn(TEXTS, primary) ? primary : "en";
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

    /** The style sheets, in the order in which one overrides another. */
    #adopt(panel) {
      this.#root.adoptedStyleSheets = [sheet, ...(panel ? [sheetOf(panel)] : []), sheetOf(tint(this.dataset.color))];
    }

    #createLauncher() {
      const button = document.createElement("button");
      button.type = "button";
      button.dir = "auto";
      button.className = "launcher";
      button.part = "button";
      button.textContent = this.dataset.title || TEXTS[this.language].button;
      button.setAttribute("aria-haspopup", "dialog");
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
      return button;
    }

    #load() {
      this.#loading ??= Promise.all(["panel.js", `texts.${this.language}.js`].map(load))
        .then(([{ createPanel, STYLE }, { default: texts }]) => {
          this.#adopt(STYLE);
          this.#panel = createPanel(this, this.#root, texts);
          return this.#panel;
        })
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
        this.#launcher.textContent = TEXTS[this.language].failed;
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
