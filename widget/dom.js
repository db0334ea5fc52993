/** Elements, text, links and marked words. Nothing here parses HTML. */

/** An element; a function among its attributes is a listener, a string child a text node. Each class is a part too. */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
    if (name === "class") node.setAttribute("part", value);
  }
  node.append(...present(children));
  return node;
}

/** What a condition left out (false, null, undefined) is dropped. */
export const present = (children) => children.flat().filter(Boolean);

/** A line drawing on a 24 by 24 grid. */
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

/**
 * The passage's text: the sentence that answers in <mark>, the exact words in a <mark> within.
 * Offsets count code points of the document, strings here UTF-16 units, so it is cut by points.
 * A highlight that does not fit marks nothing.
 */
export function markedText(passage, t) {
  const points = Array.from(passage.text);
  const marks = (passage.highlights ?? [])
    .map(({ start, end, kind }) => ({ from: start - passage.start, to: end - passage.start, kind }))
    .filter(({ from, to }) => from >= 0 && from < to && to <= points.length);
  const edges = [...new Set([0, points.length, ...marks.flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b);

  const nodes = [];
  let sentence = null;
  edges.slice(1).forEach((to, i) => {
    const from = edges[i];
    const marked = (kind) => marks.some((mark) => mark.kind === kind && mark.from <= from && to <= mark.to);
    let piece = text(points.slice(from, to).join(""));
    if (marked("span")) piece = [el("mark", { class: "span" }, piece)];
    if (!marked("sentence")) {
      sentence = null;
      nodes.push(...piece);
    } else if (sentence) sentence.append(...piece);
    else {
      sentence = el("mark", { class: "sentence", "data-before": t("mark_begins"), "data-after": t("mark_ends") }, piece);
      nodes.push(sentence);
    }
  });
  return nodes;
}

/** The sentence that answers, verbatim; the whole passage when none is given. */
export function sentenceOf({ text: words, start, highlights }) {
  const found = highlights?.find(({ kind }) => kind === "sentence");
  return found ? Array.from(words).slice(found.start - start, found.end - start).join("") : words;
}
