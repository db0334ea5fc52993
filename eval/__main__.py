"""The command of the evaluation: ask every question, print the figures, write the report."""

import argparse
import datetime
import hashlib
import importlib.metadata
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from eval import dataset as datasets
from eval import page, run, tables
from eval.engines import Engine, HttpEngine, LocalEngine
from eval.errors import EvaluationError
from eval.expectations import check, read_expectations
from eval.figures import figures_of
from eval.gold import resolve
from eval.judging import Outcome
from eval.notes import notes_on
from eval.report import Report
from eval.statistics import RESAMPLES
from index import progress
from index.errors import RecordError
from index.progress import Progress

EPILOG = """examples:
  python -m eval
  python -m eval --index index-data --split test --stages
  python -m eval --url http://127.0.0.1:8000
  python -m eval --dataset my-questions/ --output eval-output

exits 0 when every figure is as expected, 1 when one falls below, 2 when it cannot run
"""
HERE = Path(__file__).parent
QUESTIONS = HERE / "questions.jsonl"
EXPECTED = HERE / "expected.yaml"
RECORD = "record"
"""The name of the project's own questions in expected.yaml."""


def main(argv: list[str] | None = None) -> int:
    """Run the evaluation; return the exit code."""
    given = sys.argv[1:] if argv is None else argv
    parser = _parser()
    arguments = parser.parse_args(given)
    if arguments.questions and arguments.dataset:
        parser.error("--questions and --dataset exclude each other: a data set has its own")
    try:
        return _run(arguments, "python -m eval " + shlex.join(given))
    except RecordError as error:
        if arguments.debug:
            raise
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        if arguments.debug:
            raise
        print(f"error: {error.filename or 'disk'}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted: no report was written", file=sys.stderr)
        return 130
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m eval",
        description="Ask every question of a set and measure the answers.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--index",
        type=Path,
        metavar="DIR",
        help="index to ask (default: index-data; with --dataset, one of its corpus)",
    )
    where.add_argument("--url", metavar="URL", help="service to ask instead, by POST /ask")
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="questions to ask (default: eval/questions.jsonl)",
    )
    parser.add_argument(
        "--dataset",
        type=Path,
        metavar="DIR",
        help="folder with corpus.jsonl and questions.jsonl to measure instead",
    )
    parser.add_argument(
        "--split",
        choices=("dev", "test", "all"),
        default="all",
        help="ask only the questions of one split (default: %(default)s)",
    )
    parser.add_argument(
        "--limit", type=_positive, metavar="N", help="ask only N questions, drawn by the seed"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="S",
        help="for --limit and the bootstrap (default: %(default)s)",
    )
    parser.add_argument(
        "--assume-unanswerable",
        action="store_true",
        help="count questions that do not say so as unanswerable (off-topic ones)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("eval-output"),
        metavar="DIR",
        help="where the report goes, and the indexes of data sets (default: %(default)s)",
    )
    parser.add_argument(
        "--expected",
        type=Path,
        metavar="FILE",
        help="figures to hold the run against (default: eval/expected.yaml)",
    )
    parser.add_argument(
        "--stages", action="store_true", help="print where answers and time are lost"
    )
    parser.add_argument("--debug", action="store_true", help="show a traceback on an error")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of questions of 1 or more")
    return int(text)


