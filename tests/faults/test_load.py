"""Overload: a bound on what waits keeps those who are let in fast, and the rest are told at once.

The short run asks a service whose answers take a fixed time and no processor, so it shows what
turning away costs. The full one runs ``benchmarks/load.py`` over the record with the real models.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import load
from tests.conftest import RecordFigure
from tests.faults.processes import ROOT, service

ANSWER_S = "0.05"


def overloaded(
    folder: Path, multiples: list[float], seconds: float, *settings: str
) -> list[load.Result]:
    command = ("-m", "tests.integration.fake_service", ANSWER_S, "--index", str(folder / "i"))
    quiet = ("--cors-origins", load.ORIGIN, "--log-level", "warning")
    with service(*command, *quiet, *settings) as (process, url):
        return asyncio.run(load.measure(url, process.pid, multiples, seconds))


def record(figure: RecordFigure, result: load.Result, of_what: str) -> None:
    shown = "; ".join(line.partition(" (")[0] for line in result.checks())
    figure(6, f"{result.multiple:g} times the peak of {of_what}, {result.statuses}", shown)


@pytest.mark.slow
def test_turning_away_costs_those_who_are_let_in_next_to_nothing(
    tmp_path: Path, full: bool, figure: RecordFigure
) -> None:
    results = overloaded(tmp_path, [2.0, 10.0], 30 if full else 3)
    for result in results:
        record(figure, result, f"a service that answers in {ANSWER_S} s")
        assert result.faults == {}
        assert set(result.statuses) == {"200", "503"}
        # A short run on a busy machine: its slowest answer is chance.
        assert result.p99 < (load.P99_S if full else 2 * load.P99_S)
        assert result.growth <= load.GROWTH
        assert result.goodput >= (load.GOODPUT if full else 0.75)


@pytest.mark.slow
def test_overload_of_the_record_keeps_the_limits(
    record_index: Path, tmp_path: Path, full: bool, figure: RecordFigure
) -> None:
    if not full:
        pytest.skip("takes 16 minutes: with --full")
    output = tmp_path / "load.json"
    command = [sys.executable, "benchmarks/load.py", "--index", str(record_index)]
    subprocess.run([*command, "--full", "--json", str(output)], cwd=ROOT, check=False)
    results = [load.Result(**one) for one in json.loads(output.read_text())]
    for result in results:
        record(figure, result, "the record with its models, for 5 minutes")
    broken = [line for one in results for line, held in one.checks().items() if not held]
    assert broken == []


@pytest.mark.slow
def test_the_harness_catches_a_queue_without_a_bound(tmp_path: Path) -> None:
    endless = ("--max-queued-questions", "1000", "--queue-timeout-s", "60")
    (result,) = overloaded(tmp_path, [3.0], 1, *endless)
    assert result.p99 > load.P99_S
    assert not all(result.checks().values())


def test_the_harness_catches_a_503_that_does_not_say_when_to_come_back() -> None:
    class Bare(load.Client):
        async def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
            return 503, "http/1.1 503 service unavailable\r\n\r\n"

    seen = load.Seen()
    asyncio.run(load.ask(Bare("http://127.0.0.1:1"), 0, seen))
    assert seen.faults == {"503 without Retry-After": 1, "no CORS header": 1}
