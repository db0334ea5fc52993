"""Reading and weighing the candidates: how much is read, and in which order it is given."""

from pathlib import Path

import pytest

from index.search_index import SearchIndex
from service.assessment import Assessed, Assessor, Candidate, ReadingOptions, rank
from service.confidence import Calibration
from service.query import QueryUnderstanding
from service.retriever import Retriever
from tests.fake_models import OverlapReader
from tests.fakes_answering import calibration, document, indexed

RECORD = [
    document("a", "Salt burns in the lamp."),
    document("b", "Whale oil burns in the lamp."),
    document("c", "Tar burns in the old lamp."),
    document("d", "The lamp."),
]
EVERYTHING = ReadingOptions(most=9, clear=2.0, behind=99.0)
UNSURE, SURE = calibration({}, intercept=-5.0), calibration({}, intercept=5.0)


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return indexed(tmp_path, RECORD)


def assess(
    index: SearchIndex,
    fitted: Calibration,
    reader: OverlapReader | None = None,
    options: ReadingOptions = EVERYTHING,
) -> list[Assessed]:
    retriever = Retriever(index)
    query = QueryUnderstanding(index.lexicon, (), ("en",)).understand("What burns in the lamp?")
    vector = retriever.encode(query.text)
    retrieved = retriever.retrieve(vector, query.terms, 6)
    assert len(retrieved) == 4
    assessor = Assessor(index, retriever, reader or OverlapReader(), fitted, options)
    return assessor.assess(query, vector, retrieved)


def candidates(index: SearchIndex) -> list[Candidate]:
    retriever = Retriever(index)
    query = QueryUnderstanding(index.lexicon, (), ("en",)).understand("What burns in the lamp?")
    vector = retriever.encode(query.text)
    retrieved = retriever.retrieve(vector, query.terms, 6)
    return Assessor(index, retriever, OverlapReader(), UNSURE).candidates(query, vector, retrieved)


def test_likeliest_passage_comes_first_whatever_the_reader_preferred(index: SearchIndex) -> None:
    reader = OverlapReader({"Salt": -1.0, "Whale": 2.0})
    found = assess(index, calibration({"span_margin": 1.0}), reader)
    assert found[0].document.doc_id == "b"
    assert found[-1].document.doc_id == "a"
    assert found[0].probability > found[1].probability > found[-1].probability


def test_equally_likely_passages_stand_in_the_order_of_the_record(index: SearchIndex) -> None:
    found = assess(index, calibration({}))
    assert [a.document.doc_id for a in found] == ["a", "b", "c", "d"]


def test_of_likely_passages_the_one_with_the_questions_words_comes_first(
    index: SearchIndex,
) -> None:
    found = assess(index, SURE, OverlapReader({"Whale": 2.0, "Salt": 2.1}))
    assert [a.probability for a in found] == [found[0].probability] * 4
    assert [rank(a) for a in found] == sorted((rank(a) for a in found), reverse=True)
    # "The lamp." lacks what burns in it.
    assert found[-1].document.doc_id == "d"
    assert rank(found[0]) - rank(found[-1]) > 0.1


def test_what_is_unlikely_stands_behind_what_is_likely_whatever_its_words(
    index: SearchIndex,
) -> None:
    fitted = calibration({"span_margin": 0.3}, intercept=-0.4)
    found = assess(index, fitted, OverlapReader({"The lamp.": 2.0, "Salt": -2.0, "Tar": -2.0}))
    likely = [a.probability >= fitted.threshold for a in found]
    assert True in likely and False in likely
    assert likely == sorted(likely, reverse=True)


def test_most_promising_windows_come_first(index: SearchIndex) -> None:
    found = candidates(index)
    assert [c.window.passage.doc_id for c in found][-1] in ("c", "d")
    promises = [c.promise for c in found]
    assert promises == sorted(promises, reverse=True)


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_no_more_is_read_than_allowed(index: SearchIndex, most: int) -> None:
    reader = OverlapReader()
    assess(index, UNSURE, reader, ReadingOptions(most=most, behind=99.0))
    assert reader.seen == [c.window for c in candidates(index)][:most]


def test_reading_stops_when_the_answer_is_clear(index: SearchIndex) -> None:
    for threads in (1, 2, 3):
        reader = OverlapReader(threads=threads)
        options = ReadingOptions(clear=0.9, near=-1.0, behind=99.0)
        assert len(assess(index, SURE, reader, options)) == threads
        assert len(reader.seen) == threads


def test_what_is_nearly_as_promising_is_read_beside_a_clear_answer(index: SearchIndex) -> None:
    reader = OverlapReader(threads=1)
    assess(index, SURE, reader, ReadingOptions(clear=0.9, near=99.0))
    assert len(reader.seen) == 4


def test_what_is_far_less_promising_is_not_read(index: SearchIndex) -> None:
    first, second, third, _ = (c.promise for c in candidates(index))
    between = first - (second + third) / 2
    reader = OverlapReader()
    assess(index, UNSURE, reader, ReadingOptions(behind=between))
    assert len(reader.seen) == 2


def test_sentence_of_the_reader_is_marked_when_no_words_were_found(index: SearchIndex) -> None:
    found = assess(index, calibration({}), OverlapReader({"Salt": -1.0}))
    assert all(a.sentence == a.candidate.passage.sentences[a.reading.sentence] for a in found)


def test_margin_is_the_relevance_over_the_best_other_passage(index: SearchIndex) -> None:
    by_name = {a.document.doc_id: a.evidence.margin for a in assess(index, calibration({}))}
    # a, b and c share two terms with the question, d one, each worth 4.
    assert by_name == {"a": 0.0, "b": 0.0, "c": 0.0, "d": -4.0}


def test_only_passage_read_has_no_margin(index: SearchIndex) -> None:
    (only,) = assess(index, calibration({}), options=ReadingOptions(most=1))
    assert only.evidence.margin == 0.0


def test_passage_of_several_windows_is_given_once_by_its_best(tmp_path: Path) -> None:
    filler = "Rope " + "rope " * 50 + "hangs on the wall."
    long = f"{filler} What burns in the lamp is oil. {filler}"
    index = indexed(tmp_path, [document("long", long), document("d", "The lamp.")])
    retriever = Retriever(index)
    query = QueryUnderstanding(index.lexicon, (), ("en",)).understand("What burns in the lamp?")
    vector = retriever.encode(query.text)
    retrieved = retriever.retrieve(vector, query.terms, 6)
    reader = OverlapReader()
    fitted = calibration({"relevance": 1.0})
    found = Assessor(index, retriever, reader, fitted, EVERYTHING).assess(query, vector, retrieved)
    assert sorted(a.document.doc_id for a in found) == ["d", "long"]
    assert len(reader.seen) > 2
    start, end = found[0].sentence
    assert found[0].document.text[start:end] == "What burns in the lamp is oil."