def _run(arguments: argparse.Namespace, command: str) -> int:
    expectations = read_expectations(arguments.expected or EXPECTED)
    checked = arguments.limit is None or arguments.expected is not None
    chosen = datasets.select(
        _questions(arguments), arguments.split, arguments.limit, arguments.seed
    )
    bars = progress.for_stream()
    engine = _engine(arguments, chosen, bars)
    try:
        questions, amiss = resolve(chosen, engine.text_of, arguments.assume_unanswerable)
        with bars.task("ask", len(questions)) as advance:
            outcomes = run.evaluate(questions, engine, advance)
        about = engine.describe()
        retrieved = engine.candidates_are_retrieved
    finally:
        engine.close()

    sets = _sets(chosen.name, outcomes)
    figures = {
        name: figures_of(members, arguments.seed)
        for name, members in {**sets, **_categories(sets)}.items()
    }
    names = tuple(n for n in expectations if checked and n.split(":")[0] in sets)
    report = Report(
        name=chosen.name,
        sets=sets,
        figures=figures,
        shortfalls=check({n: expectations[n] for n in names}, figures),
        expected_sets=names,
        notes=notes_on(outcomes, amiss, retrieved, checked, names),
        facts={
            "command": command,
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "questions": f"{chosen.path} (SHA-256 {_sha256(chosen.path)[:16]})",
            **{f"index {k}": v for k, v in about.items()},
            "seed": str(arguments.seed),
            "resamples": str(RESAMPLES),
            "libraries": ", ".join(
                f"{n} {importlib.metadata.version(n)}" for n in ("ir_measures", "numpy")
            )
            + f", Python {platform.python_version()}",
        },
    )
    folder = arguments.output / chosen.name
    page.write(report, folder)
    # A pipe or a log has no width of its own: nothing is cut there.
    width = None if sys.stdout.isatty() else 160
    tables.show(report, Console(width=width), arguments.stages)
    print(f"report: {folder / 'report.html'}")
    for shortfall in report.shortfalls:
        print(f"below expectation: {shortfall}", file=sys.stderr)
    failed = [o for o in outcomes if o.error]
    for outcome in failed[:5]:
        print(f"failed: {outcome.question.id}: {outcome.error}", file=sys.stderr)
    if len(failed) > 5:
        print(f"failed: {len(failed) - 5} more, see the report", file=sys.stderr)
    return 1 if report.shortfalls or failed else 0


def _questions(arguments: argparse.Namespace) -> datasets.Dataset:
    if arguments.dataset:
        return datasets.read_folder(arguments.dataset)
    if arguments.questions:
        same = arguments.questions.resolve() == QUESTIONS.resolve()
        return datasets.read_questions(arguments.questions, RECORD if same else None)
    return datasets.read_questions(QUESTIONS, RECORD)


def _engine(arguments: argparse.Namespace, chosen: datasets.Dataset, bars: Progress) -> Engine:
    if arguments.url:
        return HttpEngine(arguments.url)
    if arguments.index or not arguments.dataset:
        return LocalEngine.open(arguments.index or Path("index-data"))
    if chosen.corpus is None:
        raise EvaluationError(
            f"{arguments.dataset}: holds no corpus.jsonl; name what to ask by --index or --url"
        )
    from index.build import BuildOptions, build_index

    key = hashlib.sha256(str(chosen.corpus.resolve()).encode()).hexdigest()[:8]
    folder = arguments.output / "indexes" / f"{chosen.name}-{key}"
    built = build_index([chosen.corpus], folder, BuildOptions(if_stale=True), bars)
    for problem in built.problems:
        print(f"left out {problem}", file=sys.stderr)
    return LocalEngine.open(folder)


def _sets(name: str, outcomes: Sequence[Outcome]) -> dict[str, Sequence[Outcome]]:
    """The outcomes by split, test last; as one set when the questions have no splits."""
    splits = sorted({o.question.split for o in outcomes}, key=lambda s: (s == "test", s))
    if splits == [""]:
        return {name: outcomes}
    return {
        f"{name}/{split}" if split else name: [o for o in outcomes if o.question.split == split]
        for split in splits
    }


def _categories(sets: Mapping[str, Sequence[Outcome]]) -> dict[str, Sequence[Outcome]]:
    return {
        f"{name}:{category}": [o for o in outcomes if o.question.category == category]
        for name, outcomes in sets.items()
        for category in dict.fromkeys(o.question.category for o in outcomes)
        if category
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
