"""The same answer in several documents, and different answers to the same question."""

from collections.abc import Sequence

import numpy as np

from index.analysis import STOP_WORDS, words
from index.searchable import FloatArray, Searchable
from service.answers import Corroboration, Disagreement
from service.assessment import Assessed
from service.disagreement import Statement, disagreement

MIN_COSINE = 0.6
"""Sentences at least this alike state the same thing, each being an answer already."""


def corroborated(
    index: Searchable, answers: Sequence[Assessed], question: str = ""
) -> tuple[Corroboration, ...]:
    """Group the answers of other documents that say what the first one says.

    ``question`` is needed to notice answers that are alike but for the number, date or title.
    """
    statements = [statement_of(answer) for answer in answers]
    return agreeing(question, statements, _vectors(index, answers))


def agreeing(
    question: str, statements: Sequence[Statement], vectors: Sequence[FloatArray]
) -> tuple[Corroboration, ...]:
    """At most one group: the first statement, and one of each document that states the same.

    ``vectors`` holds a unit vector for the sentence of each statement.
    """
    if len(statements) < 2:
        return ()
    first = statements[0]
    group, sources = [first], {first.doc_id}
    for other, vector in zip(statements[1:], vectors[1:], strict=True):
        cosine = float(vector @ vectors[0])
        if other.doc_id not in sources and same_fact(question, first, other, cosine):
            group.append(other)
            sources.add(other.doc_id)
    if len(group) < 2:
        return ()
    return (Corroboration(tuple(s.passage_id for s in group), len(sources)),)


def disagreements(question: str, statements: Sequence[Statement]) -> tuple[Disagreement, ...]:
    """What other documents say differently from the first statement, each document once."""
    found: list[Disagreement] = []
    seen: set[str] = set()
    for other in statements[1:]:
        if other.doc_id in seen:
            continue
        differing = disagreement(question, statements[0], other)
        if differing is not None:
            found.append(differing)
            seen.add(other.doc_id)
    return tuple(found)


def same_fact(question: str, first: Statement, other: Statement, cosine: float) -> bool:
    """Whether two answers to ``question`` are one: in equal words or alike, and undisputed.

    ``cosine`` is that of their sentences.
    """
    if not _equal_spans(first, other) and cosine < MIN_COSINE:
        return False
    return disagreement(question, first, other) is None


def statement_of(answer: Assessed) -> Statement:
    """The marked sentence of ``answer``, with its span where the reader is sure of it."""
    passage, span = answer.candidate.passage, answer.reading.span
    start, end = answer.sentence
    sure = span is not None and span.margin > 0 and start <= span.start < end
    return Statement(
        passage_id=passage.passage_id,
        doc_id=passage.doc_id,
        text=answer.document.text,
        sentence=answer.sentence,
        span=(span.start, min(span.end, end)) if span is not None and sure else None,
    )


def _equal_spans(first: Statement, other: Statement) -> bool:
    """Whether both spans have the same words, but for case, accents, articles and punctuation."""
    if first.span is None or other.span is None:
        return False
    here, there = (
        [w for w in words(s.text[slice(*s.span)]) if w not in STOP_WORDS]
        for s in (first, other)
        if s.span is not None
    )
    return bool(here) and here == there


def _vectors(index: Searchable, answers: Sequence[Assessed]) -> list[FloatArray]:
    """The unit vector of each answer's marked sentence."""
    passages = [answer.candidate.passage for answer in answers]
    of_passages = index.sentence_vectors_of([passage.row for passage in passages])
    return [
        np.asarray(vectors[passage.sentences.index(answer.sentence)], dtype=np.float32)
        for answer, passage, vectors in zip(answers, passages, of_passages, strict=True)
    ]
