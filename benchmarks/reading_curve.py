"""How much to read: quality against latency, one setting at a time.

    python benchmarks/reading_curve.py --dataset DIR [--limit 300]

DIR holds corpus.jsonl and questions.jsonl as in docs/evaluation.md. Every row asks the same
questions of the same index with one setting of ``service.assessment.ReadingOptions`` changed.
Latencies are of one run on this machine: compare rows, not machines. Quality is that of
``python -m eval``.
"""

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from eval import dataset as datasets  # noqa: E402
from eval.engines import LocalEngine  # noqa: E402
from eval.gold import resolve  # noqa: E402
from eval.judging import Outcome  # noqa: E402
from eval.metrics import auroc  # noqa: E402
from eval.run import evaluate  # noqa: E402
from index.build import BuildOptions, build_index  # noqa: E402
from service.assessment import ReadingOptions  # noqa: E402
from service.pipeline import QuestionAnswerer  # noqa: E402

BASE = ReadingOptions()
ROWS: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("as shipped", {}),
    *((f"at most {n} windows", {"most": n}) for n in (1, 2, 4)),
    *((f"clear from {p}", {"clear": p}) for p in (0.5, 0.8)),
    ("never clear", {"clear": 2.0}),
    *((f"windows of {n} words", {"words": n}) for n in (40, 60, 120)),
    ("nothing left out as unlikely", {"behind": 99.0}),
    ("promise without the passage's score", {"passage": 0.0}),
    ("promise without the words in common", {"coverage": 0.0}),
)
COLUMNS = ("passage@1", "sentence@1", "span_f1", "answered", "refused")


def main() -> int:
    """Build, ask, print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True, metavar="DIR")
    parser.add_argument("--limit", type=int, default=300, help="questions to ask in each row")
    parser.add_argument(
        "--rows", default="", metavar="WORDS", help="only rows whose name has these"
    )
    arguments = parser.parse_args()
    rows = datasets.read_folder(arguments.dataset)
    if rows.corpus is None:
        parser.error(f"{arguments.dataset} holds no corpus.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        build_index([rows.corpus], index, BuildOptions())
        print(f"| reading | {' | '.join(COLUMNS)} | AUROC | p50 ms | p95 ms |")
        print("| --- " * (len(COLUMNS) + 4) + "|")
        for name, change in ROWS:
            if arguments.rows in name:
                options = dataclasses.replace(BASE, **change)  # type: ignore[arg-type]
                print(f"| {name} | {_row(index, rows, options, arguments.limit)} |", flush=True)
    return 0


def _row(index: Path, rows: datasets.Dataset, options: ReadingOptions, limit: int) -> str:
    answerer = QuestionAnswerer.open(index, options=options)
    engine = LocalEngine(answerer)
    chosen = datasets.select(rows, split="all", limit=limit, seed=0)
    outcomes = evaluate(resolve(chosen, engine.text_of)[0], engine)
    engine.close()
    latencies = [o.latency_ms for o in outcomes]
    figures = [*(f"{_mean(outcomes, column):.3f}" for column in COLUMNS), f"{_auroc(outcomes):.3f}"]
    return " | ".join([*figures, *(f"{np.percentile(latencies, q):.0f}" for q in (50, 95))])


def _mean(outcomes: Sequence[Outcome], name: str) -> float:
    values = [o.scores[name] for o in outcomes if name in o.scores]
    return float(np.mean(values)) if values else float("nan")


def _auroc(outcomes: Sequence[Outcome]) -> float:
    replies = [o for o in outcomes if o.reply is not None]
    scores = np.asarray([o.reply.probability for o in replies if o.reply])
    positive = np.asarray([bool(o.question.answerable) for o in replies])
    return float(auroc(np.ones((1, len(replies))), scores, positive)[0])


if __name__ == "__main__":
    sys.exit(main())
