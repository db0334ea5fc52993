"""The table of figures: what ran is renewed, what did not run stays."""

import re
from pathlib import Path

from tests.faults.__main__ import HARNESSES
from tests.faults.figures import Figure, Row, lines_in, lines_of, table


def row(topic: int, what: str, value: str, outcome: str = "passed") -> Row:
    return Row(Figure(topic, what, value), outcome, "tests/faults/test_x.py")


def test_a_figure_becomes_a_line_with_its_command_and_its_day() -> None:
    lines = lines_of([row(3, "a | b", "0 of 9")], "2026-01-02", "--full")
    assert lines == {
        3: [
            "| Full disk | a \\| b | 0 of 9 | `python -m pytest tests/faults/test_x.py --full` "
            "| 2026-01-02 |"
        ]
    }


def test_a_figure_that_was_not_held_says_so() -> None:
    ((line,),) = lines_of([row(1, "kills", "3 of 9", "failed")], "2026-01-02").values()
    assert "| **not held:** 3 of 9 |" in line


def test_topics_that_did_not_run_stay_as_they_stand() -> None:
    old = lines_of([row(3, "disk", "1"), row(1, "kills", "2"), row(1, "more", "3")], "2026-01-01")
    kept = lines_in(f"text\n\n{table(old)}\n\n| other | table |\n")
    assert kept == old
    kept.update(lines_of([row(1, "kills", "4")], "2026-01-02"))
    shown = table(kept).splitlines()[2:]
    assert [line.split(" | ")[1:3] for line in shown] == [["kills", "4"], ["disk", "1"]]


def test_a_file_is_run_for_every_topic_that_it_records() -> None:
    root = Path(__file__).parents[2]
    files = {path.name: path for path in (root / "tests" / "faults").glob("test_*.py")}
    assert {Path(name).name for name in HARNESSES} >= set(files)
    for name, topics in HARNESSES.items():
        text = (root / name.partition("::")[0]).read_text(encoding="utf-8")
        recorded = {int(n) for n in re.findall(r"figure\(\s*(\d+),", text)}
        assert recorded <= set(topics), name
