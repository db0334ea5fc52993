/** Building blocks: elements, text and links. Nothing here parses HTML. */

/** An element with attributes, listeners (functions) and children; a string becomes a text node. */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...present(children));
  return node;
}

/** The children that are there: what a condition left out (false, null, undefined) is dropped. */
export const present = (children) => children.flat().filter((child) => child || child === 0);

/** A line drawing on a 24 by 24 grid, hidden from assistive technology. */
export function icon(path) {
  const [svg, line] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/**
 * `value` as nodes. A character that reorders text is isolated, which makes it harmless, and the
 * style sheet shows its code point; the text content stays the words of the record, unchanged.
 */
export function text(value) {
  return String(value ?? "")
    .split(/(\p{Bidi_Control})/u)
    .map((piece, i) => (i % 2 ? el("bdi", { class: "control", "data-code": codeOf(piece) }, piece) : piece));
}

const codeOf = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** A link that opens a new tab and says so; null unless `href` is absolute, http or https. */
export function link(href, label, note, kind = "action") {
  if (!/^https?:/.test(addressOf(href)?.protocol)) return null;
  return el("a", { class: kind, href, target: "_blank", rel: "noopener noreferrer" }, label, el("span", { class: "hidden" }, ` (${note})`));
}

/** `href`, relative to `base` if that is given, as a URL; null when it is none. */
export function addressOf(href, base) {
  try {
    return new URL(href, base);
  } catch {
    return null;
  }
}
