"""What overload does: open-loop load at multiples of the measured peak, against /ask.

    python benchmarks/load.py --index index-data --seconds 20 --multiples 2 10

Starts the service on a free loopback port and measures its peak goodput with two clients that ask
without pause. Then it sends questions at a fixed rate, whether answers come or not, and prints for
each rate: what came back, goodput against the peak, p50 and p99 of the accepted, the slowest
/livez, and the growth of memory. Exits 1 when one of the limits printed beside them is not held.
The load generator takes a share of the same cores.
"""

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = "https://site.example"
QUESTIONS = [f"Who spoke about matter number {number}?" for number in range(50)]
GOODPUT, P99_S, LIVEZ_S, GROWTH = 0.9, 1.0, 0.1, 0.1


@dataclass
class Seen:
    """Responses of one run: how many of each status, times in seconds, and broken promises."""

    statuses: Counter[str] = field(default_factory=Counter)
    accepted: list[float] = field(default_factory=list)
    livez: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


async def ask(client: httpx.AsyncClient, number: int, seen: Seen) -> None:
    """One question; a 503 without Retry-After or CORS headers is a fault."""
    started = time.perf_counter()
    body = {"question": QUESTIONS[number % len(QUESTIONS)]}
    try:
        response = await client.post("/ask", json=body, headers={"Origin": ORIGIN})
    except httpx.HTTPError as error:
        seen.statuses[type(error).__name__] += 1
        seen.faults[type(error).__name__] += 1
        return
    seen.statuses[str(response.status_code)] += 1
    if response.status_code == 200:
        seen.accepted.append(time.perf_counter() - started)
    elif response.status_code != 503:
        seen.faults[f"status {response.status_code}"] += 1
    elif "Retry-After" not in response.headers:
        seen.faults["503 without Retry-After"] += 1
    if response.headers.get("access-control-allow-origin") != ORIGIN:
        seen.faults["no CORS header"] += 1


async def peak(client: httpx.AsyncClient, seconds: float) -> float:
    """Answers a second with two clients that ask without pause."""
    seen, end = Seen(), time.perf_counter() + seconds

    async def keep_asking(first: int) -> None:
        number = first
        while time.perf_counter() < end:
            await ask(client, number, seen)
            number += 2

    await asyncio.gather(keep_asking(0), keep_asking(1))
    return len(seen.accepted) / seconds


async def overload(client: httpx.AsyncClient, rate: float, seconds: float) -> Seen:
    """Send ``rate`` questions a second for ``seconds``, and look at /livez five times a second."""
    seen, began = Seen(), time.perf_counter()

    async def watch() -> None:
        while time.perf_counter() - began < seconds:
            started = time.perf_counter()
            await client.get("/livez")
            seen.livez.append(time.perf_counter() - started)
            await asyncio.sleep(0.2)

    watching = asyncio.create_task(watch())
    sent: list[asyncio.Task[None]] = []
    while (elapsed := time.perf_counter() - began) < seconds:
        while len(sent) < rate * elapsed:
            sent.append(asyncio.create_task(ask(client, len(sent), seen)))
        await asyncio.sleep(0.002)
    await asyncio.gather(watching, *sent)
    return seen


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


async def measure(url: str, pid: int, multiples: list[float], seconds: float) -> bool:
    """Print the table; returns whether every limit held."""
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=500)
    held = True
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
        for _ in range(600):
            try:
                if (await client.get("/readyz")).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        await peak(client, 2)
        best = await peak(client, max(3.0, seconds / 4))
        before = memory_mb(pid)
        print(f"peak {best:.1f} answers/s, memory {before:.0f} MB")
        for multiple in multiples:
            seen = await overload(client, best * multiple, seconds)
            goodput = len(seen.accepted) / seconds / best
            times = statistics.quantiles(seen.accepted or [0.0, 0.0], n=100)
            growth = memory_mb(pid) / before - 1
            checks = {
                f"goodput {goodput:.2f} of the peak (>= {GOODPUT})": goodput >= GOODPUT,
                f"p50 {times[49]:.2f} s, p99 {times[98]:.2f} s (< {P99_S:g})": times[98] < P99_S,
                f"slowest /livez {max(seen.livez) * 1000:.0f} ms (< {LIVEZ_S * 1000:.0f})": (
                    max(seen.livez) < LIVEZ_S
                ),
                f"memory {growth:+.1%} (<= {GROWTH:+.0%})": growth <= GROWTH,
                f"broken promises {dict(seen.faults) or 'none'}": not seen.faults,
            }
            print(f"\n{multiple:g}x: {best * multiple:.0f} questions/s, {dict(seen.statuses)}")
            for line, ok in checks.items():
                print(f"  {'ok  ' if ok else 'FAIL'} {line}")
            held = held and all(checks.values())
    return held


def main() -> int:
    """Start the service, measure, stop it."""
    parser = argparse.ArgumentParser(
        description="Measure /ask under overload.",
        epilog="example: python benchmarks/load.py --index index-data --seconds 300",
    )
    parser.add_argument("--index", type=Path, default=ROOT / "index-data", metavar="DIR")
    parser.add_argument("--seconds", type=float, default=20.0, help="Length of each run.")
    parser.add_argument("--multiples", type=float, nargs="+", default=[2.0, 10.0], metavar="X")
    options = parser.parse_args()
    command = [sys.executable, "-m", "service", "--index", str(options.index), "--port", "0"]
    quiet = ["--log-level", "warning", "--cors-origins", ORIGIN]
    with subprocess.Popen(command + quiet, stdout=subprocess.PIPE, text=True, cwd=ROOT) as service:
        try:
            assert service.stdout is not None
            found = re.search(r"http://\S+", service.stdout.readline())
            if found is None:
                print("load: the service did not start", file=sys.stderr)
                return 1
            held = asyncio.run(measure(found[0], service.pid, options.multiples, options.seconds))
        finally:
            service.terminate()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
