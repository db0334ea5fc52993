"""The real models over a small invented record: what it says is quoted, what it lacks refused."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.build import build_index
from service.answers import CitedPassage, Question, Turn
from service.pipeline import QuestionAnswerer

pytestmark = pytest.mark.slow

MUSEUM = """\
---
id: museum-opening
title: A museum for the lighthouse
publisher: Skerry Courier
published: 2023-06-12
url: https://courier.example/museum
---
# A museum for the lighthouse

The Skerry Lighthouse Museum was opened on 9 June 2023 by Governor Ingrid Solheim. More than four \
hundred islanders came to the northern pier to see the old lamp lit again.

The museum cost 2.4 million crowns. Half of the sum was paid by the Skerry Heritage Foundation \
(SHF), the rest by visitors who bought small brass lamps.

"A lighthouse without light is only a tower," said the museum's director, Tomas Veld. He promised \
that schools would be let in free of charge.
"""
STORM = """\
---
id: storm-of-1904
title: The storm of 1904
publisher: Skerry Historical Society
---
# The storm of 1904

Eleven fishing boats were lost in the storm that struck Skerry in November 1904. The keeper, Jonas \
Brandt, kept the lamp burning for three nights without sleep.

After the storm the islanders built a stone breakwater because the wooden one had been swept \
away. The work took six years.

Brandt received a silver medal from the king and remained the keeper until he died in 1921.
"""
RIGHT = [
    ("Who opened the lighthouse museum?", "museum-opening", "Ingrid Solheim"),
    ("When was the museum opened?", "museum-opening", "9 June 2023"),
    ("How much did the museum cost?", "museum-opening", "2.4 million crowns"),
    ("How many boats were lost in the storm?", "storm-of-1904", "Eleven"),
    ("Why did the islanders build a stone breakwater?", "storm-of-1904", "swept away"),
    ("How long did the keeper keep the lamp burning?", "storm-of-1904", "three nights"),
    ("Who is the director of the museum?", "museum-opening", "Tomas Veld"),
    ("What did the SHF pay for?", "museum-opening", "Half of the sum"),
]
BEYOND = [
    "Who won the football world cup in 2018?",
    "What is the boiling point of nitrogen?",
    "How do I bake sourdough bread?",
    "Which museums did Jonas Brandt visit in Paris?",
]


@pytest.fixture(scope="session")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuestionAnswerer]:
    folder: Path = tmp_path_factory.mktemp("islands")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "museum.md").write_text(MUSEUM, encoding="utf-8")
    (folder / "corpus" / "storm.md").write_text(STORM, encoding="utf-8")
    build_index([folder / "corpus"], folder / "index")
    opened = QuestionAnswerer.open(folder / "index")
    yield opened
    opened.close()


def marked(cited: CitedPassage) -> str:
    sentence = cited.highlights[0]
    return cited.document.text[sentence.start : sentence.end]


@pytest.mark.parametrize(("text", "doc_id", "words"), RIGHT)
def test_what_the_record_says_is_quoted(
    answerer: QuestionAnswerer, text: str, doc_id: str, words: str
) -> None:
    answer = answerer.ask(Question(text))
    assert answer.status == "answered"
    first = answer.passages[0]
    assert first.document.doc_id == doc_id
    assert words in marked(first)
    assert first.passage.text == first.document.text[first.passage.start : first.passage.end]


@pytest.mark.parametrize("text", BEYOND)
def test_what_the_record_does_not_say_is_refused(answerer: QuestionAnswerer, text: str) -> None:
    answer = answerer.ask(Question(text))
    assert answer.status == "no_answer"
    assert answer.reason in ("below_threshold", "out_of_corpus")
    assert answer.passages == ()


def test_nonsense_is_less_probable_than_any_answer(answerer: QuestionAnswerer) -> None:
    def probability(text: str) -> float:
        return answerer.ask(Question(text)).confidence.probability

    assert max(probability(q) for q in BEYOND) < min(probability(q) for q, _, _ in RIGHT)


def test_question_in_other_words_finds_the_same_sentence(answerer: QuestionAnswerer) -> None:
    answer = answerer.ask(Question("What was the price of setting up the museum?"))
    assert "2.4 million crowns" in marked(answer.passages[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("When was the museum opened?", "9 June 2023"),
        ("How many boats were lost in the storm?", "Eleven"),
    ],
)
def test_exact_words_are_marked_within_the_sentence(
    answerer: QuestionAnswerer, text: str, words: str
) -> None:
    first = answerer.ask(Question(text)).passages[0]
    assert [mark.kind for mark in first.highlights] == ["sentence", "span"]
    span = first.highlights[1]
    assert words in first.document.text[span.start : span.end]
    assert len(first.document.text[span.start : span.end]) < len(marked(first)) / 2


def test_follow_up_is_answered_of_the_person_who_was_named(answerer: QuestionAnswerer) -> None:
    history = (Turn("Who kept the lamp burning for three nights?"),)
    answer = answerer.ask(Question("When did he die?", history=history))
    assert answer.resolved_question == "When did Jonas Brandt die?"
    assert "1921" in marked(answer.passages[0])


def test_citation_and_source_lead_to_the_quoted_words(answerer: QuestionAnswerer) -> None:
    first = answerer.ask(Question("Who opened the lighthouse museum?")).passages[0]
    assert first.citation == (
        'Skerry Courier, "A museum for the lighthouse", 2023-06-12, paragraph 1'
    )
    mark = first.highlights[0]
    assert first.view_url == f"/documents/museum-opening?start={mark.start}&end={mark.end}"
    assert first.source_url is not None
    assert first.source_url.startswith("https://courier.example/museum#:~:text=The%20Skerry")


def test_same_question_gets_the_same_answer_but_for_timing(answerer: QuestionAnswerer) -> None:
    for text in (RIGHT[0][0], BEYOND[0]):
        first, second = (
            dataclasses.replace(answerer.ask(Question(text)), timing_ms={}) for _ in range(2)
        )
        assert first == second


def test_suggested_questions_are_answered(answerer: QuestionAnswerer) -> None:
    answerer.find_suggestions()
    assert "When was the Skerry Lighthouse Museum opened?" in answerer.suggestions
    for text in answerer.suggestions:
        assert answerer.ask(Question(text)).status == "answered"
