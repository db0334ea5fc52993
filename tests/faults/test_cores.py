"""The threads of the models and the workers share the cores out, and no more than that."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index import onnx_session
from service.app import create_app
from service.settings import Settings, available_cores
from tests.conftest import RecordFigure
from tests.faults.processes import until

CLIENTS = 6
QUESTION = {"question": "Who opened the roundtable and what was said of cinema?", "top_k": 5}


class Counted:
    """An ONNX session that knows how many calls of all sessions are under way."""

    lock = threading.Lock()
    running = 0
    most = 0

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(self, *arguments: Any) -> Any:
        """Run, counted."""
        with Counted.lock:
            Counted.running += 1
            Counted.most = max(Counted.most, Counted.running)
        try:
            return self._session.run(*arguments)
        finally:
            with Counted.lock:
                Counted.running -= 1


def most_at_once(
    index: Path, monkeypatch: pytest.MonkeyPatch, questions: int, **settings: int
) -> int:
    """Most threads of the models in use at one moment while CLIENTS ask side by side."""
    real, Counted.most = onnx_session._new_session, 0
    each: set[int] = set()

    def counted(model: bytes) -> Any:
        session = real(model)
        options = session.get_session_options()
        each.add(options.intra_op_num_threads * options.inter_op_num_threads)
        return Counted(session)

    monkeypatch.setattr(onnx_session, "_open", {})
    monkeypatch.setattr(onnx_session, "_new_session", counted)
    made = Settings(index_dir=index, max_queued_questions=100, queue_timeout_s=60, **settings)  # type: ignore[arg-type]
    with TestClient(create_app(made)) as client, ThreadPoolExecutor(CLIENTS) as pool:
        until(lambda: client.get("/readyz").status_code == 200, 90)
        asked = [pool.submit(client.post, "/ask", json=QUESTION) for _ in range(questions)]
        assert {one.result().status_code for one in asked} == {200}
    # A session of several threads would use them all in each call.
    return Counted.most * max(each)


@pytest.mark.slow
@pytest.mark.parametrize("at_a_time", [1, 2])
def test_models_use_no_more_threads_than_there_are_cores(
    record_index: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_a_time: int,
    full: bool,
    figure: RecordFigure,
) -> None:
    cores = available_cores()
    if at_a_time > cores:
        pytest.skip(f"{at_a_time} questions at a time cannot share {cores} core")
    count = 2_000 if full else 20
    most = most_at_once(record_index, monkeypatch, count, max_concurrent_questions=at_a_time)
    figure(
        7,
        f"Threads of the models in use at one moment, {CLIENTS} clients asking, answered "
        f"{at_a_time} at a time",
        f"at most {most} on {cores} cores",
    )
    assert 0 < most <= cores


@pytest.mark.slow
def test_the_harness_catches_more_threads_than_cores(
    record_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        most_at_once(record_index, monkeypatch, 6, threads=4 * available_cores())
        > available_cores()
    )


def test_workers_and_questions_at_a_time_share_the_cores(
    monkeypatch: pytest.MonkeyPatch, figure: RecordFigure
) -> None:
    tried, over = 0, []
    for cores in (1, 2, 3, 8, 64):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=cores: set(range(n)))
        for workers in (1, 2, 3, 8):
            for questions in (1, 2, 5):
                made = Settings(workers=workers, max_concurrent_questions=questions)
                used = workers * questions * made.model_threads
                tried += 1
                # One thread for each is the least, whatever the operator asks for.
                if used > max(cores, workers * questions):
                    over.append((cores, workers, questions, used))
    figure(
        7,
        "Settings of workers and questions at a time whose threads are more than the cores, or "
        "more than one each where there are fewer cores than that",
        f"{len(over)} of {tried}",
    )
    assert over == []
