"""Services over an engine: any number of them, a new generation, and an engine that stops."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index.generations import Generation
from index.location import Store
from index.stores import schema
from index.stores.engine import READ_S, Engine
from index.stores.layout import Names
from service import lifecycle
from service.answerer import Answerer
from service.app import create_app
from service.lifecycle import location_of
from service.pipeline import QuestionAnswerer
from service.settings import Settings
from tests.fake_models import OverlapReader
from tests.fakes_answering import calibration
from tests.stores.conftest import Place
from tests.stores.records import build, questions
from tests.stores.server import Server

LONGEST_S = 2 * READ_S
"""A question may have begun just before the engine stopped, and then waits for one call."""


@pytest.fixture(autouse=True)
def by_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is real but the reader."""

    def opened(settings: Settings, generation: str | None = None) -> Answerer:
        location = location_of(settings)
        try:
            index = location.open(generation)
        finally:
            location.close()
        return QuestionAnswerer(index, OverlapReader(), calibration({"relevance": 1.0}))

    monkeypatch.setattr(lifecycle, "open_answerer", opened)


@contextmanager
def replica(folder: Path, url: str, name: str = "a") -> Iterator[TestClient]:
    settings = Settings(
        store=url,
        index_dir=folder / name,
        max_concurrent_questions=4,
        max_queued_questions=100,
        queue_timeout_s=20,
        answer_timeout_s=20,
        shutdown_delay_s=0,
    )
    with TestClient(create_app(settings)) as client:
        yield client


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait for ``condition``; how many seconds it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "it did not come about"
        time.sleep(0.05)
    return time.monotonic() - begun


def is_ready(client: TestClient) -> bool:
    return client.get("/readyz").status_code == 200


def generation_of(client: TestClient) -> str:
    response = client.post("/ask", json={"question": "What is the whale oil?"})
    assert response.status_code == 200, response.text
    return str(response.json()["index"]["generation"])


def test_replicas_take_up_a_new_generation_while_they_answer(
    engine_place: Place, generation: Generation, tmp_path: Path
) -> None:
    engine_place.publish(generation, "served")
    url = f"{engine_place.address}/served"
    newer = build(tmp_path, documents=9, seed=8)
    with replica(tmp_path, url) as one, replica(tmp_path, url, "b") as other:
        former = Store(engine_place.url("served")).open()
        for client in (one, other):
            until(lambda c=client: is_ready(c))  # type: ignore[misc]
            assert generation_of(client) == generation.manifest.generation
            assert client.get("/documents").json()["total"] == 24
        seen: list[int] = []
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                seen.append(one.post("/ask", json={"question": "Who had the rope?"}).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        engine_place.publish(newer, "served")
        for client in (one, other):
            until(lambda c=client: generation_of(c) == newer.manifest.generation)  # type: ignore[misc]
        stop.set()
        asking.join()
    assert set(seen) == {200} and len(seen) > 3
    # Whoever still answers from the former one can, for it is kept until more have come.
    assert former.passages([0])[0].row == 0
    assert len(former.documents()) == 24
    former.close()
    engine = Engine(engine_place.url("served"))
    names = Names.of("served", newer.manifest.generation)
    schema.drop_old(engine, names, keep=1)
    assert schema.generations(engine) == [names]
    engine.close()


class Load:
    """Asks from several threads, each question another one, and keeps what came back."""

    def __init__(self, client: TestClient, threads: int = 4) -> None:
        self.seen: list[tuple[float, Any]] = []
        self._client = client
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(threads)]

    def _ask(self, seed: int) -> None:
        while not self._stop.is_set():
            for question in questions(40, seed=100 + seed):
                if self._stop.is_set():
                    return
                begun = time.monotonic()
                response = self._client.post("/ask", json={"question": question})
                self.seen.append((time.monotonic() - begun, response))
                time.sleep(0.02)

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def take(self) -> list[tuple[float, Any]]:
        """What came back since the last call."""
        found, self.seen = self.seen, []
        return found


def is_store_unavailable(response: Any) -> bool:
    return (
        response.status_code == 503
        and response.json()["type"].endswith("#store-unavailable")
        and int(response.headers["Retry-After"]) >= 1
    )


@pytest.mark.parametrize("how", ["hangs", "dies"])
def test_engine_that_stops_under_load_gives_clear_503s_and_is_used_again(
    server: Server, generation: Generation, patched: None, tmp_path: Path, how: str
) -> None:
    place = Place("server", server.address)
    place.publish(generation, "record")
    with replica(tmp_path, f"{server.address}/record") as client:
        until(lambda: is_ready(client))
        with Load(client) as load:
            until(lambda: len(load.seen) > 20)
            assert {r.status_code for _, r in load.take()} == {200}
            server.freeze() if how == "hangs" else server.kill()
            until(lambda: any(r.status_code == 503 for _, r in load.seen))
            until(lambda: not is_ready(client))
            down = client.get("/readyz")
            assert is_store_unavailable(down)
            assert client.get("/livez").status_code == 200
            load.take()
            until(lambda: len(load.seen) > 40)
            during = load.take()
            server.thaw() if how == "hangs" else server.start()
            recovered = until(lambda: is_ready(client), 60)
            load.take()
            until(lambda: len(load.seen) > 10)
            after = load.take()
    assert all(is_store_unavailable(response) for _, response in during)
    assert max(seconds for seconds, _ in during) < LONGEST_S
    assert Counter(r.status_code for _, r in after)[200] >= len(after) - 4
    assert recovered < 60


def test_service_that_starts_before_its_engine_waits_for_it(
    server: Server, generation: Generation, patched: None, tmp_path: Path
) -> None:
    Place("server", server.address).publish(generation, "record")
    server.freeze()
    try:
        with replica(tmp_path, f"{server.address}/record") as client:
            until(lambda: is_store_unavailable(client.get("/readyz")))
            question = {"question": "Who had the rope?"}
            assert is_store_unavailable(client.post("/ask", json=question))
            server.thaw()
            until(lambda: is_ready(client))
            assert generation_of(client) == generation.manifest.generation
    finally:
        server.thaw()
