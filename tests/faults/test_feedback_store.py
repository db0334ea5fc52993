"""The feedback store may be locked, read-only, damaged or gone: answers go on as before."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from service.sqlite_file import SqliteFile
from tests.conftest import RecordFigure
from tests.integration.conftest import Serve, client, serve

__all__ = ["client", "serve"]

FEEDBACK = {"answer_id": "01M7YAK4Z5MB91P2H8NGSDWS25", "value": "up"}
Trouble = Callable[[Path], Iterator[None]]


def _locked(path: Path) -> Iterator[None]:
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
    other.close()


def _corrupt(path: Path) -> Iterator[None]:
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    path.write_bytes(os.urandom(path.stat().st_size))
    yield


def _a_folder(path: Path) -> Iterator[None]:
    path.unlink()
    path.mkdir()
    yield


def _cut(path: Path) -> Iterator[None]:
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    path.write_bytes(path.read_bytes()[:5_000])
    yield


def _readonly(path: Path) -> Iterator[None]:
    # Held as SQLite's own state: the rights of a file do not stop a superuser.
    real = SqliteFile._connection

    def connection(file: SqliteFile) -> sqlite3.Connection:
        db = real(file)
        db.execute("PRAGMA query_only = ON")
        return db

    SqliteFile._connection = connection  # type: ignore[method-assign]
    try:
        yield
    finally:
        SqliteFile._connection = real  # type: ignore[method-assign]


TROUBLES: dict[str, Trouble] = {
    "locked": _locked,
    "corrupt": _corrupt,
    "cut": _cut,
    "a folder": _a_folder,
    "read-only": _readonly,
}


def asked_beside_feedback(
    client: TestClient, posts: int, after_s: float = 0.7
) -> tuple[list[int], list[float]]:
    """Statuses of ``posts`` at the same time, and how long questions and pages took meanwhile."""
    with ThreadPoolExecutor(posts) as pool:
        sent = [pool.submit(client.post, "/feedback", json=FEEDBACK) for _ in range(posts)]
        # By then they all have come, and wait if they have to.
        time.sleep(after_s)
        seconds = []
        for path in ("/ask?q=keeper+of+the+lighthouse", "/documents", "/readyz") * 5:
            began = time.perf_counter()
            assert client.get(path).status_code == 200
            seconds.append(time.perf_counter() - began)
        return [one.result().status_code for one in sent], seconds


@contextmanager
def store_in(trouble: str, path: Path) -> Iterator[None]:
    yield from TROUBLES[trouble](path)


def test_trouble_with_the_store_costs_feedback_only(
    serve: Serve, tmp_path: Path, figure: RecordFigure
) -> None:
    slowest: dict[str, float] = {}
    statuses: dict[str, set[int]] = {}
    for trouble in TROUBLES:
        path = tmp_path / f"{trouble}.sqlite3"
        client = serve(feedback_db=path)
        assert client.post("/feedback", json=FEEDBACK).status_code == 201
        assert isinstance(client, TestClient)
        client.app.state.lifecycle.feedback.close()  # type: ignore[attr-defined]
        with store_in(trouble, path):
            found, seconds = asked_beside_feedback(client, 50)
            slowest[trouble], statuses[trouble] = max(seconds), set(found)
    figure(
        4,
        f"Feedback store {', '.join(TROUBLES)}: feedback is refused with "
        f"{sorted(set.union(*statuses.values()))}; slowest of the questions and pages asked "
        "beside 50 votes",
        f"{max(slowest.values()):.2f} s, all answered",
    )
    assert statuses == {trouble: {503} for trouble in TROUBLES}
    # A locked file holds a vote for 2 s; nobody else is to wait for that.
    assert max(slowest.values()) < 1


def test_the_harness_catches_votes_that_take_the_threads_of_the_pages(
    serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "votes.sqlite3"
    client = serve(feedback_db=path)
    assert client.post("/feedback", json=FEEDBACK).status_code == 201
    lifecycle = client.app.state.lifecycle  # type: ignore[attr-defined]
    lifecycle.feedback.close()
    lifecycle._storing = None  # the threads of the pages
    with store_in("locked", path):
        # A vote holds its thread for 2 s: whoever asks early waits longest, on a slow machine too.
        _, seconds = asked_beside_feedback(client, 60, after_s=0.3)
    assert max(seconds) > 1
