"""Choosing sentences to read, with a scorer that can be read; and the real cross-encoder."""

from collections.abc import Sequence

import pytest

from index.chunking import passages_of
from index.models import find_model
from service.reader import CrossEncoderReader, Reading
from tests.fakes_answering import document, only_passage


class LengthReader(CrossEncoderReader):
    """The longer a sentence, the more relevant."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self.asked: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        self.asked += texts
        return [float(len(t)) for t in texts]


FIRST = only_passage("One is short. Two is rather longer than that. Three is short.", "first")
SECOND = only_passage("Four is a sentence. Five is another.", "second")


def test_best_sentence_of_each_passage_is_found() -> None:
    readings = LengthReader(10).read("?", [FIRST, SECOND], [[1, 1, 1], [1, 1]])
    assert readings == [
        Reading(1, len("Two is rather longer than that.")),
        Reading(0, len("Four is a sentence.")),
    ]


def test_no_more_sentences_are_read_than_the_budget_and_the_most_promising_first() -> None:
    reader = LengthReader(2)
    readings = reader.read("?", [FIRST, SECOND], [[0.1, 0.2, 0.9], [0.3, 0.8]])
    assert reader.asked == ["Three is short.", "Five is another."]
    assert readings == [
        Reading(2, len("Three is short.")),
        Reading(1, len("Five is another.")),
    ]


def test_passage_without_a_promising_sentence_is_not_read() -> None:
    readings = LengthReader(1).read("?", [FIRST, SECOND], [[0.1, 0.2, 0.3], [0.9, 0.1]])
    assert readings == [None, Reading(0, len("Four is a sentence."))]


def test_equal_promise_goes_to_the_earlier_passage_and_sentence() -> None:
    reader = LengthReader(3)
    reader.read("?", [FIRST, SECOND], [[0.5, 0.5, 0.5], [0.5, 0.5]])
    assert reader.asked == [
        "One is short.",
        "Two is rather longer than that.",
        "Three is short.",
    ]


def test_equal_relevance_goes_to_the_more_promising_then_the_earlier_sentence() -> None:
    twins = only_passage("Alike in one. Alike in two.")
    assert LengthReader(2).read("?", [twins], [[0.5, 0.5]]) == [Reading(0, 13)]
    assert LengthReader(2).read("?", [twins], [[0.1, 0.9]]) == [Reading(1, 13)]


def test_sentences_of_a_later_passage_are_cut_from_its_own_text() -> None:
    long = "Word " * 14
    *_, last = passages_of(document("d", f"{long}end one.", f"{long}end two. Then three."))
    assert last.start > 0
    reader = LengthReader(5)
    reader.read("?", [last], [[1, 1]])
    assert reader.asked == [f"{long}end two.", "Then three."]


def test_nothing_to_read_gives_no_readings() -> None:
    assert LengthReader(5).read("?", [], []) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            "Who repaired the bell of the tower?",
            "Marta Lindqvist mended the tower's bell in the spring.",
            "The bell of the tower is rung each evening at six.",
        ),
        (
            "How many boats sank in the storm?",
            "Eleven boats went down when the storm came.",
            "The storm came from the north and lasted a day.",
        ),
    ],
)
def test_cross_encoder_puts_the_answer_above_a_sentence_on_the_same_matter(
    question: str, right: str, wrong: str
) -> None:
    reader = CrossEncoderReader(find_model("ms-marco-MiniLM-L-12-v2-int8"))
    high, low = reader.score(question, [right, wrong])
    assert high > low
    assert reader.score(question, [wrong]) == [low]  # alone or together, the same
    (reading,) = reader.read(question, [only_passage(f"{wrong} {right}")], [[0.5, 0.5]])
    assert reading == Reading(1, high)
