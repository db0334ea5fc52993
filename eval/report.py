"""What a run says: the per-question file, the summary and the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from eval import metrics, plots
from eval.expectations import Shortfall
from eval.figures import DEFINITIONS, Definition, Figure
from eval.judging import Outcome, holds_gold, marked_words, passage_is_right
from eval.stages import stage_times, stages

SHOWN_MISTAKES = 12
"""Mistakes of a kind on the page; the per-question file holds all."""

MISTAKES = {
    "failed": "Asking failed",
    "should_refuse": "Answered, though the record does not say",
    "wrong_passage": "Answered with a wrong passage",
    "wrong_sentence": "Right passage, wrong sentence marked",
    "refused_right": "Refused, though the first near miss was right",
    "refused_lost": "Refused, and the right passage was not first",
}
"""Kinds of mistakes, the worst first."""
_TILES = (
    "passage@1",
    "sentence@1",
    "span_f1",
    "answered",
    "refused",
    "auroc_answerable",
    "ece",
    "document_recall@10",
    "latency_p50_ms",
)
"""The figures at the head of the page."""


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


def write(report: Report, folder: Path) -> None:
    """Write ``questions.jsonl``, ``summary.json`` and ``report.html`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for outcomes in report.sets.values() for row in map(question_row, outcomes)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    text = json.dumps(summary(report), ensure_ascii=False, indent=1)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page(report), encoding="utf-8")


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
                "reliability": [asdict(b) for b in metrics.reliability_bins(*_judged(outcomes))],
                "risk_coverage": [
                    asdict(p) for p in metrics.risk_coverage_curve(*_judged(outcomes))
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


def page(report: Report) -> str:
    """The report as one HTML page that needs nothing else: no scripts, no other hosts."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("eval"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["figure"] = format_figure
    environment.filters["interval"] = format_interval
    outcomes = report.sets[report.main_set]
    return environment.get_template("report.html").render(
        report=report,
        sections=list(dict.fromkeys(d.section for d in report.measured())),
        plots=[(title, Markup(svg), text) for title, svg, text in _plots(report)],
        bars=[(title, Markup(svg)) for title, svg in _bars(report)],
        tiles=[d for d in report.measured() if d.name in _TILES],
        categories=report.categories(),
        category_figures=category_figures(report),
        stages=stages(outcomes),
        times=stage_times(outcomes),
        mistakes=report.mistakes(),
        mistake_names=MISTAKES,
        shown=SHOWN_MISTAKES,
        marked=_marked,
    )


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


def format_figure(figure: Figure, unit: str = "share") -> str:
    """Three decimals for shares, one for milliseconds, a dash for nothing."""
    if figure.value is None:
        return "–"
    return f"{figure.value:.1f}" if unit == "ms" else f"{figure.value:.3f}"


def format_interval(figure: Figure, unit: str = "share") -> str:
    """``low–high``, empty for none."""
    if figure.low is None or figure.high is None:
        return ""
    digits = 1 if unit == "ms" else 3
    return f"{figure.low:.{digits}f}–{figure.high:.{digits}f}"


def _figure_values(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}


def _judged(outcomes: Sequence[Outcome]) -> tuple[Any, Any]:
    """Probabilities float64 ``(n,)`` and rightness bool ``(n,)`` where both are known."""
    known = [(o.reply.probability, o.right) for o in outcomes if o.reply and o.right is not None]
    return (
        np.asarray([p for p, _ in known], dtype=np.float64),
        np.asarray([right for _, right in known], dtype=np.bool_),
    )


def _plots(report: Report) -> list[tuple[str, str, str]]:
    outcomes = report.sets[report.main_set]
    probabilities, right = _judged(outcomes)
    found = []
    if len(probabilities):
        found.append(
            (
                "Reliability",
                plots.reliability_diagram(metrics.reliability_bins(probabilities, right)),
                "Each dot is a tenth of the questions. On the diagonal the probability means what "
                "it says; below it is too sure, above it too modest.",
            )
        )
        threshold = next(o.reply.threshold for o in outcomes if o.reply)
        found.append(
            (
                "Risk and coverage",
                plots.risk_coverage_plot(
                    metrics.risk_coverage_curve(probabilities, right), threshold
                ),
                "If only the surest questions were answered, how many of those answers would be "
                "wrong. The dot is the threshold in use.",
            )
        )
    times = [o.latency_ms for o in outcomes if o.reply]
    if times:
        p50, p95 = (
            report.figures[report.main_set][f"latency_{q}_ms"].value for q in ("p50", "p95")
        )
        found.append(
            (
                "Latency",
                plots.latency_histogram(times, p50 or 0.0, p95 or 0.0),
                "Time from question to answer, one question at a time.",
            )
        )
    return found


def _bars(report: Report) -> list[tuple[str, str]]:
    definitions = {d.name: d for d in report.measured()}
    found = []
    for name in ("passage@1", "sentence@1", "answered_right", "refused"):
        bars = [
            plots.Bar(category, f.value, f.low, f.high, f.n)
            for category, figures in report.categories().items()
            if (f := figures[name]).value is not None
        ]
        if bars and name in definitions:
            title = f"{name}: {definitions[name].meaning}"
            found.append((title, plots.category_bars(title, bars)))
    return found


def _marked(outcome: Outcome) -> list[tuple[str, bool]]:
    """The first passage in pieces: text, and whether it was marked."""
    first = outcome.first
    if first is None:
        return []
    pieces, at = [], first.start
    for start, end in sorted(first.sentences):
        start = max(start, at)
        pieces.append((first.text[at - first.start : start - first.start], False))
        pieces.append((first.text[start - first.start : end - first.start], True))
        at = max(at, end)
    pieces.append((first.text[at - first.start :], False))
    return [(text, is_marked) for text, is_marked in pieces if text]
