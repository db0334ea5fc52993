"""Kinds of questions, and whether sentences hold what they ask for."""

from typing import get_args

import pytest

from service.answer_types import STRICT, Kind, expected_kind, kind_evidence

QUESTIONS: dict[Kind, tuple[str, ...]] = {
    "time": (
        "When was the lighthouse opened?",
        "when did the talks begin",
        "And when did they return?",
        "Since when has the lamp been electric?",
        "Until when is the tower closed?",
        "Can you tell me when the harbour opened?",
        "In what year was it built?",
        "What year did the society begin?",
        "Which month is the festival held in?",
        "On what date did the keeper retire?",
        "By what date must members register?",
        "What day of the week is the market?",
        "In which century was the harbour dug?",
        "How recently was the roof mended?",
        "How soon will it open again?",
    ),
    "clock": (
        "What time does the museum open?",
        "At what time did the ceremony begin?",
    ),
    "duration": (
        "How long did the voyage take?",
        "How many years did she serve?",
        "How many days does the festival last?",
    ),
    "number": (
        "How many members does the society have?",
        "What number of ships sank?",
        "What amount of oil does the lamp burn?",
        "How tall is the tower?",
        "How old is the bell?",
        "How far does the beam reach?",
    ),
    "money": (
        "How much did the repair cost?",
        "How much money was raised?",
        "How much does a ticket cost?",
        "How much will visitors pay?",
        "How much is the painting worth?",
        "How much was spent on the roof?",
        "What was the budget of the festival?",
        "What is the price of a ticket?",
    ),
    "percent": (
        "What percentage of members voted?",
        "What percent of the ships were lost?",
        "What share of the budget goes to repairs?",
        "Which proportion of visitors came by sea?",
    ),
    "person": (
        "Who opened the lighthouse?",
        "Who is the keeper?",
        "Whose idea was the festival?",
        "To whom was the medal given?",
        "Who was the keeper when the storm came?",
        "When the storm came, who rang the bell?",
        "Who sent the e-mail?",
    ),
    "contact": (
        "What is the society's e-mail address?",
        "What is the phone number of the harbour office?",
        "Which website sells the tickets?",
        "What is the postal address of the society?",
        "Which number can I telephone for tickets?",
    ),
    "other": (
        "Why was the lamp replaced?",
        "Where is the lighthouse?",
        "What is a Fresnel lens?",
        "How does the lamp turn?",
        "Which lens was used?",
        "Tell me about the festival",
        "Did the lamp fail when it rained?",
        "What happened when the storm came?",
        "What did the keeper do when the lamp failed?",
        "Where were the ships when the storm came?",
        "Why did he leave when the war began?",
        "When the storm came, what did the keeper do?",
        "How much did he value her advice?",
        "How much did the keeper like the sea?",
        "How much does she know about the sea?",
        "What address did the president give?",
        "What did the e-mail say?",
        "Is there a phone in the tower?",
        "How did the society fund the repair?",
    ),
}
HOLDS: tuple[tuple[Kind, str, str], ...] = (
    ("time", "When was it lit?", "It was lit in May 1931."),
    ("time", "When was it lit?", "It was lit on 3 May."),
    ("time", "When was it lit?", "It was lit in the 19th century."),
    ("time", "When was it lit?", "It was lit in the 1890s."),
    ("time", "When is the market?", "The market is held each Tuesday."),
    ("time", "When did it end?", "It ended in late March."),
    ("clock", "What time does it open?", "It opens at 9:30."),
    ("clock", "What time does it open?", "It opens at 9 a.m. each day."),
    ("clock", "What time does it open?", "It opens at nine."),
    ("clock", "What time does it open?", "It opens at noon."),
    ("duration", "How long did it take?", "The voyage took eleven weeks."),
    ("duration", "How long did she serve?", "She served for a 30-year term."),
    ("number", "How many ships sank?", "Eleven ships sank."),
    ("number", "How many ships sank?", "The storm sank 11 of them."),
    ("number", "How many ships sank?", "Dozens of ships sank."),
    ("money", "How much did it cost?", "It cost $3.5 million."),
    ("money", "How much did it cost?", "It cost two hundred pounds."),
    ("money", "How much did it cost?", "It cost 40 EUR."),
    ("percent", "What percentage voted?", "Some 40% voted."),
    ("percent", "What percentage voted?", "Forty per cent voted."),
    ("percent", "What share voted?", "Two thirds or a majority voted."),
    ("contact", "What is the e-mail address?", "Write to keeper@light.example now."),
    ("contact", "What is the website?", "See https://light.example for more."),
    ("contact", "What is the phone number?", "Call +47 22 33 44 55."),
    ("person", "Who lit it?", "It was lit by Anna Holm."),
    ("person", "Who lit it?", "The lamp was lit by the king."),
)
LACKS: tuple[tuple[Kind, str, str], ...] = (
    ("time", "When was it lit?", "The lamp is bright."),
    ("time", "When was the 1931 lamp lit?", "The 1931 lamp is bright."),
    ("clock", "What time does it open?", "It opened in May 1931."),
    ("duration", "How long did it take?", "The voyage was hard."),
    ("number", "How many ships sank?", "The ships sank."),
    ("number", "How many of the 11 ships sank?", "The 11 ships were old."),
    ("money", "How much did it cost?", "The repair took 3 years."),
    ("percent", "What percentage voted?", "Members voted by hand."),
    ("contact", "What is the e-mail address?", "The office is by the pier."),
    ("person", "Who lit it?", "The lamp was lit at dusk."),
    ("person", "Who was Anna Holm?", "It shone on Anna Holm."),
)


@pytest.mark.parametrize(
    ("kind", "question"), [(k, q) for k, questions in QUESTIONS.items() for q in questions]
)
def test_kind_of_the_question_is_told(kind: Kind, question: str) -> None:
    assert expected_kind(question) == kind


def test_every_kind_is_tried() -> None:
    assert set(QUESTIONS) == set(get_args(Kind))
    assert {kind for kind, _, _ in HOLDS} == {kind for kind, _, _ in LACKS}
    assert {kind for kind, _, _ in HOLDS} == set(get_args(Kind)) - {"other"}
    assert "other" not in STRICT


@pytest.mark.parametrize(("kind", "question", "sentence"), HOLDS)
def test_sentence_that_holds_the_kind_speaks_for_itself(
    kind: Kind, question: str, sentence: str
) -> None:
    assert kind_evidence(kind, question, sentence) == 1.0


@pytest.mark.parametrize(("kind", "question", "sentence"), LACKS)
def test_sentence_that_lacks_the_kind_speaks_against_itself(
    kind: Kind, question: str, sentence: str
) -> None:
    assert kind_evidence(kind, question, sentence) == 0.0


@pytest.mark.parametrize(
    "sentence", ["It was lit after the war.", "It was lit during the festival."]
)
def test_time_told_by_an_event_alone_is_half_an_answer(sentence: str) -> None:
    assert kind_evidence("time", "When was it lit?", sentence) == 0.5


def test_year_that_the_question_names_is_no_answer_but_another_is() -> None:
    question = "When did the society of 1931 build it?"
    assert kind_evidence("time", question, "In 1931 it was poor.") == 0.0
    assert kind_evidence("time", question, "Founded in 1931, it built in 1940.") == 1.0


def test_question_of_no_kind_is_neither_for_nor_against() -> None:
    assert kind_evidence("other", "Why?", "Because.") == 0.5
