"""The figures that the fault harnesses record, collected from a run and written as a table.

A harness records with the fixture ``figure`` of ``tests/conftest.py``, before it asserts, so that
a figure that is not held is shown as well.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pytest

PROPERTY = "figure"
TOPICS = {
    1: "Killed at any moment",
    2: "Damaged files",
    3: "Full disk",
    4: "Feedback store",
    5: "Publishing under load",
    6: "Overload",
    7: "Cores and wasted work",
    8: "SIGTERM",
    9: "Hostile requests",
    10: "Hostile documents",
    11: "Time of reading text",
    12: "Scripts in documents",
    13: "Network and instructions",
    14: "Logs",
    15: "Pinned by hash",
}
"""What the figures are about, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. ``topic`` is a key of ``TOPICS``."""

    topic: int
    what: str
    value: str

    def to_property(self) -> tuple[str, str]:
        """As pytest keeps it in ``user_properties``."""
        return PROPERTY, json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, whether its test held, and the file of the test."""

    figure: Figure
    outcome: str
    """``passed``, ``failed`` or, for a harness that could not run, the reason."""
    path: str


class Collector:
    """A pytest plugin: keeps the figures of the tests that ran, and what was skipped and why."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.skipped: list[str] = []
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Called by pytest: what a busy machine spoils runs first, while it is still quiet."""
        items.sort(key=lambda item: item.path.name != "test_load.py")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest for each phase of a test."""
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            self.skipped.append(f"{report.nodeid}: {str(reason).removeprefix('Skipped: ')}")
        if report.failed:
            self.failed.append(report.nodeid)
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == PROPERTY:
                figure = Figure(**json.loads(str(value)))
                self.rows.append(Row(figure, report.outcome, report.nodeid.split("::")[0]))


def lines_of(rows: Sequence[Row], made: str, flag: str = "") -> dict[int, list[str]]:
    """The lines of a Markdown table by topic, in the order in which they ran."""
    found: dict[int, list[str]] = {}
    for row in rows:
        value = row.figure.value if row.outcome == "passed" else f"**not held:** {row.figure.value}"
        command = f"`python -m pytest {row.path}{flag and ' ' + flag}`"
        cells = (TOPICS[row.figure.topic], row.figure.what, value, command, made)
        line = "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        found.setdefault(row.figure.topic, []).append(line)
    return found


def lines_in(document: str) -> dict[int, list[str]]:
    """The lines of the table that stands in ``document``, by topic."""
    numbers = {name: number for number, name in TOPICS.items()}
    found: dict[int, list[str]] = {}
    for line in document.splitlines():
        name = line.removeprefix("| ").partition(" |")[0]
        if line.startswith("| ") and name in numbers:
            found.setdefault(numbers[name], []).append(line)
    return found


def table(lines: Mapping[int, Sequence[str]]) -> str:
    """A Markdown table of ``lines`` in the order of ``TOPICS``."""
    head = ["| about | what | figure | how to run | made on |", "| --- " * 5 + "|"]
    return "\n".join([*head, *(line for topic in sorted(lines) for line in lines[topic])])
