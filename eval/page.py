"""The files of a run: the page for readers, the summary and the questions for programs."""

import json
from pathlib import Path

import jinja2
from markupsafe import Markup

from eval import metrics, plots
from eval.figures import Figure
from eval.judging import Outcome
from eval.report import MISTAKES, Report, category_figures, judged, question_row, summary
from eval.stages import stage_times, stages

SHOWN_MISTAKES = 12
"""Mistakes of a kind on the page; the per-question file holds all."""

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


def write(report: Report, folder: Path) -> None:
    """Write ``questions.jsonl``, ``summary.json`` and ``report.html`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for outcomes in report.sets.values() for row in map(question_row, outcomes)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    text = json.dumps(summary(report), ensure_ascii=False, indent=1)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page(report), encoding="utf-8")


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


def _plots(report: Report) -> list[tuple[str, str, str]]:
    outcomes = report.sets[report.main_set]
    probabilities, right = judged(outcomes)
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
