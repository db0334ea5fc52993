"""The settings of each peer that were tried, and what they found: each gets its best.

    python -m benchmarks.peers.choose --dataset DIR [DIR ...] [--questions 200]

All in one process, quality alone. This project's own settings are not tried here: its defaults
are measured.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.peers import processes
from benchmarks.peers.data import Trial, read
from benchmarks.peers.measuring import K
from benchmarks.peers.systems import CONTENDERS, load
from eval.ranking import measure
from index.models import find_model

TRIED: Mapping[str, Sequence[Mapping[str, object]]] = {
    "txtai": (
        {},
        {"titled": False},
        {"weight": 0.3},
        {"weight": 0.7},
        {"scoring": {"method": "bm25", "terms": True, "normalize": "bb25"}},
        {"scoring": {"method": "bm25", "terms": True, "normalize": False}},
        {"method": "sentence-transformers"},
    ),
    "haystack": (
        {},
        {"titled": False},
        {"depth": 50},
        {"join": "distribution_based_rank_fusion"},
        {"join": "merge"},
        {"bm25_algorithm": "BM25Okapi"},
        {"bm25_algorithm": "BM25Plus"},
    ),
    "faiss": ({}, {"titled": False}),
    "bm25s": ({}, {"titled": False}, {"stemmed": False}, {"k1": 1.2}, {"method": "bm25+"}),
}
"""``{}`` is what ``benchmarks.peers`` runs; each other differs from it in what it names."""


def main() -> None:
    """Print a Markdown table of each data set."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.choose", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--dataset", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--questions", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--systems", nargs="+", choices=list(TRIED), default=list(TRIED))
    arguments = parser.parse_args()
    os.environ.update(processes.OFFLINE)
    trials = [read(folder, arguments.questions, arguments.seed) for folder in arguments.dataset]
    heads = [f"{t.name} P@1 | R@10" for t in trials]
    print(f"| system | settings | {' | '.join(heads)} |")
    print("| --- | --- |" + " ---: | ---: |" * len(trials))
    for contender in CONTENDERS:
        for settings in TRIED.get(contender.key, ()) if contender.key in arguments.systems else ():
            found = [_try(contender.adapter, settings, trial) for trial in trials]
            named = ", ".join(f"{k}={v}" for k, v in settings.items()) or "as measured"
            print(f"| {contender.label} | {named} | {' | '.join(found)} |", flush=True)


def _try(adapter: str, settings: Mapping[str, object], trial: Trial) -> str:
    model = find_model("all-MiniLM-L6-v2").folder
    system = load(adapter, model, **settings)
    with tempfile.TemporaryDirectory() as folder:
        system.build(trial.passages, Path(folder))
        system.open(Path(folder))
        rankings = {q.id: system.search(q.text, K) for q in trial.questions}
    scores = measure(rankings, {q.id: dict.fromkeys(q.relevant, 1) for q in trial.questions})
    means = (sum(s[name] for s in scores.values()) / len(scores) for name in ("p@1", "recall@10"))
    return " | ".join(f"{mean:.3f}".lstrip("0") for mean in means)


if __name__ == "__main__":
    main()
