"""What the reader is trained on: each example is what its kind says."""

import json
import random
from pathlib import Path

import pytest

from training.examples import Example, cut, read_examples, swapped

TEXTS = {
    "harbour#0": (
        "The harbour of Lysvik was opened by Anna Holm in 1911. It was built by forty men. "
        "A storm took its western wall two winters later."
    ),
    "harbour#1": "Oskar Berg kept the harbour's books. He was paid in herring each spring.",
    "tower#0": "The tower of Nordby was opened in 1788. Its bell is rung by hand each evening.",
}


def question(number: int, text: str, source: str, *answers: str) -> dict[str, object]:
    return {
        "id": f"q{number}",
        "question": text,
        "answerable": bool(answers),
        "relevant": [source] if answers else [],
        "source_doc": source,
        "answers": [
            {"text": a, "doc_id": source, "start": TEXTS[source].index(a)} for a in answers
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"id": i, "title": i.split("#")[0], "text": t} for i, t in TEXTS.items()]
    asked = [
        question(1, "Who opened the harbour, Anna Holm or Oskar Berg?", "harbour#0", "Anna Holm"),
        question(2, "How many men built it?", "harbour#0", "forty", "forty men", "forty"),
        question(3, "Who rang the harbour's bell?", "harbour#0"),
        question(4, "When was the tower of Nordby opened?", "tower#0", "1788"),
    ]
    for name, lines in (("corpus", rows), ("questions", asked)):
        text = "".join(json.dumps(row) + "\n" for row in lines)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def test_answer_stands_at_its_offsets(folder: Path) -> None:
    answers = {e.id: e for e in read_examples(folder) if e.kind == "answer"}
    assert sorted(answers) == ["q1", "q2", "q4"]
    for example in answers.values():
        assert example.passage[example.start : example.end] in example.accepted
    # The wording that most annotators gave.
    chosen = answers["q2"]
    assert chosen.passage[chosen.start : chosen.end] == "forty"


def test_unanswerable_question_has_the_window_most_like_it_and_no_answer(folder: Path) -> None:
    (example,) = (e for e in read_examples(folder) if e.kind == "unanswerable")
    assert (example.id, example.start, example.end) == ("q3", -1, -1)
    assert example.passage.startswith("The harbour of Lysvik")


def test_examples_without_an_answer_do_not_hold_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TAKEN_OUT", "ELSEWHERE", "SWAPPED"):
        monkeypatch.setattr(f"training.examples.{name}", 1.0)
    accepted = {"q1": "anna holm", "q2": "forty", "q4": "1788"}
    made = [e for e in read_examples(folder) if e.kind in ("taken_out", "elsewhere")]
    assert {(e.id, e.kind) for e in made} >= {("q1", "taken_out"), ("q4", "elsewhere")}
    for example in made:
        assert accepted[example.id] not in example.passage.lower()
        assert example.start == example.end == -1


def test_no_negatives_are_made_for_validation(folder: Path) -> None:
    kinds = {e.kind for e in read_examples(folder, negatives=False)}
    assert kinds == {"answer", "unanswerable"}


def test_same_seed_gives_the_same_examples(folder: Path) -> None:
    assert read_examples(folder, 3) == read_examples(folder, 3)


def test_windows_of_a_text_hold_whole_sentences_at_their_offsets() -> None:
    text = TEXTS["harbour#0"]
    pieces = cut(text, 12)
    assert len(pieces) > 1
    for passage, start, sentences in pieces:
        assert text[start : start + len(passage)] == passage
        for s, e in sentences:
            assert passage[s:e].endswith(".")


def test_swapped_name_is_one_that_the_passage_does_not_hold() -> None:
    asked = swapped(
        "When did Anna Holm open it?", "Anna Holm opened it.", ["Anna Holm", "Oskar Berg"],
        random.Random(0),
    )  # fmt: skip
    assert asked == "When did Oskar Berg open it?"


@pytest.mark.parametrize("names", [[], ["Anna Holm"], ["1911"]])
def test_question_without_another_name_to_swap_is_left_out(names: list[str]) -> None:
    text = "Anna Holm opened it in 1911."
    assert swapped("When did Anna Holm open it?", text, names, random.Random(0)) is None


def test_example_has_no_answer_unless_it_is_told_one() -> None:
    assert Example("q", "elsewhere", "?", "Text.", ((0, 5),)).start == -1
