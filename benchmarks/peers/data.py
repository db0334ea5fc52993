"""Paragraphs and answerable questions of a data set's folder, read by the evaluation's reader."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.peers.results import Asking
from benchmarks.peers.systems import Passage
from eval.dataset import read_folder, select
from eval.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class Trial:
    """What every system is given and asked."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Asking, ...]


def read(folder: Path, limit: int | None, seed: int) -> Trial:
    """Read a folder; keep ``limit`` of its answerable questions, drawn by ``seed``.

    Raises EvaluationError when there is no corpus or no question that it answers.
    """
    dataset = read_folder(folder)
    if dataset.corpus is None:
        raise EvaluationError(f"{folder}: holds no corpus.jsonl; name a folder that does")
    passages = _passages(dataset.corpus.read_text(encoding="utf-8").splitlines())
    known = {p.id for p in passages}
    answerable = tuple(
        row
        for row in dataset.rows
        if row.answerable is not False
        and any(g > 0 and i in known for i, g in row.relevant.items())
    )
    if not answerable:
        raise EvaluationError(f"{folder}: holds no answerable question with a relevant document")
    kept = select(replace(dataset, rows=answerable), "all", limit, seed).rows
    questions = tuple(
        Asking(row.id, row.question.strip(), tuple(i for i, g in row.relevant.items() if g > 0))
        for row in kept
    )
    return Trial(dataset.name, passages, questions)


def _passages(lines: Sequence[str]) -> tuple[Passage, ...]:
    rows = [json.loads(line) for line in lines if line.strip()]
    return tuple(Passage(row["id"], row.get("title", ""), row["text"]) for row in rows)
