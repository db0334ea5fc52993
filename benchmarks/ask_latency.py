"""Time from start to first answer, and warm latency of /ask, beside one query encoding.

    python benchmarks/ask_latency.py --index index-data

Starts the service on a free loopback port, waits for the first answer, asks the answerable and
unanswerable questions of eval/questions.jsonl in turn over HTTP, then times
``SentenceTransformer.encode`` of the same questions in the same run. Prints milliseconds and the
ratio of the medians; a ratio travels between machines, milliseconds do not.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the benchmark once and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, default=ROOT / "index-data", metavar="DIR")
    parser.add_argument("--questions", type=Path, default=ROOT / "eval" / "questions.jsonl")
    parser.add_argument("--limit", type=int, default=100, help="questions to ask")
    arguments = parser.parse_args()
    lines = arguments.questions.read_text(encoding="utf-8").splitlines()
    # Evenly spread over the file, so that every kind of question is asked.
    lines = lines[:: max(1, len(lines) // arguments.limit)]
    questions = [json.loads(line)["question"] for line in lines]
    first, times = serve_and_ask(arguments.index, questions)
    encoding = encode(questions)
    ratio = statistics.median(times) / statistics.median(encoding)
    print(f"{'':34}{'p50':>9}{'p95':>9}")
    print(f"{'/ask, warm, ms':34}{_p(times, 50):9.1f}{_p(times, 95):9.1f}")
    name = "one query encoding, torch, ms"
    print(f"{name:34}{_p(encoding, 50):9.1f}{_p(encoding, 95):9.1f}")
    print(f"{'/ask against one encoding':34}{ratio:9.1f}")
    print(f"{'start to first answer, s':34}{first:9.2f}")
    return 0


def serve_and_ask(index: Path, questions: list[str]) -> tuple[float, list[float]]:
    """Return seconds from process start to the first answer, and milliseconds a question."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service", "--index", str(index), "--port", str(port)]
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            first = _first_answer(client, questions[0], begun)
            for question in questions[:5]:
                client.post("/ask", json={"question": question})
            times = []
            for question in questions:
                start = time.perf_counter()
                client.post("/ask", json={"question": question}).raise_for_status()
                times.append((time.perf_counter() - start) * 1000)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    return first, times


def _first_answer(client: httpx.Client, question: str, begun: float) -> float:
    while time.perf_counter() - begun < 60:
        try:
            if client.post("/ask", json={"question": question}).status_code == 200:
                return time.perf_counter() - begun
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit("the service gave no answer within 60 s")


def encode(questions: list[str]) -> list[float]:
    """Milliseconds of ``SentenceTransformer.encode`` for each question, after a warm-up."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from sentence_transformers import SentenceTransformer

    from index.models import find_model

    model = SentenceTransformer(str(find_model("all-MiniLM-L6-v2").folder), device="cpu")
    for question in questions[:10]:
        model.encode([question])
    times = []
    for question in questions:
        start = time.perf_counter()
        model.encode([question], normalize_embeddings=True)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _p(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
