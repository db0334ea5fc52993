import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eval.dataset import read_questions
from service.answers import Question, Turn
from service.feedback import Vote
from service.question_log import (
    Asked,
    Day,
    QuestionLog,
    by_day,
    evaluation_rows,
    most_asked,
)
from service.sqlite_file import StoreError
from tests.fakes import FakeAnswerer

Log = Callable[..., QuestionLog]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    def make(days: int = 30, keep_words: bool = True) -> QuestionLog:
        return QuestionLog(tmp_path / "q.sqlite3", 1, days, keep_words)

    return make


def ask(log: QuestionLog, answer_id: str, text: str, *history: str) -> None:
    question = Question(text=text, history=tuple(Turn(earlier) for earlier in history))
    log.add(answer_id, question, FakeAnswerer().ask(question))


def asked(answer_id: str, question: str | None, at: str = "2026-01-02", **values: object) -> Asked:
    given = {"status": "answered", "reason": None, "probability": 0.9, "history": (), **values}
    return Asked(answer_id, f"{at}T10:00:00+00:00", lang="en", passage_ids=("d#1",),
                 question=question, **given)  # type: ignore[arg-type]  # fmt: skip


def vote(answer_id: str, value: str, *tags: str) -> Vote:
    return Vote(answer_id, "d#1", value, tags, None, "2026-01-02T11:00:00+00:00")


def test_what_was_asked_is_kept_with_what_became_of_it(log: Log) -> None:
    kept = log()
    ask(kept, "a1", "Who was the keeper of the lighthouse?", "Where is the harbour?")
    ask(kept, "a2", "Why is the moon so far?")
    second, first = sorted(kept.asked(1), key=lambda one: one.answer_id, reverse=True)
    assert (first.status, first.question) == ("answered", "Who was the keeper of the lighthouse?")
    assert first.history == ("Where is the harbour?",)
    assert "harbour-report#1" in first.passage_ids
    assert (second.status, second.reason) == ("no_answer", "below_threshold")


def test_words_are_nowhere_in_the_file_unless_they_are_to_be_kept(log: Log, tmp_path: Path) -> None:
    kept = log(keep_words=False)
    ask(kept, "a1", "Who was the keeper Xanthippe?", "And Yggdrasil?")
    assert [(one.question, one.history) for one in kept.asked(1)] == [(None, ())]
    kept.close()
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert b"Xanthippe" not in content
        assert b"Yggdrasil" not in content


@pytest.mark.parametrize("by", ["a new question", "the start"])
def test_what_is_too_old_is_deleted(log: Log, tmp_path: Path, by: str) -> None:
    kept = log(days=7)
    ask(kept, "a1", "Who was Xanthippe?")
    ask(kept, "a2", "Who was the keeper?")
    old = (datetime.now(UTC) - timedelta(days=7, minutes=1)).isoformat(timespec="seconds")
    young = (datetime.now(UTC) - timedelta(days=6)).isoformat(timespec="seconds")
    with sqlite3.connect(tmp_path / "q.sqlite3") as db:
        db.execute("UPDATE asked SET asked_at = ? WHERE answer_id = 'a1'", (old,))
        db.execute("UPDATE asked SET asked_at = ? WHERE answer_id = 'a2'", (young,))
    db.close()
    if by == "the start":
        log(days=7).forget()
    else:
        ask(kept, "a3", "When was it lit?")
    with sqlite3.connect(tmp_path / "q.sqlite3") as db:
        ids = {row[0] for row in db.execute("SELECT answer_id FROM asked")}
    db.close()
    assert ids == {"a2"} | ({"a3"} if by == "a new question" else set())
    kept.close()
    assert not any(b"Xanthippe" in path.read_bytes() for path in tmp_path.iterdir())


def test_before_the_first_question_there_is_no_file(log: Log, tmp_path: Path) -> None:
    kept = log()
    kept.forget()
    assert kept.asked(30) == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    kept = QuestionLog(tmp_path / "folder" / "q.sqlite3", 1, 30, True)
    with pytest.raises(StoreError, match=r"q\.sqlite3"):
        ask(kept, "a1", "Who?")


def test_days_count_answers_refusals_and_the_votes_on_them() -> None:
    questions = [
        asked("a1", "x", "2026-01-02"),
        asked("a2", "x", "2026-01-02", status="no_answer"),
        asked("a3", "x", "2026-01-04"),
    ]
    votes = {"a1": vote("a1", "down"), "a3": vote("a3", "up"), "gone": vote("gone", "up")}
    assert by_day(questions, votes, ["2026-01-02", "2026-01-03", "2026-01-04"]) == [
        Day("2026-01-02", 1, 1, 0, 1),
        Day("2026-01-03", 0, 0, 0, 0),
        Day("2026-01-04", 1, 0, 1, 0),
    ]


def test_questions_are_counted_whatever_their_case_and_spaces() -> None:
    questions = [asked("a1", "Who  LEADS?"), asked("a2", "When?"), asked("a3", "who leads? ")]
    questions.append(asked("a4", None))
    assert most_asked(questions) == [("Who  LEADS?", 2), ("When?", 1)]


def test_the_export_is_read_by_the_evaluation(tmp_path: Path) -> None:
    questions = [
        asked("a1", "Who leads?"),
        asked("a2", "And when?", history=("Who leads?",)),
        asked("a3", "Who leads?"),
        asked("a4", None),
    ]
    rows = list(evaluation_rows(questions, {"a2": vote("a2", "down", "outdated")}))
    path = tmp_path / "asked.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    read = read_questions(path).rows
    assert [(row.id, row.question, row.answerable) for row in read] == [
        ("asked-a1", "Who leads?", None),
        ("asked-a2", "And when?", None),
    ]
    assert read[1].history == ("Who leads?",)
    assert rows[1]["observed"]["vote"] == "down"
    assert rows[1]["observed"]["tags"] == ("outdated",)
