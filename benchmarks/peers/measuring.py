"""One system in this process: how long, how much memory, and what it found."""

import itertools
import resource
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.systems import Passage, System

K = 10
WARM_UP = (
    "Who is it about?",
    "When did it begin?",
    "Where was it?",
    "Why was it done?",
    "How many?",
)
"""Asked before anything is timed; the first of them is the first answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """What ``clients`` threads that ask without pause were given."""

    clients: int
    answers: int
    """Those that came back the same as when asked alone."""
    seconds: float
    failed: int
    different: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one process that opened an index and was asked."""

    first_answer_s: float
    """From before the process was started to its first answer."""
    rankings: list[list[str]]
    """A list of ids for each question, best first."""
    latencies_ms: list[float]
    loads: list[Load]
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Built:
    """Of one process that built an index."""

    seconds: float
    """Loading of models included, imports of Python not wholly: they come with first use."""
    peak_mb: float


def build(system: System, passages: Sequence[Passage], folder: Path) -> Built:
    """Build once."""
    start = time.perf_counter()
    system.build(passages, folder)
    return Built(time.perf_counter() - start, peak_mb())


def ask(
    system: System,
    folder: Path,
    questions: Sequence[str],
    clients: Sequence[int],
    seconds: float,
    begun: float,
) -> Asked:
    """Open, ask each question once, then all of them under each number of ``clients``.

    ``begun`` is ``time.monotonic()`` of the process that started this one; the clock is the
    machine's and so is the same here.
    """
    system.open(folder)
    system.search(WARM_UP[0], K)
    first = time.monotonic() - begun
    for question in WARM_UP[1:]:
        system.search(question, K)
    rankings, latencies = [], []
    for question in questions:
        start = time.perf_counter()
        rankings.append(list(system.search(question, K)))
        latencies.append((time.perf_counter() - start) * 1000)
    loads = [load(system, questions, rankings, n, seconds) for n in clients]
    return Asked(first, rankings, latencies, loads, peak_mb())


def load(
    system: System,
    questions: Sequence[str],
    rankings: Sequence[Sequence[str]],
    clients: int,
    seconds: float,
) -> Load:
    """Ask from ``clients`` threads for ``seconds``; each takes the next question in turn.

    Every answer that began in time is waited for and its time counted. One that fails, or ranks
    another passage first than the same question asked alone did, is no answer.
    """
    turn = itertools.count()
    outcomes: list[str] = []  # Appending to a list is safe from several threads.
    barrier = threading.Barrier(clients + 1)
    end = float("inf")

    def client() -> None:
        barrier.wait()
        while time.perf_counter() < end:
            number = next(turn) % len(questions)
            try:
                found = system.search(questions[number], K)
            except Exception as error:
                outcomes.append(f"{type(error).__name__}: {error}")
            else:
                outcomes.append("right" if found[:1] == list(rankings[number][:1]) else "different")

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    start = time.perf_counter()
    end = start + seconds
    barrier.wait()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    right, different = outcomes.count("right"), outcomes.count("different")
    failed = len(outcomes) - right - different
    if failed:
        first = next(o for o in outcomes if o not in ("right", "different"))
        print(
            f"{failed} of {len(outcomes)} failed with {clients} clients: {first}", file=sys.stderr
        )
    return Load(clients, right, elapsed, failed, different)


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB of 10^6 bytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    # Not ru_maxrss: on Linux that begins with what the parent process had at its peak.
    [line] = [text for text in status.splitlines() if text.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1e6
