"""The figures that the fault harnesses record, collected from a run and written as a table.

A harness records with the fixture ``figure`` of ``tests/conftest.py``, before it asserts, so that
a figure that is not held is shown as well.
"""

import json
from collections.abc import Sequence
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


def table(rows: Sequence[Row], flag: str = "") -> str:
    """The rows as a Markdown table, in the order of ``TOPICS`` and, within one, as they ran."""
    lines = ["| | what | figure | how to run |", "| --- | --- | --- | --- |"]
    topic = 0
    for row in sorted(rows, key=lambda row: row.figure.topic):
        name = "" if row.figure.topic == topic else f"**{TOPICS[row.figure.topic]}**"
        topic = row.figure.topic
        value = row.figure.value if row.outcome == "passed" else f"**not held:** {row.figure.value}"
        command = f"`python -m pytest {row.path}{flag and ' ' + flag}`"
        cells = (name, row.figure.what, value, command)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
