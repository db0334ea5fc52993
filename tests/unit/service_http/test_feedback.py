import json
import sqlite3
import threading
from pathlib import Path

import pytest

from service.feedback import FeedbackError, FeedbackStore


def _rows(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as db:
        return db.execute("SELECT * FROM feedback ORDER BY feedback_id").fetchall()


def test_the_file_is_created_by_the_first_feedback_in_wal_mode(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "f.sqlite3"
    store = FeedbackStore(path, max_mb=1)
    assert not path.exists()
    store.add("f1", "a1", "down", "doc#1", ("wrong", "đúng"), "a note", "g1")
    store.close()
    ((*row, created_at),) = _rows(path)
    tags = json.dumps(["wrong", "đúng"], ensure_ascii=False)
    assert row == ["f1", "a1", "doc#1", "down", tags, "a note", "g1"]
    assert str(created_at).endswith("+00:00")
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_threads_lose_nothing(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "f.sqlite3", max_mb=4)

    def add(worker: int) -> None:
        for number in range(25):
            store.add(f"{worker}-{number}", "a", "up")

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert len(_rows(tmp_path / "f.sqlite3")) == 100


def test_a_file_that_is_no_database_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite3"
    path.write_bytes(b"not a database " * 100)
    with pytest.raises(FeedbackError, match=r"f\.sqlite3: file is not a database"):
        FeedbackStore(path, max_mb=1).add("f1", "a1", "up")


def test_the_store_works_again_once_the_cause_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("a file where a folder should be")
    store = FeedbackStore(folder / "f.sqlite3", max_mb=1)
    with pytest.raises(FeedbackError):
        store.add("f1", "a1", "up")
    folder.unlink()
    store.add("f2", "a1", "up")
    store.close()
    assert [row[0] for row in _rows(folder / "f.sqlite3")] == ["f2"]


def test_the_size_limit_holds_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite3"
    store = FeedbackStore(path, max_mb=1)

    def fill() -> None:
        for number in range(2_000):
            store.add(str(number), "a", "up", note="n" * 1_000)

    with pytest.raises(FeedbackError, match="full"):
        fill()
    store.close()
    assert path.stat().st_size <= 1024 * 1024
    assert len(_rows(path)) > 100
