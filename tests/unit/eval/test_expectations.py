"""Holding a run against what is expected of it."""

from pathlib import Path

import pytest

from eval.__main__ import EXPECTED
from eval.errors import EvaluationError
from eval.expectations import check, read_expectations
from eval.figures import Figure

FILE = """
record/test:
  command: python -m eval --split test
  figures:
    passage@1: {minimum: 0.9, tolerance: 0.02}
    ece: {maximum: 0.06}
"record/test:fact":
  command: python -m eval --split test
  figures:
    passage@1: {minimum: 0.5}
"""


def shortfalls(tmp_path: Path, measured: dict[str, dict[str, float | None]]) -> list[str]:
    path = tmp_path / "expected.yaml"
    path.write_text(FILE)
    figures = {
        name: {k: Figure(k, v, None, None, 10) for k, v in values.items()}
        for name, values in measured.items()
    }
    return [str(s) for s in check(read_expectations(path), figures)]


def test_figures_within_their_tolerance_pass(tmp_path: Path) -> None:
    measured = {"record/test": {"passage@1": 0.88, "ece": 0.06},
                "record/test:fact": {"passage@1": 0.5}}  # fmt: skip
    assert shortfalls(tmp_path, measured) == []  # type: ignore[arg-type]


def test_a_figure_that_falls_short_is_named_with_its_value_and_limit(tmp_path: Path) -> None:
    measured = {"record/test": {"passage@1": 0.8799, "ece": 0.0601},
                "record/test:fact": {"passage@1": 0.5}}  # fmt: skip
    assert shortfalls(tmp_path, measured) == [  # type: ignore[arg-type]
        "record/test: passage@1 is 0.8799, below the minimum 0.9, tolerance 0.02",
        "record/test: ece is 0.0601, above the maximum 0.06",
    ]


def test_a_figure_or_category_that_was_not_measured_is_a_shortfall(tmp_path: Path) -> None:
    assert shortfalls(tmp_path, {"record/test": {"passage@1": 1.0, "ece": None}}) == [
        "record/test: ece was not measured (maximum 0.06)",
        "record/test:fact: passage@1 was not measured (minimum 0.5)",
    ]


def test_sets_that_were_not_asked_are_let_be(tmp_path: Path) -> None:
    assert shortfalls(tmp_path, {"record/dev": {"passage@1": 0.0}}) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("record:\n  figures: {}", "record / command: Field required"),
        ("record: {command: x, figures: {pasage@1: {minimum: 1}}}", "no figure 'pasage@1'"),
        ("record: {command: x, figures: {ece: {}}}", "either a minimum or a maximum"),
        ("record: {command: x, figures: {ece: {minimum: 0, maximum: 1}}}", "either a minimum"),
        ("record: {command: x, figures: {ece: {maximum: 1, slack: 1}}}", "slack: Extra inputs"),
        ("record: [", "is not YAML"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "expected.yaml"
    path.write_text(text)
    with pytest.raises(EvaluationError, match=message) as caught:
        read_expectations(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_projects_own_file_holds_both_splits_of_the_record() -> None:
    found = read_expectations(EXPECTED)
    assert {"record/dev", "record/test"} <= found.keys()
    for name, expectation in found.items():
        assert expectation.figures, name
        assert expectation.command.startswith("python -m eval"), name
