"""A SQLite file of the service's own: made when first written to, bounded, one connection."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_BUSY_S = 2.0
"""How long a statement waits for its turn."""


class StoreError(Exception):
    """A file could not be read or written: the disk, the rights or the size limit. Says which."""


class SqliteFile:
    """A file with the tables of ``schema``. Safe to use from several threads."""

    def __init__(self, path: Path, max_mb: int, schema: str, durable: bool = True) -> None:
        self.path = path
        self._max_bytes = max_mb * 1024 * 1024
        self._schema = schema
        self._durable = durable
        self._db: sqlite3.Connection | None = None
        # One connection a process: SQLite up to 3.51.2 can lose a write-ahead log that several
        # connections write and reset at the same moment.
        self._lock = threading.Lock()

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows; raises StoreError."""
        # Who waits behind a statement that waits for a locked file is told so as soon.
        if not self._lock.acquire(timeout=_BUSY_S):
            raise StoreError(f"{self.path}: other statements did not end within {_BUSY_S:g} s")
        try:
            try:
                return self._connection().execute(sql, values).fetchall()
            except (sqlite3.Error, OSError, UnicodeError) as error:
                # A new connection next time: the file may have been moved, or the disk freed.
                self._close()
                raise StoreError(f"{self.path}: {error}") from error
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the file; the next statement opens it again."""
        with self._lock:
            self._close()

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(
                self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
                # What is deleted is overwritten, so that it cannot be read from the file.
                db.execute("PRAGMA secure_delete = ON")
                (page,) = db.execute("PRAGMA page_size").fetchone()
                db.execute(f"PRAGMA max_page_count = {self._max_bytes // page}")
                db.execute(self._schema)
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
