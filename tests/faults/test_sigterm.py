"""SIGTERM under load: who is let in is answered; readiness goes down before the port closes."""

import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.conftest import RecordFigure
from tests.faults.processes import service, until

CLIENTS = 8
ROUNDS = 3


@dataclass
class Seen:
    """What came back, and whether readiness went down while the port was open."""

    statuses: Counter[str] = field(default_factory=Counter)
    ready_went_down: bool = False


def stop_under_load(folder: Path, seconds: float, *settings: str) -> Seen:
    """Stop a service that takes ``seconds`` a question, while CLIENTS ask without pause.

    As behind a balancer they stop when readiness is down; until then they ask on.
    """
    seen, lock, down = Seen(), threading.Lock(), threading.Event()
    command = ("-m", "tests.integration.fake_service", str(seconds), "--index", str(folder / "i"))

    def ask(url: str) -> None:
        with httpx.Client(base_url=url, timeout=20) as client:
            while not down.is_set():
                try:
                    outcome = str(client.get("/ask?q=keeper").status_code)
                except httpx.TransportError as error:
                    outcome = type(error).__name__
                with lock:
                    seen.statuses[outcome] += 1

    with service(*command, *settings) as (process, url):
        threads = [threading.Thread(target=ask, args=(url,)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        with httpx.Client(base_url=url, timeout=5) as balancer:
            until(lambda: seen.statuses, 10)
            process.send_signal(signal.SIGTERM)
            ready = 200
            while ready == 200:
                time.sleep(0.02)
                try:
                    ready = balancer.get("/readyz").status_code
                except httpx.TransportError:
                    ready = 0
        seen.ready_went_down = ready == 503
        down.set()
        for thread in threads:
            thread.join()
    return seen


def lost(seen: Seen) -> int:
    """Questions that got neither an answer nor the advice to ask again."""
    return sum(n for outcome, n in seen.statuses.items() if outcome not in ("200", "503"))


@pytest.mark.slow
def test_no_question_under_way_is_lost_at_sigterm(
    tmp_path: Path, full: bool, figure: RecordFigure
) -> None:
    rounds = [
        stop_under_load(tmp_path, 0.05, "--shutdown-delay-s", "1", "--queue-timeout-s", "20")
        for _ in range(50 if full else ROUNDS)
    ]
    total = sum((seen.statuses for seen in rounds), Counter[str]())
    figure(
        8,
        f"Questions of {CLIENTS} clients who ask until readiness is down, over {len(rounds)} "
        "stops: lost",
        f"{sum(map(lost, rounds))} of {sum(total.values()):,}",
    )
    assert [seen.statuses for seen in rounds if lost(seen)] == []
    assert all(seen.ready_went_down for seen in rounds)
    assert total["200"] >= CLIENTS * len(rounds)


@pytest.mark.slow
def test_the_harness_catches_questions_that_are_cut_off(tmp_path: Path) -> None:
    seen = stop_under_load(
        tmp_path, 2.5, "--shutdown-delay-s", "0.2", "--shutdown-timeout-s", "1",
        "--queue-timeout-s", "20",
    )  # fmt: skip
    assert lost(seen)
