"""What a run found, and the same as plain values: by question, and in sum."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval import metrics
from eval.expectations import Shortfall
from eval.figures import DEFINITIONS, Definition, Figure
from eval.judging import Outcome, holds_gold, marked_words, passage_is_right
from eval.stages import stage_times, stages

MISTAKES = {
    "failed": "Asking failed",
    "should_refuse": "Answered, though the record does not say",
    "wrong_passage": "Answered with a wrong passage",
    "wrong_sentence": "Right passage, wrong sentence marked",
    "refused_right": "Refused, though the first near miss was right",
    "refused_lost": "Refused, and the right passage was not first",
}
"""Kinds of mistakes, the worst first."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run found. ``sets`` is the outcomes by set, the one that counts most last."""

    name: str
    sets: Mapping[str, Sequence[Outcome]]
    figures: Mapping[str, Mapping[str, Figure]]
    """By set, and by ``SET:CATEGORY``."""
    shortfalls: tuple[Shortfall, ...]
    expected_sets: tuple[str, ...]
    """The sets whose figures were held against expectations."""
    notes: tuple[str, ...]
    """What could not be measured, and why."""
    facts: Mapping[str, str]
    """Command, index, versions, seed."""

    @property
    def main_set(self) -> str:
        """The set that the plots show: test where there is one."""
        return list(self.sets)[-1]

    def categories(self) -> dict[str, Mapping[str, Figure]]:
        """The main set's figures by category, in the order of the file."""
        prefix = f"{self.main_set}:"
        return {k.removeprefix(prefix): f for k, f in self.figures.items() if k.startswith(prefix)}

    def measured(self, section: str | None = None) -> list[Definition]:
        """The definitions of figures that some set has, of one section or all."""
        return [
            d
            for d in DEFINITIONS
            if (section is None or d.section == section)
            and any(self.figures[s][d.name].value is not None for s in self.sets)
        ]

    def mistakes(self) -> dict[str, list[Outcome]]:
        """The main set's mistakes by kind, the surest first in each."""
        found: dict[str, list[Outcome]] = {kind: [] for kind in MISTAKES}
        for outcome in self.sets[self.main_set]:
            if kind := mistake(outcome):
                found[kind].append(outcome)
        for outcomes in found.values():
            outcomes.sort(key=lambda o: -(o.reply.probability if o.reply else 0.0))
        return {kind: outcomes for kind, outcomes in found.items() if outcomes}


def mistake(outcome: Outcome) -> str | None:
    """The kind of mistake, None for a right answer, a right refusal or an unknown gold."""
    reply = outcome.reply
    if reply is None:
        return "failed"
    if outcome.right is None:
        return None
    if not outcome.question.answerable:
        return "should_refuse" if reply.answered else None
    if not reply.answered:
        return "refused_right" if outcome.right else "refused_lost"
    if not outcome.right:
        return "wrong_passage"
    return "wrong_sentence" if outcome.scores.get("sentence@1") == 0 else None


def summary(report: Report) -> dict[str, Any]:
    """All figures, stages and curves as plain values."""
    return {
        "name": report.name,
        "facts": dict(report.facts),
        "notes": list(report.notes),
        "passed": not report.shortfalls,
        "expected_sets": list(report.expected_sets),
        "shortfalls": [asdict(s) for s in report.shortfalls],
        "figures": {
            name: {k: _figure_values(f) for k, f in figures.items() if f.value is not None}
            for name, figures in report.figures.items()
        },
        "sets": {
            name: {
                "questions": len(outcomes),
                "stages": [asdict(s) for s in stages(outcomes)],
                "timing_ms": [asdict(t) for t in stage_times(outcomes)],
                "reliability": [asdict(b) for b in metrics.reliability_bins(*judged(outcomes))],
                "risk_coverage": [
                    asdict(p) for p in metrics.risk_coverage_curve(*judged(outcomes))
                ],
                "mistakes": {kind: sum(mistake(o) == kind for o in outcomes) for kind in MISTAKES},
            }
            for name, outcomes in report.sets.items()
        },
    }


def question_row(outcome: Outcome) -> dict[str, Any]:
    """One question: what was asked, what came back, what was right, and what it scored."""
    question, reply, first = outcome.question, outcome.reply, outcome.first
    return {
        "id": question.id,
        "question": question.text,
        "history": list(question.history),
        "resolved_question": reply.resolved_question if reply else None,
        "split": question.split,
        "category": question.category,
        "family": question.family,
        "answerable": question.answerable,
        "status": None if reply is None else "answered" if reply.answered else "no_answer",
        "reason": reply.reason if reply else None,
        "error": outcome.error,
        "probability": reply.probability if reply else None,
        "threshold": reply.threshold if reply else None,
        "right": outcome.right,
        "mistake": mistake(outcome),
        "marked": [
            {
                "doc_id": first.doc_id,
                "start": s,
                "end": e,
                "text": first.text[s - first.start : e - first.start],
                "right": holds_gold(question, first.doc_id, s, e) if question.gold else None,
            }
            for s, e in first.sentences
        ]
        if first
        else [],
        "span": marked_words(first) if first and first.spans else None,
        "gold": [asdict(g) for g in question.gold],
        "relevant": dict(question.relevant),
        "answers": list(question.answers),
        "returned": [
            {"passage_id": q.passage_id, "score": q.score, "right": passage_is_right(question, q)}
            for q in (reply.ranking if reply else ())
        ],
        "candidates": [
            {
                "passage_id": q.passage_id,
                "score": round(q.score, 4),
                "right": passage_is_right(question, q),
            }
            for q in outcome.candidates[:10]
        ],
        "right_candidate_rank": next(
            (
                rank
                for rank, q in enumerate(outcome.candidates, start=1)
                if passage_is_right(question, q)
            ),
            None,
        ),
        "scores": {k: round(v, 6) for k, v in outcome.scores.items()},
        "latency_ms": round(outcome.latency_ms, 3),
        "timing_ms": reply.timing_ms if reply else {},
    }


def category_figures(report: Report) -> list[Definition]:
    """The figures of the table by category: those that matter to a reader and were measured."""
    wanted = (
        "document_recall@10",
        "passage@1",
        "sentence@1",
        "answered",
        "answered_right",
        "refused",
        "span_f1",
        "rewrite_f1",
    )
    return [d for d in report.measured() if d.name in wanted]


def _figure_values(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}


def judged(outcomes: Sequence[Outcome]) -> tuple[Any, Any]:
    """Probabilities float64 ``(n,)`` and rightness bool ``(n,)`` where both are known."""
    known = [(o.reply.probability, o.right) for o in outcomes if o.reply and o.right is not None]
    return (
        np.asarray([p for p, _ in known], dtype=np.float64),
        np.asarray([right for _, right in known], dtype=np.bool_),
    )
