"""The page of the results: all that the command writes between two marks of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import tables
from benchmarks.peers.data import Trial
from benchmarks.peers.results import Row
from benchmarks.peers.systems import BASELINE, CONTENDERS, Contender

BEGIN = "<!-- benchmarks.peers: begin -->"
END = "<!-- benchmarks.peers: end -->"


def text(
    trials: Sequence[Trial],
    measured: Mapping[str, Mapping[str, Row]],
    facts: Mapping[str, Any],
    chosen: Sequence[Contender],
) -> str:
    """What was measured where, then three tables for each data set."""
    labels = {c.key: c.label for c in CONTENDERS}
    built = {c.index: c.key for c in reversed(chosen)}
    versions = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    parts = [
        f"{facts['cores']} cores, {facts['machine']}, Python {facts['python']}; load average "
        f"{facts['load_average_before'][0]:.1f} before and {facts['load_average_after'][0]:.1f} "
        f"after. {versions}."
    ]
    for trial in trials:
        found = measured[trial.name]
        parts += [
            f"### {trial.name}: {len(trial.questions):,} questions, "
            f"{len(trial.passages):,} paragraphs",
            tables.quality(found, labels, BASELINE),
            tables.speed(found, labels),
            tables.amiss(found, labels),
            tables.building(
                {key: found[key] for key in found if key in built.values()},
                {**labels, **dict.fromkeys(_OURS, "this project")},
            ),
        ]
    return "\n\n".join(part for part in parts if part)


_OURS = [c.key for c in CONTENDERS if c.index == "record"]


def put_between_marks(page: Path, text: str) -> None:
    """Replace what stands between the marks of ``page``; all else is kept. See ``parts``."""
    before, after = parts(page)
    page.write_text(f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}", encoding="utf-8")


def parts(page: Path) -> tuple[str, str]:
    """What stands before and behind the marks.

    Raises ValueError when the page does not hold each mark once, in order.
    """
    whole = page.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or whole.count(BEGIN) != 1 or whole.count(END) != 1:
        raise ValueError(f"{page}: must hold {BEGIN} and, behind it, {END}, each once")
    return before, after
