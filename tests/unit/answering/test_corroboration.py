"""The same answer in several documents."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index.search_index import SearchIndex
from index.types import ScoredPassage
from service.answers import Corroboration, Disagreement, DisputedWords
from service.assessment import Assessed
from service.corroboration import (
    MIN_COSINE,
    agreeing,
    corroborated,
    disagreements,
    same_fact,
    statement_of,
)
from service.disagreement import Statement
from service.reader import Reading, Span
from tests.fakes_answering import document, evidence, indexed


def angle(cosine: float) -> tuple[float, float]:
    """A unit vector at ``cosine`` to (1, 0)."""
    return (cosine, math.sqrt(1 - cosine * cosine))


def record(folder: Path, *cosines: tuple[str, float]) -> SearchIndex:
    """One passage of two sentences for each (document, cosine); the second sentence counts.

    Passages of one document are joined by no rule: each paragraph is long enough to stand alone.
    """
    paragraph = "Salt and rope " * 4 + "are here. " + "Tar and oil " * 4 + "are there."
    by_document: dict[str, int] = {}
    for name, _ in cosines:
        by_document[name] = by_document.get(name, 0) + 1
    documents = [document(n, *[paragraph] * count) for n, count in by_document.items()]
    vectors = [v for _, cosine in cosines for v in ((0.0, -1.0), angle(cosine))]
    return indexed(folder, documents, [(1.0, 0.0)] * len(cosines), vectors)


def answers(index: SearchIndex, sentence: int = 1) -> Sequence[Assessed]:
    """Each passage as an answer by its second sentence, or another one."""
    found = []
    for passage in index.store.passages(range(index.vectors.size)):
        doc = index.store.document(passage.doc_id)
        assert doc is not None
        found.append(
            Assessed(
                candidate=ScoredPassage(passage, 0.5, 0.5, 0.5),
                document=doc,
                reading=Reading(1, 1.0),
                evidence=evidence(),
                probability=0.9,
                sentence=passage.sentences[sentence],
            )
        )
    return found


def test_other_document_that_says_the_same_corroborates(tmp_path: Path) -> None:
    index = record(tmp_path, ("a", 1.0), ("b", 0.9))
    assert corroborated(index, answers(index)) == (Corroboration(("a#1", "b#1"), 2),)


def test_other_document_that_says_something_else_does_not(tmp_path: Path) -> None:
    index = record(tmp_path, ("a", 1.0), ("b", MIN_COSINE - 0.05), ("c", -1.0))
    assert corroborated(index, answers(index)) == ()


def test_same_document_does_not_corroborate_itself(tmp_path: Path) -> None:
    index = record(tmp_path, ("a", 1.0), ("a", 1.0))
    assert corroborated(index, answers(index)) == ()


def test_each_document_counts_once(tmp_path: Path) -> None:
    index = record(tmp_path, ("a", 1.0), ("b", 0.9), ("b", 1.0), ("c", MIN_COSINE + 0.05))
    assert corroborated(index, answers(index)) == (Corroboration(("a#1", "b#1", "c#1"), 3),)


def test_sentences_are_compared_with_the_first_answer_only(tmp_path: Path) -> None:
    index = record(tmp_path, ("a", 1.0), ("b", 0.8), ("c", 0.28))  # c is at .8 to b
    assert corroborated(index, answers(index)) == (Corroboration(("a#1", "b#1"), 2),)


def test_marked_sentences_are_compared(tmp_path: Path) -> None:
    index = record(tmp_path, ("a", 1.0), ("b", 1.0))
    first, second = answers(index)
    # The reader liked the first sentence, but the answering words stand in the second one.
    misread = dataclasses.replace(second, reading=Reading(0, 1.0))
    assert corroborated(index, [first, misread]) == (Corroboration(("a#1", "b#1"), 2),)


def test_single_answer_or_none_is_not_corroborated(tmp_path: Path) -> None:
    index = record(tmp_path, ("a", 1.0), ("b", 1.0))
    assert corroborated(index, answers(index)[:1]) == ()
    assert corroborated(index, []) == ()


def statement(doc_id: str, sentence: str, span: str | None = None) -> Statement:
    """A document that holds nothing but ``sentence``."""
    words = None
    if span is not None:
        words = (sentence.index(span), sentence.index(span) + len(span))
    return Statement(f"{doc_id}#1", doc_id, sentence, (0, len(sentence)), words)


WHO = "Who opened the fair?"
WHEN = "When did the fair open?"


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("Ngô Phương Lan", "ngo phuong lan", True),
        ("the City Council", "City Council", True),
        ("Ann Lee", "Bob Ray", False),
        ("Ann Lee", "Ann Lee and Bob Ray", False),
        ("the", "the", False),
    ],
)
def test_equal_spans_are_one_fact_however_their_sentences_differ(
    here: str, there: str, same: bool
) -> None:
    first, other = statement("a", here, here), statement("b", f"By {there} it was.", there)
    assert same_fact(WHO, first, other, cosine=0.1) is same


def test_without_spans_the_sentences_must_be_alike() -> None:
    first, other = statement("a", "Ann Lee opened it.", "Ann Lee"), statement("b", "Ann Lee did.")
    assert not same_fact(WHO, first, other, MIN_COSINE - 0.01)
    assert same_fact(WHO, first, other, MIN_COSINE)


def test_alike_sentences_that_disagree_do_not_corroborate() -> None:
    statements = [
        statement("a", "The fair opened in 1990."),
        statement("b", "The fair opened in 1991."),
        statement("c", "The fair was opened in 1990."),
    ]
    vectors = [np.asarray(angle(c), dtype=np.float32) for c in (1.0, 0.99, 0.98)]
    assert agreeing(WHEN, statements, vectors) == (Corroboration(("a#1", "c#1"), 2),)
    # "The fair opened in " is 19 characters long.
    here, there = DisputedWords("a#1", 19, 23, "1990"), DisputedWords("b#1", 19, 23, "1991")
    assert disagreements(WHEN, statements) == (Disagreement("date", (here, there)),)


def test_each_document_disagrees_once_and_none_with_itself() -> None:
    years = (("a", 1990), ("a", 1995), ("b", 1991), ("b", 1992), ("c", 1990), ("d", 1993))
    statements = [statement(doc, f"The fair opened in {year}.") for doc, year in years]
    found = [
        (d.passages[1].passage_id, d.passages[1].text) for d in disagreements(WHEN, statements)
    ]
    assert found == [("b#1", "1991"), ("d#1", "1993")]


def test_nothing_is_disputed_without_answers() -> None:
    assert disagreements(WHEN, []) == ()
    assert agreeing(WHEN, [], []) == ()


def test_question_tells_disputed_answers_of_an_index_apart(tmp_path: Path) -> None:
    years = (("a", 1990), ("b", 1991), ("c", 1990))
    documents = [document(name, f"The fair opened in {year}.") for name, year in years]
    index = indexed(tmp_path, documents, [(1.0, 0.0)] * 3, [(1.0, 0.0)] * 3)
    found = answers(index, sentence=0)
    assert corroborated(index, found) == (Corroboration(("a#1", "b#1", "c#1"), 3),)
    assert corroborated(index, found, WHEN) == (Corroboration(("a#1", "c#1"), 2),)


def test_statement_holds_the_span_that_the_reader_believes(tmp_path: Path) -> None:
    (answer,) = answers(record(tmp_path, ("a", 1.0)))
    start, end = answer.sentence

    def told(span: Span | None) -> tuple[int, int] | None:
        return statement_of(dataclasses.replace(answer, reading=Reading(1, 1.0, span=span))).span

    assert statement_of(answer).sentence == answer.sentence
    assert told(None) is None
    assert told(Span(start + 4, start + 8, 1.0)) == (start + 4, start + 8)
    assert told(Span(start + 4, end + 9, 1.0)) == (start + 4, end)
    assert told(Span(start + 4, start + 8, 0.0)) is None
    assert told(Span(0, 4, 1.0)) is None
