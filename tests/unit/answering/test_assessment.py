"""Reading and weighing the candidates: how much is looked at, and in which order it is given."""

from pathlib import Path

import pytest

from index.search_index import SearchIndex
from index.types import Passage
from service.assessment import LOOKED_AT_CLOSELY, Assessed, Assessor
from service.confidence import Calibration
from service.query import QueryUnderstanding
from service.retriever import Retriever
from service.span_reader import SpanReading
from tests.fake_models import OverlapReader
from tests.fakes_answering import calibration, document, indexed

RECORD = [
    document("a", "Salt burns in the lamp."),
    document("b", "Whale oil burns in the lamp."),
    document("c", "Tar burns in the old lamp."),
    document("d", "The lamp."),
]


class CountingSpanReader:
    """Notes what it reads, and finds the passage's first word with the margin it is told."""

    name = "counting"

    def __init__(self, margins: dict[str, float]) -> None:
        self.seen: list[str] = []
        self._margins = margins

    def read(self, question: str, passage: Passage, sentence: int) -> SpanReading | None:
        """See ``service.span_reader.SpanReader``."""
        self.seen.append(passage.doc_id)
        margin = self._margins.get(passage.doc_id)
        if margin is None:
            return None
        return SpanReading(passage.start, passage.start + 4, margin, margin)


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return indexed(tmp_path, RECORD)


def assess(
    index: SearchIndex, fitted: Calibration, spans: CountingSpanReader | None, wanted: int = 3
) -> list[Assessed]:
    retriever = Retriever(index)
    query = QueryUnderstanding(index.lexicon, (), ("en",)).understand("What burns in the lamp?")
    vector = retriever.encode(query.text)
    candidates = retriever.retrieve(vector, query.terms, 6)
    assert len(candidates) == 4
    return Assessor(index, retriever, OverlapReader(), spans, fitted).assess(
        query, vector, candidates, wanted
    )


def test_likeliest_candidate_comes_first_whatever_the_reader_preferred(index: SearchIndex) -> None:
    spans = CountingSpanReader({"a": -1.0, "b": 2.0})
    found = assess(index, calibration({"span_margin": 1.0}, threshold=0.99), spans)
    assert [a.document.doc_id for a in found] == ["b", "a"]
    assert found[0].probability > found[1].probability


def test_equally_likely_candidates_stand_in_the_order_of_the_record(index: SearchIndex) -> None:
    found = assess(index, calibration({}, threshold=0.4), None)
    assert [a.document.doc_id for a in found] == ["a", "b", "c"]


def test_only_the_first_candidates_are_looked_at_closely_when_none_answers(
    index: SearchIndex,
) -> None:
    spans = CountingSpanReader({})
    found = assess(index, calibration({}, intercept=-5.0), spans, wanted=4)
    assert len(found) == len(spans.seen) == LOOKED_AT_CLOSELY


def test_candidates_far_behind_are_not_looked_at(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.assessment.CLOSE_BEHIND", -1.0)
    assert len(assess(index, calibration({}, intercept=5.0), None, 4)) == 2


def test_as_many_are_looked_at_as_wanted_when_one_answers(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.assessment.CLOSE_BEHIND", 100.0)
    for wanted in (3, 4):
        spans = CountingSpanReader({})
        assert len(assess(index, calibration({}, intercept=5.0), spans, wanted)) == wanted
        assert len(spans.seen) == wanted


def test_sentence_of_the_reader_is_marked_when_no_words_were_found(index: SearchIndex) -> None:
    found = assess(index, calibration({}), CountingSpanReader({"a": -1.0}))
    assert all(a.sentence == a.candidate.passage.sentences[a.reading.sentence] for a in found)


def test_relevance_of_candidates_not_looked_at_still_counts_in_the_margin(
    index: SearchIndex,
) -> None:
    first, second = assess(index, calibration({}, intercept=-5.0), None)
    assert first.evidence.margin == 0.0  # a, b and c share as many terms with the question
    assert second.evidence.margin == 0.0
