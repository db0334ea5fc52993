import io
from dataclasses import replace

from rich.console import Console

from service.answers import Question
from service.terminal import highlighted, print_answer
from tests.fakes import FakeAnswerer, make_document


def _printed(question: str, answerer: FakeAnswerer | None = None, color: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=200, force_terminal=color, color_system="truecolor" if color else None
    )
    print_answer((answerer or FakeAnswerer()).ask(Question(question)), console)
    return out.getvalue()


def test_an_answer_shows_the_passage_its_source_and_its_offsets() -> None:
    shown = _printed("How many minutes takes a crossing?")
    assert "Ferries leave the northern pier every hour. A crossing takes 25 minutes." in shown
    assert '"Report on the harbour", paragraph 2' in shown
    assert "harbour-report, characters 136 to 164" in shown
    assert "very likely" in shown


def test_exactly_the_sentence_is_in_colour() -> None:
    answer = FakeAnswerer().ask(Question("How many minutes takes a crossing?"))
    text = highlighted(answer.passages[0])
    sentence = text.spans[0]
    assert text.plain[sentence.start : sentence.end] == "A crossing takes 25 minutes."
    assert "\x1b[" in _printed("How many minutes takes a crossing?", color=True)


def test_a_refusal_says_so_and_keeps_the_closest_passages_apart() -> None:
    shown = _printed("Who painted the lighthouse ceiling yesterday evening?")
    refusal, closest = shown.split("Closest passages, which do not answer the question:")
    assert "The record does not say" in refusal
    assert "lighthouse" not in refusal
    assert "The old lighthouse was lit in 1871." in closest


def test_a_document_cannot_steer_the_terminal() -> None:
    evil = make_document("evil", "Evil \x1b]0;owned\x07 words \x9b31m and \u202eturned text.")
    answer = FakeAnswerer([evil]).ask(Question("evil turned words?"))
    assert len(highlighted(answer.passages[0]).plain) == len(answer.passages[0].passage.text)
    shown = _printed("evil turned words?", FakeAnswerer([evil]))
    assert "words" in shown
    assert not set("\x1b\x07\x9b\u202e") & set(shown)


def test_a_question_that_was_understood_otherwise_is_shown() -> None:
    answer = replace(FakeAnswerer().ask(Question("keeper")), resolved_question="Who kept it?")
    out = io.StringIO()
    print_answer(answer, Console(file=out, width=100))
    assert out.getvalue().startswith("Understood as: Who kept it?")
