"""The same answer in several documents."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

from index.search_index import SearchIndex
from index.types import ScoredPassage
from service.answers import Corroboration
from service.assessment import Assessed
from service.corroboration import MIN_COSINE, corroborated
from service.reader import Reading
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


def answers(index: SearchIndex) -> Sequence[Assessed]:
    """Each passage as an answer by its second sentence."""
    found = []
    for passage in index.store.passages(range(index.vectors.size)):
        doc = index.store.document(passage.doc_id)
        assert doc is not None
        found.append(
            Assessed(
                candidate=ScoredPassage(passage, 0.5, 0.5, 0.5),
                document=doc,
                reading=Reading(1, 1.0),
                span=None,
                evidence=evidence(),
                probability=0.9,
                sentence=passage.sentences[1],
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
