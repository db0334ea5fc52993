"""This project against itself as a record grows: build, disk, memory, latency, recall.

    python -m benchmarks.scale --datasets DIR DIR --questions FILE --sizes 1000 10000 100000 1000000

Each size is a corpus made of the texts of the datasets (``corpus.py`` says how), built by the
command's own code and asked through its own pipeline, each in a process of its own, one after the
other. Only the passages' vectors are stand-ins (``static_encoder.py``): the model would take hours.
The questions are those of the file, about texts of the datasets. Needs about 12 GB of disk and 25
minutes for a million passages. With ``--document`` the table is written into docs/benchmarks.md.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.scale.corpus import paragraphs_of, texts_of, write_corpus
from benchmarks.tables import write_between

BEGIN, END = "<!-- scale: begin -->", "<!-- scale: end -->"
QUESTIONS = 110


def main() -> int:
    """Build and ask each size; print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=_summary())
    parser.add_argument("--datasets", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], metavar="N")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep corpora and indexes here")
    parser.add_argument("--document", type=Path, metavar="FILE", help="rewrite the table in FILE")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        questions = work / "questions.json"
        questions.write_text(json.dumps(_questions(arguments.questions)), encoding="utf-8")
        paragraphs = paragraphs_of(texts_of(arguments.datasets))
        results = []
        for size in arguments.sizes:
            results.append(measure(work, paragraphs, size, questions))
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    content = table(results)
    print(content)
    if arguments.document is not None:
        write_between(arguments.document, BEGIN, END, content)
    return 0


def measure(work: Path, paragraphs: list[list[str]], size: int, questions: Path) -> dict[str, Any]:
    """Make, build and ask one size; what is there already is used again."""
    corpus, index = work / f"{size}.jsonl", work / f"index-{size}"
    built = work / f"{size}.json"
    if not built.is_file():
        write_corpus(corpus, paragraphs, size, seed=0)
        built.write_text(_run("benchmarks.scale.build", corpus, index), encoding="utf-8")
    served = json.loads(_run("benchmarks.scale.serve", index, questions))
    return {**json.loads(built.read_text(encoding="utf-8")), **served, "load": os.getloadavg()[0]}


def table(results: list[dict[str, Any]]) -> str:
    """One row a size."""
    lines = [
        "| passages | built in, s | peak, MB | disk, MB | start to first answer, s | "
        "search, ms: p50 / p95 | with a filter | `/ask`, ms: p50 / p95 | recall@10 | "
        "resident, MB (of it no file's) |",
        "| --- " * 10 + "|",
    ]
    for r in results:
        recall = r["search"].get("recall", 1.0)
        lines.append(
            f"| {r['passages']:,} | {r['build_s']:.0f} | {r['build_peak_mb']:,} "
            f"| {r['disk_mb']:,.0f} | {r['first_answer_s']:.1f} | {_both(r['search_ms'])} "
            f"| {_both(r['filtered_ms'])} | {_both(r['ask_ms'])} | {recall:.3f} "
            f"| {r['resident_mb']:,} ({r['own_mb']:,}) |"
        )
    return "\n".join(lines)


def _both(values: list[float]) -> str:
    return " / ".join(f"{v:.1f}" for v in values)


def _run(module: str, *arguments: Path) -> str:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _questions(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    answerable = [q["question"] for q in asked if q.get("answerable", True)]
    return random.Random(0).sample(answerable, min(QUESTIONS, len(answerable)))


def _summary() -> str:
    return (__doc__ or "").splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
