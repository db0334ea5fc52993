"""What was asked and what became of it, for the people who run the service.

Kept only while there is an operator's page to read it, for so many days, without addresses; the
words of a question only when that is switched on. It may fail; answers never depend on it.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from service.answers import Answer, Question
from service.feedback import Vote
from service.sqlite_file import SqliteFile

_SCHEMA = """
CREATE TABLE IF NOT EXISTS asked (
    answer_id TEXT PRIMARY KEY, asked_at TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,
    lang TEXT NOT NULL, probability REAL NOT NULL, passages TEXT NOT NULL,
    question TEXT, history TEXT)
"""
_COLUMNS = "answer_id, asked_at, status, reason, lang, probability, passages, question, history"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. ``passage_ids`` are those of the answer, or the near misses of a refusal."""

    answer_id: str
    asked_at: str
    """ISO 8601 in UTC, to the second."""
    status: str
    reason: str | None
    lang: str
    probability: float
    passage_ids: tuple[str, ...]
    question: str | None
    """None where words are not kept."""
    history: tuple[str, ...]


class QuestionLog:
    """The questions of the last ``days`` days in a SQLite file at ``path``."""

    def __init__(self, path: Path, max_mb: int, days: int, keep_words: bool) -> None:
        self.path = path
        self.days = days
        self.keep_words = keep_words
        # Losing the last question to a power cut is not worth a wait for the disk each time.
        self._file = SqliteFile(path, max_mb, _SCHEMA, durable=False)

    def add(self, answer_id: str, question: Question, answer: Answer) -> None:
        """Keep one question and forget those that are too old; raises StoreError."""
        shown = answer.passages or answer.near_misses
        history = [turn.question for turn in question.history]
        words = (question.text, json.dumps(history, ensure_ascii=False))
        self.forget()
        self._file.execute(
            f"INSERT INTO asked ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",
            (
                answer_id,
                _iso(datetime.now(UTC)),
                answer.status,
                answer.reason,
                answer.lang,
                round(answer.confidence.probability, 3),
                json.dumps([cited.passage.passage_id for cited in shown]),
                *(words if self.keep_words else (None, None)),
            ),
        )

    def forget(self) -> None:
        """Delete what is older than ``days`` days; raises StoreError."""
        if not self.path.exists():
            return
        old = "DELETE FROM asked WHERE asked_at < ? RETURNING answer_id"
        if self._file.execute(old, (self.since(self.days),)):
            # The write-ahead log would still hold their words.
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def since(self, days: int) -> str:
        """The moment ``days`` days ago, as it is stored; never longer ago than is kept."""
        return _iso(datetime.now(UTC) - timedelta(days=min(days, self.days)))

    def asked(self, days: int) -> list[Asked]:
        """The questions of the last ``days`` days, newest first; raises StoreError."""
        if not self.path.exists():
            return []
        rows = self._file.execute(
            f"SELECT {_COLUMNS} FROM asked WHERE asked_at >= ? ORDER BY asked_at DESC",
            (self.since(days),),
        )
        return [_asked(*row) for row in rows]

    def close(self) -> None:
        """Close the file; the next question opens it again."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day."""

    date: str
    answered: int
    refused: int
    voted_up: int
    voted_down: int


def by_day(asked: Sequence[Asked], votes: Mapping[str, Vote], dates: Sequence[str]) -> list[Day]:
    """The counts of each of ``dates`` (YYYY-MM-DD); a vote counts on the day of its question."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in asked:
        date = one.asked_at[:10]
        counts[date, one.status] += 1
        if vote := votes.get(one.answer_id):
            counts[date, vote.value] += 1
    kinds = ("answered", "no_answer", "up", "down")
    return [Day(date, *(counts[date, kind] for kind in kinds)) for date in dates]


def most_asked(asked: Sequence[Asked], limit: int = 20) -> list[tuple[str, int]]:
    """The questions asked most, whatever their case and spaces, in their newest wording."""
    counts: Counter[str] = Counter()
    wording: dict[str, str] = {}
    for one in asked:
        if one.question is not None:
            key = " ".join(one.question.casefold().split())
            counts[key] += 1
            wording.setdefault(key, one.question)
    return [(wording[key], count) for key, count in counts.most_common(limit)]


def evaluation_rows(asked: Sequence[Asked], votes: Mapping[str, Vote]) -> Iterator[dict[str, Any]]:
    """The questions in the layout of ``eval/questions.jsonl``, for a person to complete.

    Each wording stands once. ``answerable`` and ``gold`` are left to whoever judges; what the
    service did stands under ``observed``.
    """
    seen = set()
    for one in asked:
        key = (one.question, one.history)
        if one.question is None or key in seen:
            continue
        seen.add(key)
        vote = votes.get(one.answer_id)
        row: dict[str, Any] = {
            "id": f"asked-{one.answer_id}",
            "family": f"asked-{one.answer_id}",
            "split": "unjudged",
            "category": "follow_up" if one.history else "asked",
            "lang": one.lang,
            "question": one.question,
        }
        if one.history:
            row["history"] = [{"question": earlier} for earlier in one.history]
        yield row | {
            "answerable": None,
            "gold": [],
            "answers": [],
            "observed": {
                "status": one.status,
                "reason": one.reason,
                "probability": one.probability,
                "passage_ids": one.passage_ids,
                "vote": vote.value if vote else None,
                "tags": vote.tags if vote else (),
            },
        }


def _asked(
    answer_id: str,
    asked_at: str,
    status: str,
    reason: str | None,
    lang: str,
    probability: float,
    passages: str,
    question: str | None,
    history: str | None,
) -> Asked:
    shown = tuple(json.loads(passages))
    earlier = tuple(json.loads(history or "[]"))
    return Asked(answer_id, asked_at, status, reason, lang, probability, shown, question, earlier)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
