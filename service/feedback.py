"""Feedback in a SQLite file of its own. It may fail; answers never depend on it."""

import json
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    feedback_id TEXT PRIMARY KEY, answer_id TEXT NOT NULL, passage_id TEXT,
    value TEXT NOT NULL CHECK (value IN ('up', 'down')), tags TEXT NOT NULL, note TEXT,
    generation TEXT, created_at TEXT NOT NULL)
"""


class FeedbackError(Exception):
    """Feedback could not be stored: the disk, the rights or the size limit. Says which."""


class FeedbackStore:
    """Appends feedback; the file is created by the first. Safe to use from several threads."""

    def __init__(self, path: Path, max_mb: int) -> None:
        self.path = path
        self._max_bytes = max_mb * 1024 * 1024
        self._db: sqlite3.Connection | None = None
        # One connection a process: SQLite up to 3.51.2 can lose a write-ahead log that several
        # connections write and reset at the same moment.
        self._lock = threading.Lock()

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
        with self._lock:
            try:
                self._connection().execute(
                    "INSERT INTO feedback VALUES (?,?,?,?,?,?,?,?)", (*row, generation, now)
                )
            except (sqlite3.Error, OSError, UnicodeError) as error:
                # A new connection next time: the file may have been moved, or the disk freed.
                self._close()
                raise FeedbackError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Close the file; the next ``add`` opens it again."""
        with self._lock:
            self._close()

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(
                self.path, timeout=2.0, isolation_level=None, check_same_thread=False
            )
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                (page,) = db.execute("PRAGMA page_size").fetchone()
                db.execute(f"PRAGMA max_page_count = {self._max_bytes // page}")
                db.execute(_SCHEMA)
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
