"""What a build costs after a change, beside a build of everything, in one run.

    python benchmarks/incremental.py --corpus A/corpus.jsonl B/corpus.jsonl [--documents 1000]

Takes the documents evenly from the given JSON Lines files, builds them, changes a sentence of one,
builds again over the same index, and builds the changed corpus once more from nothing elsewhere.
The two indexes of the changed corpus must be equal, file by file. Each build is a command of its
own, start and imports included. Wall clock and processor seconds are both shown: on a machine that
is shared the second is the steadier.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index import generations  # noqa: E402


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one build: seconds by the clock, seconds of processor, largest resident memory."""

    wall_s: float
    processor_s: float
    peak_mb: float


def main() -> int:
    """Build, change, build, compare; print a Markdown table. Returns 1 when indexes differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--documents", type=int, default=1000, metavar="N")
    parser.add_argument("--repeat", type=int, default=3, help="builds after a change (default: 3)")
    arguments = parser.parse_args()
    documents = list(itertools.islice(_documents(arguments.corpus), arguments.documents))
    if len(documents) < arguments.documents:
        parser.error(f"the files hold {len(documents)} documents, not {arguments.documents}")
    with tempfile.TemporaryDirectory() as scratch:
        corpus, index, fresh = (Path(scratch, n) for n in ("corpus.jsonl", "index", "fresh"))
        _write(corpus, documents)
        rows = [("everything", _build(corpus, index))]
        changed = []
        for number in range(arguments.repeat):
            one = documents[(number + 1) * len(documents) // (arguments.repeat + 1)]
            one["text"] = f"{one['text']} This sentence was added in edition {number + 2}."
            _write(corpus, documents)
            changed.append(_build(corpus, index))
        changed.sort(key=lambda cost: cost.wall_s)
        rows.append(("one document changed", changed[len(changed) // 2]))
        rows.append(("nothing changed", _build(corpus, index)))
        rows.append(("everything, changed", _build(corpus, fresh)))
        counts = generations.current(index).manifest.counts
        print(f"{counts['documents']} documents, {counts['passages']} passages\n")
        print("| build of | wall s | processor s | peak MB |\n| --- | --- | --- | --- |")
        for name, cost in rows:
            print(f"| {name} | {cost.wall_s:.1f} | {cost.processor_s:.1f} | {cost.peak_mb:.0f} |")
        everything = [cost for name, cost in rows if name.startswith("everything")]
        one_changed = rows[1][1]
        print(
            f"\none document changed: {_share(one_changed, everything, 'wall_s')} of the time of "
            f"everything, {_share(one_changed, everything, 'processor_s')} of its processor time"
        )
        differing = _differing(index, fresh)
        print("files that differ from a build of everything:", ", ".join(differing) or "none")
        return 1 if differing else 0


def _documents(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Documents of the files in turn, each once, with ids that say where they are from."""
    files = [path.read_text(encoding="utf-8").splitlines() for path in paths]
    for lines in itertools.zip_longest(*files):
        for path, line in zip(paths, lines, strict=True):
            if line is not None:
                values = json.loads(line)
                name = f"{path.parent.name}-{values['id']}"
                yield {"id": name, "title": values["title"], "text": values["text"]}


def _write(path: Path, documents: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(d) + "\n" for d in documents), encoding="utf-8")


def _build(corpus: Path, index: Path) -> Cost:
    command = [sys.executable, "-m", "index", "build", str(corpus), "--output", str(index)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _share(cost: Cost, everything: list[Cost], field: str) -> str:
    whole = sum(getattr(e, field) for e in everything) / len(everything)
    return f"{getattr(cost, field) / whole:.1%}"


def _differing(one: Path, other: Path) -> list[str]:
    mine, theirs = (generations.current(root).manifest.files for root in (one, other))
    return sorted(name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name))


if __name__ == "__main__":
    sys.exit(main())
