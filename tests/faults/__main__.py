"""``python -m tests.faults``: run every fault harness and rewrite the table of its figures.

    python -m tests.faults            the short runs of the test suite
    python -m tests.faults --full     in full length, about an hour
    python -m tests.faults --only 3 4 these topics; the other rows of the table stay as they are

The table stands in docs/reliability.md between two marker lines; nothing in it is written by hand.
"""

import argparse
import datetime
import os
import platform
import sys
from pathlib import Path

import pytest

from benchmarks.tables import write_between
from tests.faults.figures import TOPICS, Collector, lines_in, lines_of, table

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HARNESSES = {
    "tests/faults/test_kill.py": [1],
    "tests/faults/test_damage.py": [2, 4],
    "tests/faults/test_full_disk.py": [3],
    "tests/faults/test_feedback_store.py": [4],
    "tests/faults/test_hot_swap.py": [5],
    "tests/faults/test_tenants.py": [5],
    "tests/faults/test_load.py": [6],
    "tests/faults/test_cores.py": [7],
    "tests/faults/test_sigterm.py": [8],
    "tests/faults/test_schema.py": [9],
    "tests/faults/test_bombs.py": [10],
    "tests/faults/test_coverage_fuzz.py": [10],
    "tests/faults/test_fuzz_loaders.py": [10],
    "tests/faults/test_loader_process.py": [10],
    "tests/faults/test_network.py": [13],
    "tests/faults/test_ray_nodes.py": [1],
    "tests/unit/index/test_linear_time.py": [11],
    "tests/unit/test_packaging.py::test_every_locked_requirement_is_exact_and_has_a_hash": [15],
    "tests/integration/test_hostile.py": [9],
    "tests/integration/test_operation.py": [14],
    "tests/integration/test_server.py": [7],
    "tests/browser/test_safety.py": [12],
}
"""Where figures are recorded, and about what."""


def main() -> int:
    """Run, print and rewrite; returns 1 when a harness failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description="Run the fault harnesses and rewrite the table in docs/reliability.md.",
        epilog="example: python -m tests.faults --full",
    )
    parser.add_argument("--full", action="store_true", help="In full length, about an hour.")
    parser.add_argument(
        "--only", type=int, nargs="+", choices=TOPICS, metavar="N", help="Topics, 1 to 15."
    )
    parser.add_argument("--output", type=Path, default=DOCUMENT, metavar="FILE")
    options = parser.parse_args()
    wanted = set(options.only or TOPICS)
    paths = [path for path, topics in HARNESSES.items() if wanted & set(topics)]
    os.chdir(ROOT)
    # ONNX Runtime would keep a device number in the home folder.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    collector = Collector()
    flag = "--full" if options.full else ""
    code = pytest.main([*paths, "-q", *([flag] if flag else [])], plugins=[collector])
    rows = [row for row in collector.rows if row.figure.topic in wanted]
    if not rows:
        print("tests.faults: no figure was recorded; the document is as it was", file=sys.stderr)
        return 1
    lines = lines_in(options.output.read_text(encoding="utf-8")) if options.only else {}
    lines.update(lines_of(rows, datetime.datetime.now(datetime.UTC).date().isoformat(), flag))
    content = "\n\n".join(filter(None, [_head(), table(lines), _notes(collector)]))
    write_between(options.output, BEGIN, END, content)
    print(table(lines))
    return 1 if code else 0


def _head() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"Made by `python -m tests.faults` on {platform.system()}, Python "
        f"{platform.python_version()}, {cores} cores. Where the command has `--full`, in full "
        "length; elsewhere these are the short runs of the test suite."
    )


def _notes(collector: Collector) -> str:
    lines = [f"- Failed: `{name}`" for name in sorted(set(collector.failed))]
    lines += [f"- Not run: {reason}" for reason in sorted(set(collector.skipped))]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
