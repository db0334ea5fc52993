"""Evidence for candidates, worked out by hand over three passages."""

import math

import pytest

from index.lexical_index import LexicalIndex
from index.lexicon import Lexicon
from index.types import ScoredPassage
from service.evidence import FEATURES, Evidence, EvidenceCollector
from service.query import Query, QueryUnderstanding
from service.reader import Reading, Span
from tests.fakes_answering import document, evidence, only_passage

RECORD = ("keeper lamp", "lamp tower", "lamp sea")
LEXICON = Lexicon({"RLS": ["Royal Lighthouse Society"]}, {})
# Lucene's inverse document frequencies in a record of 3 passages.
LAMP = math.log(1 + 0.5 / 3.5)  # in all three
KEEPER = math.log(1 + 2.5 / 1.5)  # in one
COMET = math.log(1 + 3.5 / 0.5)  # in none


def ask(text: str) -> Query:
    return QueryUnderstanding(LEXICON, (), ("en",)).understand(text)


def collect(
    question: str,
    text: str,
    *,
    title: str = "Untitled",
    sentence: int = 0,
    relevance: float = 2.0,
    answerable: float = 0.0,
    span: Span | None = None,
    record: tuple[str, ...] = RECORD,
) -> Evidence:
    passage = only_passage(text, title=title)
    return EvidenceCollector(LexicalIndex.build(record), LEXICON).collect(
        ask(question),
        ScoredPassage(passage, score=0.4, dense=0.3, lexical=1.0),
        Reading(0, relevance, answerable, span),
        sentence,
        document("doc", text, title=title),
        0.25,
    )


def test_coverage_is_the_share_of_terms_weighted_by_rarity() -> None:
    found = collect("keeper lamp comet", "The lamp is lit. The keeper rests.")
    total = LAMP + KEEPER + COMET
    assert found.coverage == pytest.approx((LAMP + KEEPER) / total)
    assert found.sentence_coverage == pytest.approx(LAMP / total)
    assert found.unknown == pytest.approx(COMET / total)


def test_sentence_evidence_is_that_of_the_sentence_to_be_marked() -> None:
    text = "The lamp is lit. The keeper rests."
    found = collect("keeper lamp", text, sentence=1)
    assert found.sentence_coverage == pytest.approx(KEEPER / (LAMP + KEEPER))


def test_inflected_words_cover_each_other() -> None:
    assert collect("keepers", "Every keeper rests.").coverage == 1.0


def test_title_covers_for_the_passage_but_not_for_the_sentence() -> None:
    found = collect("keeper", "He rests.", title="The keeper")
    assert found.coverage == 1.0
    assert found.sentence_coverage == 0.0


def test_question_without_content_is_covered_and_known() -> None:
    found = collect("who is it", "The lamp is lit.")
    assert (found.coverage, found.sentence_coverage, found.unknown) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What does the Royal Lighthouse Society own", "The RLS has much."),
        ("What does the RLS own", "The Royal Lighthouse Society has much."),
    ],
)
def test_acronym_and_long_form_cover_each_other(question: str, text: str) -> None:
    record = ("rls royal lighthouse society", "own")
    found = collect(question, text, record=record)
    without = collect(question.replace("own", ""), text, record=record)
    assert without.coverage == without.sentence_coverage == 1.0
    assert 0 < found.coverage < 1


def test_names_are_the_share_of_capitalised_words_and_numbers() -> None:
    question = "Did Anna Holm paint it in 1931?"
    assert collect(question, "Anna came in 1931. Then she left.").names == pytest.approx(2 / 3)
    found = collect(question, "Anna came. It was 1931.")
    assert found.names == pytest.approx(2 / 3)
    assert found.sentence_names == pytest.approx(1 / 3)


def test_first_word_of_a_question_is_no_name_unless_it_is_an_acronym() -> None:
    assert collect("Lamps burn oil?", "The tower.").names == 1.0
    assert collect("RLS owns what?", "The tower.").names == 0.0


def test_question_without_names_lacks_none() -> None:
    found = collect("who lit the lamp?", "The tower.")
    assert (found.names, found.sentence_names) == (1.0, 1.0)


def test_kind_is_present_when_the_sentence_holds_what_is_asked_for() -> None:
    found = collect("When was the lamp lit?", "The lamp was lit in May 1931.")
    assert (found.kind_present, found.kind_missing) == (1.0, 0.0)


def test_kind_is_missing_when_the_sentence_lacks_it() -> None:
    text = "The lamp is bright. It was lit in May 1931."
    found = collect("When was the lamp lit?", text)
    assert (found.kind_present, found.kind_missing) == (0.0, 1.0)
    assert collect("When was the lamp lit?", text, sentence=1).kind_present == 1.0


def test_kind_that_surface_text_tells_badly_is_never_missing() -> None:
    found = collect("Who lit the lamp?", "It was bright.")
    assert (found.kind_present, found.kind_missing) == (0.0, 0.0)


def test_question_of_no_kind_has_neither() -> None:
    found = collect("Why was the lamp lit?", "The lamp was lit in May 1931.")
    assert (found.kind_present, found.kind_missing) == (0.0, 0.0)


def test_what_the_stages_found_is_passed_on() -> None:
    found = collect("lamp", "The lamp.", relevance=2.5, answerable=0.75, span=Span(4, 8, -1.5))
    assert found.relevance == 2.5
    assert found.fused == 0.4
    assert found.sentence_cosine == 0.25
    assert (found.span_margin, found.answerable) == (-1.5, 0.75)


def test_without_a_span_its_evidence_is_nought() -> None:
    found = collect("lamp", "The lamp.")
    assert (found.span_margin, found.answerable) == (0.0, 0.0)


def test_vector_holds_every_feature_in_order() -> None:
    values = {name: float(number) for number, name in enumerate(FEATURES)}
    assert evidence(**values).vector().tolist() == list(range(len(FEATURES)))
    assert set(FEATURES) == set(Evidence.__dataclass_fields__)
