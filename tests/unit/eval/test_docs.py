"""The guide holds what the program does."""

import re
from pathlib import Path

import pytest
import yaml

from eval.dataset import read_questions
from eval.expectations import Expectation
from eval.figures import NAMES
from eval.gold import resolve

GUIDE = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text(encoding="utf-8")
HARBOUR = "It was lit in 1871. Its keeper was Ada Moreau."


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_explained(name: str) -> None:
    assert f"`{name}`" in GUIDE


@pytest.mark.parametrize("number", range(2))
def test_the_example_questions_are_read_and_their_gold_is_found(
    number: int, tmp_path: Path
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(blocks("json")[number], encoding="utf-8")
    questions, amiss = resolve(read_questions(path), {"harbour-report": HARBOUR}.get)
    assert amiss == ()
    assert all(q.gold for q in questions if q.answerable)
    if number == 1:
        assert questions[0].answer_spans[0].start == 35


def test_the_example_expectations_are_valid() -> None:
    (example,) = blocks("yaml")
    for values in yaml.safe_load(example).values():
        assert set(Expectation.model_validate(values).figures) <= set(NAMES)
