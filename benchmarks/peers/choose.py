"""The settings of each peer that were tried, and what they found: each gets its best.

    python -m benchmarks.peers.choose --dataset DIR [DIR ...] [--questions 200]

All in one process, quality alone. This project's own settings are not tried here: its defaults
are measured.
"""

import argparse
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.peers import processes
from benchmarks.peers.data import Trial, read
from benchmarks.peers.measuring import K
from benchmarks.peers.systems import CONTENDERS, Contender, load
from eval.ranking import measure
from index.models import find_model

TRIED: Mapping[str, Sequence[Mapping[str, object]]] = {
    "txtai": (
        {},
        {"titled": False},
        {"weight": 0.5},
        {"weight": 0.9},
        {"scoring": {"method": "bm25", "terms": True, "normalize": "bb25"}},
        {"scoring": {"method": "bm25", "terms": True, "normalize": False}},
    ),
    "haystack": (
        {},
        {"titled": False},
        {"depth": 50},
        {"join": "distribution_based_rank_fusion"},
        {"join": "merge"},
        {"bm25_algorithm": "BM25Okapi"},
    ),
    "faiss": ({}, {"titled": False}),
    "bm25s": ({}, {"titled": False}, {"stemmed": False}, {"k1": 1.2}, {"method": "bm25+"}),
}
"""``{}`` is what ``benchmarks.peers`` runs; each other differs from it in what it names."""

SEARCHING = {"weight", "depth", "join"}
"""Settings of which an index knows nothing: one that differs in them alone is not built again."""


def main() -> None:
    """Print a Markdown table of each data set."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.choose", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--dataset", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--questions", type=int, default=200, metavar="N")
    parser.add_argument(
        "--paragraphs", type=int, default=400, metavar="N", help="the questions' own and others"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--systems", nargs="+", choices=list(TRIED), default=list(TRIED))
    arguments = parser.parse_args()
    os.environ.update(processes.OFFLINE)
    trials = [
        _part(read(folder, arguments.questions, arguments.seed), arguments.paragraphs)
        for folder in arguments.dataset
    ]
    heads = [f"{t.name} P@1 | R@10" for t in trials]
    print(f"| system | settings | {' | '.join(heads)} |")
    print("| --- | --- |" + " ---: | ---: |" * len(trials))
    for contender in CONTENDERS:
        with tempfile.TemporaryDirectory() as scratch:
            for settings in TRIED.get(contender.key, ()):
                if contender.key in arguments.systems:
                    found = [_try(contender, settings, t, Path(scratch)) for t in trials]
                    named = ", ".join(f"{k}={v}" for k, v in settings.items()) or "as measured"
                    print(f"| {contender.label} | {named} | {' | '.join(found)} |", flush=True)


def _part(trial: Trial, paragraphs: int) -> Trial:
    """The paragraphs that the questions need, and others of the data set up to ``paragraphs``."""
    needed = {i for question in trial.questions for i in question.relevant}
    others = [p.id for p in trial.passages if p.id not in needed]
    kept = needed | set(others[: max(0, paragraphs - len(needed))])
    return replace(trial, passages=tuple(p for p in trial.passages if p.id in kept))


def _try(contender: Contender, settings: Mapping[str, object], trial: Trial, scratch: Path) -> str:
    system = load(contender.adapter, find_model("all-MiniLM-L6-v2").folder, **settings)
    built = {name: value for name, value in settings.items() if name not in SEARCHING}
    digest = hashlib.sha256(json.dumps(built, sort_keys=True).encode()).hexdigest()[:8]
    folder = scratch / trial.name / digest
    if not folder.exists():
        folder.mkdir(parents=True)
        system.build(trial.passages, folder)
    system.open(folder)
    rankings = {q.id: system.search(q.text, K) for q in trial.questions}
    scores = measure(rankings, {q.id: dict.fromkeys(q.relevant, 1) for q in trial.questions})
    means = (sum(s[name] for s in scores.values()) / len(scores) for name in ("p@1", "recall@10"))
    return " | ".join(f"{mean:.3f}".lstrip("0") for mean in means)


if __name__ == "__main__":
    main()
