"""Searching and fusing, against values worked out by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from index.search_index import SearchIndex
from index.searchable import PassageFilter
from service.retriever import FusionOptions, Retriever
from tests.fakes_answering import document, indexed

OPTIONS = FusionOptions(passage=0.5, sentence=0.25, lexical=0.25, saturation=1.0, depth=50)
QUESTION = np.asarray([1.0, 0.0], dtype=np.float32)
# Titles have one term and passages two, so that every passage is of average length for BM25.
DOCUMENTS = (
    document("a", "Salt. Rope.", title="First", published="2025-01-10", publisher="Post"),
    document("b", "Tar sail.", title="Second", published="2025-02-20", lang="vi"),
    document("c", "Lamp oil.", title="Third"),
)
PASSAGE_VECTORS = ((0.6, 0.8), (1.0, 0.0), (0.0, 1.0))
SENTENCE_VECTORS = ((1.0, 0.0), (0.0, 1.0), (0.6, 0.8), (0.0, 1.0))


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return indexed(tmp_path, DOCUMENTS, PASSAGE_VECTORS, SENTENCE_VECTORS)


def test_scores_are_the_weighted_sum_worked_out_by_hand(index: SearchIndex) -> None:
    found = Retriever(index, OPTIONS).retrieve(QUESTION, ("lamp",), 3)
    assert [s.passage.doc_id for s in found] == ["b", "a", "c"]
    # BM25 of a term that 1 of 3 passages holds once, at average length: idf / (1 + 1.2).
    bm25 = math.log(1 + 2.5 / 1.5) / 2.2
    assert [s.lexical for s in found] == pytest.approx([0, 0, bm25], abs=1e-6)
    assert [s.dense for s in found] == pytest.approx([1.0, 0.6, 0.0], abs=1e-6)
    expected = [
        0.5 * 1.0 + 0.25 * 0.6,
        0.5 * 0.6 + 0.25 * 1.0,
        0.25 * bm25 / (bm25 + 1.0),
    ]
    assert [s.score for s in found] == pytest.approx(expected, abs=1e-3)


def test_shipped_weights_add_up_to_one() -> None:
    o = FusionOptions()
    assert o.passage + o.sentence + o.lexical == pytest.approx(1.0)


def test_sentence_cosines_are_those_of_the_passages_own_sentences(index: SearchIndex) -> None:
    retriever = Retriever(index, OPTIONS)
    second, first, third = retriever.sentence_cosines(QUESTION, [1, 0, 2])
    assert first.tolist() == [1.0, 0.0]
    assert second.tolist() == pytest.approx([0.6], abs=1e-3)
    assert third.tolist() == [0.0]


def test_equal_scores_stand_in_the_order_of_the_record(tmp_path: Path) -> None:
    same = [document(f"d{n}", "Tar sail.", title="Same") for n in range(7)]
    vectors = [(1.0, 0.0)] * 7
    retriever = Retriever(indexed(tmp_path, same, vectors, vectors), OPTIONS)
    found = retriever.retrieve(QUESTION, ("tar",), 4)
    assert [s.passage.row for s in found] == [0, 1, 2, 3]


def test_ties_at_the_depth_of_lexical_search_go_to_the_earlier_passage(tmp_path: Path) -> None:
    same = [document(f"d{n}", "Tar sail." if n < 4 else "Salt.", title="Same") for n in range(6)]
    vectors = [(0.0, 1.0)] * 4 + [(1.0, 0.0)] * 2  # dense search finds the last two
    options = FusionOptions(passage=0, sentence=0, lexical=1.0, depth=2)
    retriever = Retriever(indexed(tmp_path, same, vectors, vectors), options)
    found = retriever.retrieve(QUESTION, ("tar",), 6)
    assert [s.passage.row for s in found] == [0, 1, 4, 5]


def test_without_terms_the_dense_search_decides_alone(index: SearchIndex) -> None:
    found = Retriever(index, OPTIONS).retrieve(QUESTION, (), 3)
    assert [s.passage.doc_id for s in found] == ["b", "a", "c"]
    assert [s.lexical for s in found] == [0, 0, 0]


def test_unknown_terms_are_as_none(index: SearchIndex) -> None:
    retriever = Retriever(index, OPTIONS)
    assert retriever.retrieve(QUESTION, ("comet",), 3) == retriever.retrieve(QUESTION, (), 3)


def test_exact_words_bring_in_what_the_dense_search_left_out(index: SearchIndex) -> None:
    shallow = FusionOptions(passage=0.5, sentence=0.25, lexical=0.25, saturation=1.0, depth=1)
    found = Retriever(index, shallow).retrieve(QUESTION, ("lamp",), 3)
    assert [s.passage.doc_id for s in found] == ["b", "c"]


@pytest.mark.parametrize("k", [0, 1, 2, 9])
def test_no_more_than_k_passages_are_returned(index: SearchIndex, k: int) -> None:
    assert len(Retriever(index, OPTIONS).retrieve(QUESTION, ("lamp",), k)) == min(k, 3)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (PassageFilter(doc_ids=("c",)), ["c"]),
        (PassageFilter(doc_ids=("a", "c")), ["a", "c"]),
        (PassageFilter(published_from="2025-01-10"), ["b", "a"]),
        (PassageFilter(published_from="2025-01-11"), ["b"]),
        (PassageFilter(published_to="2025-02-20"), ["b", "a"]),
        (PassageFilter(published_to="2025-02-19"), ["a"]),
        (PassageFilter(published_from="2025-01-01", published_to="2025-01-31"), ["a"]),
        (PassageFilter(doc_ids=("b",), published_to="2025-01-31"), []),
        (PassageFilter(doc_ids=("none of that name",)), []),
        (PassageFilter(publishers=("Post",)), ["a"]),
        (PassageFilter(languages=("vi",)), ["b"]),
        (PassageFilter(languages=("en",), publishers=("Post", "Times")), ["a"]),
        (PassageFilter(doc_ids=("c",), published_from="1900-01-01"), []),  # c has no date
    ],
)
def test_only_documents_that_pass_every_filter_are_searched(
    index: SearchIndex, filters: PassageFilter, left: list[str]
) -> None:
    found = Retriever(index, OPTIONS).retrieve(QUESTION, ("lamp",), 3, filters)
    assert [s.passage.doc_id for s in found] == left


def test_filter_does_not_change_a_passages_scores(index: SearchIndex) -> None:
    retriever = Retriever(index, OPTIONS)
    everything = {s.passage.doc_id: s for s in retriever.retrieve(QUESTION, ("lamp",), 3)}
    (alone,) = retriever.retrieve(QUESTION, ("lamp",), 3, PassageFilter(doc_ids=("a",)))
    assert alone == everything["a"]


def test_filter_costs_no_recall_below_the_depth_of_search(tmp_path: Path) -> None:
    many = [document(f"d{n}", "Tar sail.", title="Same") for n in range(20)]
    vectors = [(1.0, 0.0)] * 19 + [(0.0, 1.0)]
    shallow = FusionOptions(depth=2)
    retriever = Retriever(indexed(tmp_path, many, vectors, vectors), shallow)
    found = retriever.retrieve(QUESTION, (), 5, PassageFilter(doc_ids=("d19",)))
    assert [s.passage.doc_id for s in found] == ["d19"]


def test_question_is_encoded_as_one_unit_vector(tmp_path: Path) -> None:
    retriever = Retriever(indexed(tmp_path, DOCUMENTS))
    vector = retriever.encode("Who bought the lamp oil?")
    assert vector.dtype == np.float32
    assert vector.shape == (64,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)
