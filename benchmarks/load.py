"""What overload does: open-loop load at multiples of the measured peak, against /ask.

    python benchmarks/load.py --index index-data
    python benchmarks/load.py --index index-data --full       5 minutes at each rate

Starts the service on a free loopback port and measures its peak goodput with two clients that ask
without pause. Then it sends questions at a fixed rate, whether answers come or not, and prints for
each rate: what came back, goodput against the peak, p50 and p99 of the accepted, the slowest
/livez, and the growth of memory. Exits 1 when one of the limits printed beside them is not held.
Of several cores the load generator has one to itself, and the service the others.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = "https://site.example"
KEPT_S = 2.0
"""How long an idle connection is used again; uvicorn closes it after five seconds."""
QUESTIONS = [f"Who spoke about matter number {number}?" for number in range(50)]
GOODPUT, P99_S, LIVEZ_S, GROWTH = 0.9, 1.0, 0.1, 0.1


@dataclass
class Seen:
    """Responses of one run: how many of each status, times in seconds, and broken promises."""

    statuses: Counter[str] = field(default_factory=Counter)
    accepted: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    """When each accepted one was answered, on the clock of ``time.perf_counter``."""
    livez: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


class Client:
    """HTTP/1.1 over kept connections, and no more than that.

    A full client takes as long for a request as the service for turning one away, and its own
    delay would be measured.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = []

    async def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
        """The status and the lower-case head of a response. Raises OSError or EOFError."""
        reader, writer = await self._connection()
        try:
            writer.write(
                f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nOrigin: {ORIGIN}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = re.search(r"\r\ncontent-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            writer.close()
            raise
        if "\r\nconnection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer, time.monotonic()))
        return int(head.split()[1]), head

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A kept connection, or a new one: a server closes those that were idle for seconds."""
        while self._idle:
            reader, writer, used = self._idle.pop()
            if time.monotonic() - used < KEPT_S:
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        for _, writer, _ in self._idle:
            writer.close()


async def ask(client: Client, number: int, seen: Seen) -> None:
    """One question; a 503 without Retry-After or CORS headers is a fault."""
    started = time.perf_counter()
    body = json.dumps({"question": QUESTIONS[number % len(QUESTIONS)]}).encode()
    try:
        status, head = await client.request("POST", "/ask", body)
    except (OSError, EOFError) as error:
        seen.statuses[type(error).__name__] += 1
        seen.faults[type(error).__name__] += 1
        return
    seen.statuses[str(status)] += 1
    if status == 200:
        seen.finished.append(time.perf_counter())
        seen.accepted.append(seen.finished[-1] - started)
    elif status != 503:
        seen.faults[f"status {status}"] += 1
    elif "\r\nretry-after: " not in head:
        seen.faults["503 without Retry-After"] += 1
    if f"\r\naccess-control-allow-origin: {ORIGIN}\r\n" not in head:
        seen.faults["no CORS header"] += 1


async def peak(client: Client, seconds: float) -> float:
    """Answers a second with two clients that ask without pause."""
    seen, end = Seen(), time.perf_counter() + seconds

    async def keep_asking(first: int) -> None:
        number = first
        while time.perf_counter() < end:
            await ask(client, number, seen)
            number += 2

    await asyncio.gather(keep_asking(0), keep_asking(1))
    return sum(moment < end for moment in seen.finished) / seconds


async def overload(client: Client, rate: float, seconds: float) -> Seen:
    """Send ``rate`` questions a second for ``seconds``, and look at /livez five times a second."""
    seen, began = Seen(), time.perf_counter()

    async def watch() -> None:
        while time.perf_counter() - began < seconds:
            started = time.perf_counter()
            await client.request("GET", "/livez")
            seen.livez.append(time.perf_counter() - started)
            await asyncio.sleep(0.2)

    watching = asyncio.create_task(watch())
    sent: list[asyncio.Task[None]] = []
    while (elapsed := time.perf_counter() - began) < seconds:
        while len(sent) < rate * elapsed:
            sent.append(asyncio.create_task(ask(client, len(sent), seen)))
        await asyncio.sleep(0.002)
    await asyncio.gather(watching, *sent)
    # Goodput is of the time in which questions come, not of the time until the last is answered.
    seen.finished = [moment for moment in seen.finished if moment < began + seconds]
    return seen


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


@dataclass(frozen=True)
class Result:
    """One rate: shares of the peak, seconds, and the share by which memory grew."""

    multiple: float
    rate: float
    statuses: dict[str, int]
    goodput: float
    p50: float
    p99: float
    livez: float
    growth: float
    faults: dict[str, int]

    def checks(self) -> dict[str, bool]:
        """Each limit in words, and whether it held."""
        # At the peak itself it is chance whether a question meets a free moment.
        least = GOODPUT if self.multiple > 1 else 0.0
        return {
            f"goodput {self.goodput:.2f} of the peak (>= {least})": self.goodput >= least,
            f"p50 {self.p50:.2f} s, p99 {self.p99:.2f} s (< {P99_S:g})": self.p99 < P99_S,
            f"slowest /livez {self.livez * 1000:.0f} ms (< {LIVEZ_S * 1000:.0f})": (
                self.livez < LIVEZ_S
            ),
            f"memory {self.growth:+.1%} (<= {GROWTH:+.0%})": self.growth <= GROWTH,
            f"broken promises {self.faults or 'none'}": not self.faults,
        }


async def measure(url: str, pid: int, multiples: list[float], seconds: float) -> list[Result]:
    """Measure the peak, then each of its multiples; print as it goes."""
    results = []
    with closing(Client(url)) as client:
        for _ in range(900):
            with suppress(OSError, EOFError):
                if (await client.request("GET", "/readyz"))[0] == 200:
                    break
            await asyncio.sleep(0.1)
        await peak(client, 1)
        best = await peak(client, max(3.0, min(seconds / 4, 30.0)))
        before = memory_mb(pid)
        print(f"peak {best:.1f} answers/s, memory {before:.0f} MB", flush=True)
        for multiple in multiples:
            seen = await overload(client, best * multiple, seconds)
            times = statistics.quantiles((seen.accepted or [0.0]) * 2, n=100, method="inclusive")
            result = Result(
                multiple=multiple,
                rate=best * multiple,
                statuses=dict(seen.statuses),
                goodput=len(seen.finished) / seconds / best,
                p50=times[49],
                p99=times[98],
                livez=max(seen.livez),
                growth=memory_mb(pid) / before - 1,
                faults=dict(seen.faults),
            )
            results.append(result)
            print(f"\n{multiple:g}x: {result.rate:.0f} questions/s, {result.statuses}")
            for line, ok in result.checks().items():
                print(f"  {'ok  ' if ok else 'FAIL'} {line}", flush=True)
    return results


def share_cores() -> tuple[set[int], set[int]]:
    """Cores of the service and of the load generator; the same where there is only one."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    cores = sorted(os.sched_getaffinity(0))
    return (set(cores[:-1]), {cores[-1]}) if len(cores) > 1 else (set(cores), set(cores))


def pin(cores: set[int]) -> None:
    """Keep this process, and those that it starts from now on, to ``cores``."""
    if cores:
        os.sched_setaffinity(0, cores)


def main() -> int:
    """Start the service, measure, stop it."""
    parser = argparse.ArgumentParser(
        description="Measure /ask under overload.",
        epilog="example: python benchmarks/load.py --index index-data --full",
    )
    parser.add_argument("--index", type=Path, default=ROOT / "index-data", metavar="DIR")
    parser.add_argument("--seconds", type=float, default=20.0, help="Length of each run.")
    parser.add_argument("--full", action="store_true", help="5 minutes at each rate.")
    parser.add_argument("--multiples", type=float, nargs="+", default=[1.0, 2.0, 10.0], metavar="X")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the results there too.")
    options = parser.parse_args()
    seconds = 300.0 if options.full else options.seconds
    command = [sys.executable, "-m", "service", "--index", str(options.index), "--port", "0"]
    quiet = ["--log-level", "warning", "--cors-origins", ORIGIN]
    servers, own = share_cores()
    print(f"cores: {len(servers)} for the service, {len(own)} for the load generator")
    pin(servers)
    with subprocess.Popen(command + quiet, stdout=subprocess.PIPE, text=True, cwd=ROOT) as service:
        pin(own)
        try:
            assert service.stdout is not None
            found = re.search(r"http://\S+", service.stdout.readline())
            if found is None:
                print("load: the service did not start", file=sys.stderr)
                return 1
            results = asyncio.run(measure(found[0], service.pid, options.multiples, seconds))
        finally:
            service.terminate()
    if options.json:
        options.json.write_text(json.dumps([asdict(result) for result in results]))
    return 0 if all(ok for result in results for ok in result.checks().values()) else 1


if __name__ == "__main__":
    sys.exit(main())
