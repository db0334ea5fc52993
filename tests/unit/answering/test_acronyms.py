"""What questions ask of acronyms, and what a window says to such a question."""

import pytest

from index.analysis import STOP_WORDS, words
from index.types import Passage
from service.acronym_reading import ANSWERABLE, CERTAIN, read_definition
from service.acronyms import Acronyms, Definition
from service.reader import Reading, Span
from service.windows import Window

SOCIETY = "Royal Lighthouse Society"
ACRONYMS = Acronyms(
    {
        "RLS": [SOCIETY],
        "SPS": ["Sea Pilot School", "Stone Pier Society"],
        "R&D": ["research and development"],
        "US": ["United States"],
        "WHO": ["World Health Organization"],
    }
)


def definition_in(question: str) -> Definition | None:
    return ACRONYMS.definition(question, [w for w in words(question) if w not in STOP_WORDS])


@pytest.mark.parametrize(
    ("question", "acronym"),
    [
        ("What does RLS stand for?", "RLS"),
        ("what do the letters rls mean", "RLS"),
        ("R.L.S. is short for what?", "RLS"),
        ("What is the full name of the SPS?", "SPS"),
        ("What is R&D an abbreviation of?", "R&D"),
        ("RLS là viết tắt của gì?", "RLS"),
        ("Tên đầy đủ của RLS là gì?", "RLS"),
        ("What does the US stand for?", "US"),
        ("What does WHO stand for?", "WHO"),
    ],
)
def test_a_question_for_a_long_form_is_known(question: str, acronym: str) -> None:
    found = definition_in(question)
    assert found is not None
    assert (found.acronym, found.wants_acronym, found.only) == (acronym, False, True)


@pytest.mark.parametrize(
    "question",
    [
        "What does the RLS do?", "What does RLS mean for sailors?", "Who leads the RLS?",
        "When is the RLS?", "What did the keeper of the RLS mean?", "What does it mean to us?",
        "What is the lamp?", "Who is it?", "what does who mean",
        "What does the lighthouse stand for?", "What about the RLS?",
    ],
)  # fmt: skip
def test_a_question_for_something_else_is_left_alone(question: str) -> None:
    assert definition_in(question) is None


@pytest.mark.parametrize("question", ["What is the RLS?", "what's rls", "What was an RLS?"])
def test_what_something_is_may_be_answered_otherwise(question: str) -> None:
    found = definition_in(question)
    assert found is not None and not found.only


@pytest.mark.parametrize(
    "question",
    ["What is the acronym of Royal Lighthouse Society?", "royal lighthouse society abbreviation"],
)
def test_the_acronym_of_a_name_can_be_asked_for(question: str) -> None:
    found = definition_in(question)
    assert found == Definition("RLS", (SOCIETY,), wants_acronym=True)


def test_an_acronym_that_the_record_explains_nowhere_has_no_form() -> None:
    assert definition_in("What does XYZ stand for?") == Definition("XYZ", ())
    assert definition_in("What does it stand for?") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"The {SOCIETY} (RLS) met.", SOCIETY),
        (f"The RLS ({SOCIETY}) met.", SOCIETY),
        (f"The {SOCIETY} (R.L.S.) met.", SOCIETY),
        ("The Royal\nLighthouse  Society (RLS) met.", "Royal\nLighthouse  Society"),
        (f"The {SOCIETY} met the RLS.", None),
        (f"The {SOCIETY} (RLSX) met.", None),
    ],
)
def test_a_definition_is_found_where_both_forms_stand_together(
    text: str, found: str | None
) -> None:
    span = Definition("RLS", (SOCIETY,)).find(text)
    assert (span and text[slice(*span)]) == found


def test_the_acronym_is_found_in_its_definition() -> None:
    text = f"The {SOCIETY} (RLS) met."
    span = Definition("RLS", (SOCIETY,), wants_acronym=True).find(text)
    assert span is not None and text[slice(*span)] == "RLS"


FIRST, SECOND = "The Harbour Office invited them.", f"The {SOCIETY} (RLS) came."
TEXT = f"{FIRST} {SECOND}"


def passage_of(text: str, start: int, sentences: tuple[tuple[int, int], ...]) -> Passage:
    return Passage(0, "d#1", "d", text, start, start + len(text), 1, sentences)


PASSAGE = passage_of(TEXT, 100, ((100, 100 + len(FIRST)), (101 + len(FIRST), 100 + len(TEXT))))
OFFICE = Reading(0, 1.0, 0.5, Span(104, 118, 3.0))


def marked(reading: Reading) -> str:
    assert reading.span is not None
    return TEXT[reading.span.start - 100 : reading.span.end - 100]


def test_a_window_with_the_definition_surely_answers() -> None:
    read = read_definition(Definition("RLS", (SOCIETY,)), Window(PASSAGE, 0, 2), OFFICE)
    assert read.sentence == 1 and marked(read) == SOCIETY
    assert read.span is not None and read.span.margin == CERTAIN
    assert read.answerable == ANSWERABLE > OFFICE.answerable


def test_what_something_is_corrects_the_words_in_the_chosen_sentence_alone() -> None:
    open_question = Definition("RLS", (SOCIETY,), only=False)
    window = Window(PASSAGE, 0, 2)
    assert read_definition(open_question, window, OFFICE) == OFFICE
    chosen = Reading(1, 1.0, 0.5, Span(101 + len(FIRST), 105 + len(FIRST), 3.0))
    read = read_definition(open_question, window, chosen)
    assert marked(read) == SOCIETY
    assert (read.relevance, read.answerable) == (chosen.relevance, chosen.answerable)
    assert read.span is not None and read.span.margin == 3.0


@pytest.mark.parametrize(
    ("acronym", "text", "doubted"),
    [
        ("HOQ", TEXT, True),
        ("HOI", TEXT, False),
        ("XYZ", "XYZ stands for nothing known.", False),
        ("XYZ", "The XYZ came.", True),
    ],
)
def test_a_window_that_cannot_explain_the_acronym_does_not_answer(
    acronym: str, text: str, doubted: bool
) -> None:
    passage = passage_of(text, 0, ((0, len(text)),))
    reading = Reading(0, 5.0, 3.0, Span(0, 3, 6.0))
    read = read_definition(Definition(acronym, ()), Window(passage, 0, 1), reading)
    assert (read != reading) == doubted
    if doubted:
        assert read.span is not None and read.span.margin < 0 and read.answerable < 0


def test_many_acronyms_are_looked_up_and_not_searched_one_by_one() -> None:
    class Counted(dict[str, list[str]]):
        looked = 0

        def __getitem__(self, key: str) -> list[str]:
            Counted.looked += 1
            return super().__getitem__(key)

    many = Acronyms({f"A{n:X}Z": [f"Form number {n}"] for n in range(20_000)})
    many._forms = Counted(many._forms)  # type: ignore[assignment]
    assert many.expand("Who leads the A1FZ now?")[0] == "Who leads the A1FZ (Form number 31) now?"
    assert Counted.looked < 5
