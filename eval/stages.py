"""Where answers are lost, and where the time goes, stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.judging import Outcome, passage_is_right
from eval.run import DEPTH


@dataclass(frozen=True, slots=True)
class Stage:
    """How many questions still had the right words after a stage."""

    name: str
    right: int
    n: int


@dataclass(frozen=True, slots=True)
class StageTime:
    """Milliseconds that a stage took, by the service's own clock."""

    name: str
    p50: float
    p95: float


def stages(outcomes: Sequence[Outcome]) -> tuple[Stage, ...]:
    """Follow the answerable questions with known gold from the candidates to the answer shown."""
    asked = [o for o in outcomes if o.question.answerable and o.question.relevant]
    n = len(asked)
    ranks = [_rank(o) for o in asked]
    found = [
        (f"a right passage among {DEPTH} candidates", sum(r <= DEPTH for r in ranks)),
        ("a right passage among 10 candidates", sum(r <= 10 for r in ranks)),
        ("a right passage first, before reading", sum(r == 1 for r in ranks)),
        ("a right passage first, after reading", sum(bool(o.right) for o in asked)),
    ]
    if any("sentence@1" in o.scores for o in asked):
        found.append(
            ("the right sentence marked", sum(o.scores.get("sentence@1", 0) == 1 for o in asked))
        )
    found.append(
        (
            "a right passage shown as the answer",
            sum(o.scores.get("answered_right", 0) == 1 for o in asked),
        )
    )
    return tuple(Stage(name, right, n) for name, right in found) if n else ()


def stage_times(outcomes: Sequence[Outcome]) -> tuple[StageTime, ...]:
    """The service's ``timing_ms`` over all questions, in the order of the stages."""
    replies = [o.reply.timing_ms for o in outcomes if o.reply]
    names = dict.fromkeys(name for timing in replies for name in timing)
    return tuple(
        StageTime(
            name,
            *(
                float(q)
                for q in np.quantile(
                    [t[name] for t in replies if name in t], [0.5, 0.95], method="inverted_cdf"
                )
            ),
        )
        for name in names
    )


def _rank(outcome: Outcome) -> float:
    """Rank of the first right candidate, from 1; infinity when there is none."""
    ignored = outcome.question.ignored
    kept = [c for c in outcome.candidates if c.doc_id not in ignored]
    return next(
        (rank for rank, c in enumerate(kept, start=1) if passage_is_right(outcome.question, c)),
        float("inf"),
    )
