"""Gold quotations to places in the text that the index stores, which answers' offsets count."""

import re
from collections.abc import Callable, Sequence

from eval.dataset import MAX_HISTORY, Dataset, EvalQuestion, GoldQuote, GoldSpan
from eval.errors import EvaluationError

TextOf = Callable[[str], str | None]


def resolve(
    dataset: Dataset, text_of: TextOf, assume_unanswerable: bool = False
) -> tuple[tuple[EvalQuestion, ...], tuple[str, ...]]:
    """Find every gold quotation in the stored text; return the questions and what was amiss.

    In the project's own questions a quotation that is not found raises EvaluationError naming the
    id and the sentence. In a data set, which is as it is, it is reported and counts as missed.
    """
    texts = _Texts(text_of)
    has_history = any(row.history for row in dataset.rows)
    questions, amiss = [], list[str]()
    for row in dataset.rows:
        found = {
            kind: [
                _locate(row.id, quote, texts, amiss)
                for quote in quotes
                if quote.doc_id is not None and (quote.text is not None or quote.start is not None)
            ]
            for kind, quotes in (
                ("sentence", (*row.gold, *row.evidence)),
                ("answer", _sure(row.answers)),
            )
        }
        relevant = row.relevant or {span.doc_id: 1 for span in found["sentence"]}
        for doc_id in relevant:
            if texts.of(doc_id) is None and doc_id not in {s.doc_id for s in found["sentence"]}:
                amiss.append(f"{row.id}: document {doc_id!r} is not in the index")
        # An answer that says it stands nowhere was written, not quoted: no span can equal it.
        quoted = [a.text for a in row.answers if a.text and (a.plain or a.doc_id is not None)]
        category = row.category
        if not category and has_history:
            category = "later turn" if row.history else "first turn"
        answerable = row.answerable
        if answerable is None and assume_unanswerable:
            answerable = False
        questions.append(
            EvalQuestion(
                id=row.id,
                text=row.question.strip(),
                answerable=answerable,
                history=tuple(turn[:1000] for turn in row.history[-MAX_HISTORY:]),
                split=row.split,
                category=category,
                family=row.family or row.id,
                lang=row.lang,
                relevant=tuple(relevant.items()),
                sentences=tuple(found["sentence"]),
                answer_spans=tuple(found["answer"]),
                answers=tuple(dict.fromkeys(quoted)),
                ignored=frozenset(row.ignore),
                rewrite=row.rewrite,
            )
        )
    if amiss and dataset.corpus is None and any(row.gold for row in dataset.rows):
        more = f" (and {len(amiss) - 1} more)" if len(amiss) > 1 else ""
        raise EvaluationError(f"{dataset.path}: {amiss[0]}{more}")
    return tuple(questions), tuple(amiss)


class _Texts:
    """The stored documents' texts, each asked for once."""

    def __init__(self, text_of: TextOf) -> None:
        self._text_of = text_of
        self._known: dict[str, str | None] = {}

    def of(self, doc_id: str) -> str | None:
        if doc_id not in self._known:
            self._known[doc_id] = self._text_of(doc_id)
        return self._known[doc_id]


def _locate(question_id: str, quote: GoldQuote, texts: _Texts, amiss: list[str]) -> GoldSpan:
    """Return the quotation's place; when there is none, one at -1, which nothing meets."""
    doc_id = quote.doc_id or ""
    text = texts.of(doc_id)
    missing = GoldSpan(doc_id, -1, -1, quote.text or "")
    if text is None:
        amiss.append(f"{question_id}: document {doc_id!r} is not in the index")
        return missing
    if quote.text is None:
        start, end = quote.start or 0, quote.end or 0
        if not 0 <= start < end <= len(text):
            amiss.append(f"{question_id}: {start} to {end} is not within document {doc_id!r}")
            return missing
        return GoldSpan(doc_id, start, end, text[start:end])
    found = _nearest(text, quote.text, quote.start or 0)
    if found is None:
        amiss.append(f"{question_id}: document {doc_id!r} does not hold {quote.text!r}")
        return missing
    return GoldSpan(doc_id, found, found + len(quote.text), quote.text)


def _nearest(text: str, words: str, near: int) -> int | None:
    """Where ``words`` stand in ``text``, exactly, nearest to ``near``."""
    if words and text.startswith(words, near):
        return near
    places = [m.start() for m in re.finditer(re.escape(words), text)] if words else []
    return min(places, key=lambda place: abs(place - near), default=None)


def _sure(answers: Sequence[GoldQuote]) -> list[GoldQuote]:
    """Answers with an offset, without guesses among repeats where one is not a guess."""
    placed = [a for a in answers if a.start is not None]
    return [a for a in placed if a.start_exact] or placed
