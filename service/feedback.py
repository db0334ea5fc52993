"""Feedback in a SQLite file of its own. It may fail; answers never depend on it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.sqlite_file import SqliteFile, StoreError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    feedback_id TEXT PRIMARY KEY, answer_id TEXT NOT NULL, passage_id TEXT,
    value TEXT NOT NULL CHECK (value IN ('up', 'down')), tags TEXT NOT NULL, note TEXT,
    generation TEXT, created_at TEXT NOT NULL)
"""


class FeedbackError(StoreError):
    """Feedback could not be stored: the disk, the rights or the size limit. Says which."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What was said last of an answer."""

    answer_id: str
    passage_id: str | None
    value: str
    tags: tuple[str, ...]
    note: str | None
    created_at: str


class FeedbackStore:
    """Appends feedback; the file is created by the first. Safe to use from several threads."""

    def __init__(self, path: Path, max_mb: int) -> None:
        self.path = path
        self._file = SqliteFile(path, max_mb, _SCHEMA)

    def add(
        self,
        feedback_id: str,
        answer_id: str,
        value: str,
        passage_id: str | None = None,
        tags: Sequence[str] = (),
        note: str | None = None,
        generation: str | None = None,
    ) -> None:
        """Store one row durably, or raise FeedbackError."""
        row = (
            feedback_id,
            answer_id,
            passage_id,
            value,
            json.dumps(tags, ensure_ascii=False),
            note,
        )
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            self._file.execute(
                "INSERT INTO feedback VALUES (?,?,?,?,?,?,?,?)", (*row, generation, now)
            )
        except StoreError as error:
            raise FeedbackError(str(error)) from error

    def votes(self, since: str) -> dict[str, Vote]:
        """The last vote on each answer, by its id, from ``since`` (ISO 8601, UTC) on."""
        if not self.path.exists():
            return {}
        try:
            rows = self._file.execute(
                "SELECT answer_id, passage_id, value, tags, note, created_at FROM feedback"
                " WHERE created_at >= ? ORDER BY created_at, feedback_id",
                (since,),
            )
        except StoreError as error:
            raise FeedbackError(str(error)) from error
        return {
            answer_id: Vote(answer_id, passage_id, value, tuple(json.loads(tags)), note, at)
            for answer_id, passage_id, value, tags, note, at in rows
        }

    def close(self) -> None:
        """Close the file; the next ``add`` opens it again."""
        self._file.close()
