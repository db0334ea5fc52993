"""How long a running service takes to answer from a newly published generation.

    python benchmarks/hot_reload.py --index index-data

Copies the index, serves the copy with one worker and with two, publishes the same content again and
again under new names, and asks all the while. Prints seconds from the switch of ``CURRENT`` to the
first answer from the new generation and to the last from an old one, and how many questions failed.
"""

import argparse
import dataclasses
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index import generations  # noqa: E402

QUESTION = "Who took part in the round table?"
SETTLE_S = 6.0


def main() -> int:
    """Run the benchmark once and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, default=ROOT / "index-data", metavar="DIR")
    parser.add_argument("--publishes", type=int, default=10)
    arguments = parser.parse_args()
    print(
        "| workers | first answer from it, s: median / worst | last from the one before | failed |"
    )
    print("| --- | --- | --- | --- |")
    for workers in (1, 2):
        first, last, asked, failed = measure(arguments.index, workers, arguments.publishes)
        print(
            f"| {workers} | {statistics.median(first):.2f} / {max(first):.2f} "
            f"| {statistics.median(last):.2f} / {max(last):.2f} | {failed} of {asked} |"
        )
    return 0


def measure(index: Path, workers: int, publishes: int) -> tuple[list[float], list[float], int, int]:
    """Return both times of each publish, and how many questions were asked and failed."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        root = Path(folder) / "index"
        shutil.copytree(index, root)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        options = ["--port", str(port), "--workers", str(workers), "--max-queued-questions", "50"]
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "--index", str(root), *options],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        answers: list[tuple[float, str | None]] = []
        done = threading.Event()
        asking = threading.Thread(
            target=_ask, args=(f"http://127.0.0.1:{port}", answers, done), daemon=True
        )
        try:
            _wait(f"http://127.0.0.1:{port}/readyz")
            time.sleep(SETTLE_S)
            asking.start()
            switched = []
            for number in range(publishes):
                name = publish_again(root, number)
                switched.append((time.perf_counter(), name))
                time.sleep(SETTLE_S)
        finally:
            done.set()
            asking.join(timeout=30)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
    first, last = [], []
    for at, name in switched:
        after = [(when, seen) for when, seen in answers if at < when < at + SETTLE_S]
        first.append(min(when for when, seen in after if seen == name) - at)
        last.append(
            max((when for when, seen in after if seen not in (name, None)), default=at) - at
        )
    return first, last, len(answers), sum(seen is None for _, seen in answers)


def publish_again(root: Path, number: int) -> str:
    """Publish the current generation under another name; return it."""
    now = generations.current(root)
    name = f"{now.manifest.generation[:20]}-again-{number:03}"
    with generations.building(root) as folder:
        shutil.copytree(now.folder, folder, dirs_exist_ok=True)
        manifest = dataclasses.replace(now.manifest, generation=name)
        generations.publish(root, folder, manifest)
    return name


def _ask(address: str, answers: list[tuple[float, str | None]], done: threading.Event) -> None:
    while not done.is_set():
        # A connection a question, so that all workers are asked.
        response = httpx.post(f"{address}/ask", json={"question": QUESTION}, timeout=30)
        seen = response.json()["index"]["generation"] if response.status_code == 200 else None
        answers.append((time.perf_counter(), seen))


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service was not ready within 60 s")


if __name__ == "__main__":
    sys.exit(main())
