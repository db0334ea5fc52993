"""What every place of a record gives: the same as the local index, to the last bit where it can."""

import dataclasses

import numpy as np
import pytest

from index.analysis import terms
from index.searchable import PassageFilter, Searchable
from index.types import Document
from service.answers import Question
from service.document_search import list_documents
from service.pipeline import QuestionAnswerer
from tests.fake_models import OverlapReader
from tests.fakes_answering import calibration
from tests.stores.records import ODD_IDS, questions

FILTERS = {
    "nothing": PassageFilter(),
    "one document": PassageFilter(("doc-9",)),
    "odd ids": PassageFilter(ODD_IDS),
    "from a date on": PassageFilter(published_from="2025-05-10"),
    "up to a date": PassageFilter(published_to="2025-02-10"),
    "both and ids": PassageFilter((*ODD_IDS, "doc-7"), "2025-02-01", "2025-06-30"),
    "a publisher": PassageFilter(publishers=('The "Post"',)),
    "a language": PassageFilter(languages=("vi",)),
    "nobody": PassageFilter(("no such document",)),
}


@pytest.mark.parametrize("where", FILTERS.values(), ids=FILTERS)
def test_candidates_and_their_scores_are_those_of_the_local_index(
    searchable: Searchable, local: Searchable, where: PassageFilter
) -> None:
    for question in questions(12):
        vector = local.embedder.encode([question])[0]
        wanted = local.candidates(vector, terms(question), 8, where)
        found = searchable.candidates(vector, terms(question), 8, where)
        assert found.rows.tolist() == wanted.rows.tolist()
        assert found.bm25.tolist() == wanted.bm25.tolist()
        assert found.cosines.tolist() == pytest.approx(wanted.cosines.tolist(), abs=1e-6)


def test_filter_keeps_the_nearest_of_those_that_pass(
    searchable: Searchable, local: Searchable
) -> None:
    where = PassageFilter(published_from="2025-05-10")
    passing = {d.doc_id for d in local.documents() if (d.published or "") >= "2025-05-10"}
    total = local.manifest.counts["passages"]
    rows = [p.row for p in local.passages(range(total)) if p.doc_id in passing]
    assert 8 < len(rows) < total
    vector = local.embedder.encode(["whale oil"])[0]
    # Without words only the vectors decide, so each one that passes can be compared by hand.
    found = searchable.candidates(vector, (), 8, where)
    every = searchable.candidates(vector, (), total, where)
    assert every.rows.tolist() == rows
    best = every.rows[np.argsort(-every.cosines)[:8]]
    assert found.rows.tolist() == sorted(best.tolist())


def test_passages_come_in_the_order_asked_for(searchable: Searchable, local: Searchable) -> None:
    rows = [5, 0, 17, 5]
    assert [p.row for p in searchable.passages(rows)] == rows
    assert searchable.passages(rows) == local.passages(rows)


def test_passage_that_no_field_of_an_engine_can_hold_is_whole(
    searchable: Searchable, local: Searchable
) -> None:
    longest = max(
        local.passages(range(local.manifest.counts["passages"])), key=lambda p: len(p.text)
    )
    assert len(longest.text.encode()) > 65_535
    assert searchable.passages([longest.row]) == [longest]


def test_sentence_vectors_are_bit_for_bit_those_that_were_built(
    searchable: Searchable, local: Searchable
) -> None:
    rows = list(range(local.manifest.counts["passages"]))
    for found, wanted in zip(
        searchable.sentence_vectors_of(rows), local.sentence_vectors_of(rows), strict=True
    ):
        assert found.dtype == np.float16 and np.array_equal(found, wanted)


def test_documents_are_paged_in_the_order_of_the_corpus(
    searchable: Searchable, local: Searchable
) -> None:
    everything = local.documents()
    assert searchable.documents() == everything
    assert searchable.documents(3, 4) == everything[3:7]
    assert searchable.documents(22, 40) == everything[22:]
    assert searchable.documents(90, 5) == []


@pytest.mark.parametrize("doc_id", [*ODD_IDS, "doc-11"])
def test_document_is_found_by_its_id_whatever_is_in_it(searchable: Searchable, doc_id: str) -> None:
    found = searchable.document(doc_id)
    assert found is not None and found.doc_id == doc_id


def test_documents_that_are_not_there_are_left_out(searchable: Searchable) -> None:
    assert searchable.document("doc-1 ") is None
    assert set(searchable.documents_by_id(["doc-8", "none", 'say "no"'])) == {"doc-8", 'say "no"'}


def test_documents_with_words_are_those_of_the_best_passages(
    searchable: Searchable, local: Searchable
) -> None:
    def ids(found: list[Document]) -> list[str]:
        return [document.doc_id for document in found]

    assert ids(searchable.documents_with(("lighthous",), 10)) == ["it's {x} %s"]
    assert ids(searchable.documents_with(terms("whale"), 5_000)) == ids(
        local.documents_with(terms("whale"), 5_000)
    )
    assert searchable.documents_with(("zebra",), 10) == []


def test_words_are_searched_in_documents_as_locally(
    searchable: Searchable, local: Searchable
) -> None:
    for words, most in (("lighthouse", 1), ("whale", 24)):
        found, count = list_documents(searchable, words, 0, 5)
        assert (found, count) == list_documents(local, words, 0, 5)
        assert 0 < count <= most


def test_terms_weigh_as_in_the_local_index(searchable: Searchable, local: Searchable) -> None:
    for term in (*terms("harbour lamp lighthouse"), "zebra"):
        here, there = local.term_statistics, searchable.term_statistics
        assert there.document_frequency(term) == here.document_frequency(term)
        assert there.idf(term) == here.idf(term)
    assert searchable.lexicon == local.lexicon
    assert searchable.manifest == local.manifest


def test_answers_are_the_same_whoever_keeps_the_record(
    searchable: Searchable, local: Searchable
) -> None:
    fitted = calibration({"relevance": 1.0, "sentence_cosine": 2.0})
    answerers = [QuestionAnswerer(one, OverlapReader(), fitted) for one in (local, searchable)]
    answered = 0
    for question in questions(10):
        wanted, found = (
            dataclasses.replace(one.ask(Question(question)), timing_ms={}) for one in answerers
        )
        assert found == wanted
        answered += wanted.status == "answered"
    assert answered


def test_no_candidate_comes_from_words_that_are_nowhere(searchable: Searchable) -> None:
    vector = searchable.embedder.encode(["zebra"])[0]
    assert len(searchable.candidates(vector, ("zebra",), 8).rows) == 8
    assert not searchable.candidates(vector, ("zebra",), 8).bm25.any()
