/** From the contract's offsets (Unicode code points of the document) to marked words. */
import { el, text } from "./dom.js";

/**
 * The passage's text as nodes: the sentence that answers in <mark>, the exact words in a second
 * <mark> inside it. `passage.start` is the document offset of `passage.text[0]`. A string here
 * counts UTF-16 units, so it is cut by code points; a highlight that does not fit marks nothing.
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
    if (marked("span")) piece = [el("mark", { class: "span", part: "mark-strong" }, piece)];
    if (!marked("sentence")) {
      sentence = null;
      nodes.push(...piece);
    } else if (sentence) sentence.append(...piece);
    else {
      sentence = el("mark", { class: "sentence", part: "mark", "data-before": t("mark_begins"), "data-after": t("mark_ends") }, piece);
      nodes.push(sentence);
    }
  });
  return nodes;
}

/** The words of the sentence that answers, verbatim; the whole passage when none is given. */
export function sentenceOf({ text: words, start, highlights }) {
  const found = highlights?.find(({ kind }) => kind === "sentence");
  return found ? Array.from(words).slice(found.start - start, found.end - start).join("") : words;
}
