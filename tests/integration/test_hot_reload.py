"""A running service takes up what is published, and nothing that fails its checks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index import generations
from index.errors import IndexCorrupt, IndexNotFound
from service import index_watcher, lifecycle
from service.app import create_app
from service.settings import Settings
from tests.fakes import INFO, FakeAnswerer, SlowAnswerer

DEADLINE_S = 20.0
"""For machines that are busy; how fast it really is stands in the benchmarks."""


class Publisher:
    """Writes ``CURRENT`` as a build does; each generation is answered by a fake of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: dict[str, FakeAnswerer] = {}
        self.damaged: dict[str, Exception] = {}
        self.asked_for: list[str | None] = []
        self.slow: set[str] = set()

    def publish(self, name: str) -> None:
        generations.switch(self.folder, name)

    def open(self, settings: Settings, generation: str | None = None) -> FakeAnswerer:
        self.asked_for.append(generation)
        name = generation or generations.current_name(settings.index_dir)
        if name in self.damaged:
            raise self.damaged[name]
        answerer = SlowAnswerer() if name in self.slow else FakeAnswerer()
        answerer.info = replace(INFO, generation=name)
        self.opened[name] = answerer
        return answerer

    @contextmanager
    def serve(self, **settings: object) -> Iterator[TestClient]:
        defaults: dict[str, object] = {"index_dir": self.folder, "reload_interval_s": 0.01}
        with TestClient(create_app(Settings(**(defaults | settings)))) as client:  # type: ignore[arg-type]
            yield client


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    made = Publisher(tmp_path)
    monkeypatch.setattr(lifecycle, "open_answerer", made.open)
    return made


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not what():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)


def served(client: TestClient) -> str | None:
    response = client.get("/ask?q=keeper")
    return response.json()["index"]["generation"] if response.status_code == 200 else None


def test_new_generation_is_taken_up_and_so_is_the_way_back(publisher: Publisher) -> None:
    publisher.publish("one")
    with publisher.serve() as client:
        until(lambda: served(client) == "one")
        publisher.publish("two")
        until(lambda: served(client) == "two")
        until(lambda: publisher.opened["one"].closed)
        publisher.publish("one")
        until(lambda: served(client) == "one")
    assert publisher.opened["one"].closed and publisher.opened["two"].closed
    # At first any that is whole will do; later only the very one that was published.
    assert publisher.asked_for == [None, "two", "one"]


def test_generation_that_fails_its_checks_is_refused_and_the_old_one_kept(
    publisher: Publisher,
) -> None:
    publisher.publish("one")
    publisher.damaged["two"] = IndexCorrupt("passages.faiss: 7 bytes")
    with publisher.serve() as client:
        until(lambda: served(client) == "one")
        publisher.publish("two")
        until(lambda: 'ask_index_loads_total{outcome="refused"} 1.0' in metrics(client))
        assert client.get("/readyz").status_code == 200
        assert served(client) == "one"
        # It is not read again and again.
        time.sleep(0.2)
        assert publisher.asked_for == [None, "two"]
        publisher.publish("three")
        until(lambda: served(client) == "three")


def test_damaged_index_at_the_start_is_served_once_it_is_mended(publisher: Publisher) -> None:
    publisher.publish("one")
    publisher.damaged["one"] = IndexCorrupt("record.sqlite: 0 bytes")
    with publisher.serve() as client:
        until(lambda: client.get("/readyz").json().get("type") == "/docs#no-index")
        del publisher.damaged["one"]
        publisher.publish("one")
        until(lambda: served(client) == "one")


def test_index_that_is_built_while_the_service_runs_is_served(publisher: Publisher) -> None:
    with publisher.serve() as client:
        until(lambda: client.get("/readyz").json().get("type") == "/docs#no-index")
        publisher.publish("one")
        until(lambda: served(client) == "one")


def test_missing_current_leaves_the_served_generation_alone(publisher: Publisher) -> None:
    publisher.publish("one")
    with publisher.serve() as client:
        until(lambda: served(client) == "one")
        (publisher.folder / generations.CURRENT).unlink()
        time.sleep(0.2)
        assert served(client) == "one"
        publisher.publish("two")
        until(lambda: served(client) == "two")


def test_question_under_way_is_answered_by_the_generation_it_began_with(
    publisher: Publisher,
) -> None:
    publisher.publish("one")
    publisher.slow = {"one"}
    answers: list[str | None] = []
    with publisher.serve(max_concurrent_questions=2) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        slow = publisher.opened["one"]
        assert isinstance(slow, SlowAnswerer)
        asking = threading.Thread(target=lambda: answers.append(served(client)))
        asking.start()
        assert slow.entered.acquire(timeout=DEADLINE_S)
        publisher.publish("two")
        until(lambda: 'generation="two"' in metrics(client))
        assert served(client) == "two"
        assert not slow.closed
        slow.release.set()
        asking.join()
        assert answers == ["one"]
        until(lambda: slow.closed)


def test_failure_that_is_none_of_the_index_is_tried_again(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_watcher, "RETRY_S", 0.01)
    publisher.publish("one")
    publisher.damaged["two"] = MemoryError("no room")
    with publisher.serve() as client:
        until(lambda: served(client) == "one")
        publisher.publish("two")
        until(lambda: publisher.asked_for.count("two") > 2)
        assert served(client) == "one"
        del publisher.damaged["two"]
        until(lambda: served(client) == "two")


def test_an_interval_of_zero_never_looks_again(publisher: Publisher) -> None:
    publisher.publish("one")
    with publisher.serve(reload_interval_s=0) as client:
        until(lambda: served(client) == "one")
        publisher.publish("two")
        time.sleep(0.3)
        assert served(client) == "one"


def test_metrics_name_only_the_generation_that_is_served(publisher: Publisher) -> None:
    publisher.publish("one")
    with publisher.serve() as client:
        until(lambda: served(client) == "one")
        assert 'generation="one"' in metrics(client)
        publisher.publish("two")
        until(lambda: 'generation="two"' in metrics(client))
        assert 'generation="one"' not in metrics(client)
        # 2025-04-01T00:00:00Z
        assert "ask_index_built_timestamp_seconds 1.7434656e+09" in metrics(client)


def metrics(client: TestClient) -> str:
    return client.get("/metrics").text


def test_an_index_that_is_not_there_is_not_counted_as_refused_later(publisher: Publisher) -> None:
    publisher.publish("one")
    publisher.damaged["two"] = IndexNotFound("it was removed meanwhile")
    with publisher.serve() as client:
        until(lambda: served(client) == "one")
        publisher.publish("two")
        until(lambda: "two" in publisher.asked_for)
        time.sleep(0.1)
        assert 'outcome="refused"' not in metrics(client)
