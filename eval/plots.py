"""Plots as inline SVG, without scripts; colours come from the page's style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from eval.metrics import Bin, CoveragePoint
from eval.statistics import wilson

WIDTH, HEIGHT = 460, 330
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """A share with its interval."""

    label: str
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class _Axes:
    """From data to pixels; y grows upward in the data, downward on the page."""

    x_max: float
    y_max: float
    width: int = WIDTH
    height: int = HEIGHT

    def x(self, value: float) -> float:
        return LEFT + value / self.x_max * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return self.height - BOTTOM - value / self.y_max * (self.height - TOP - BOTTOM)


def reliability_diagram(bins: Sequence[Bin]) -> str:
    """Promised probability against the share that came true; on the diagonal is honest."""
    axes = _Axes(1.0, 1.0)
    parts = [
        _frame(axes, "probability given", "share right", _shares(), _shares()),
        f'<line class="guide" x1="{axes.x(0):.1f}" y1="{axes.y(0):.1f}" '
        f'x2="{axes.x(1):.1f}" y2="{axes.y(1):.1f}"/>',
    ]
    points = [(axes.x(b.probability), axes.y(b.right)) for b in bins]
    for b, (x, y) in zip(bins, points, strict=True):
        low, high = wilson(b.right, b.n)
        parts.append(_whisker(x, axes.y(low), axes.y(high)))
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{b.n} questions: '
            f"given {b.probability:.2f}, right {b.right:.2f}</title></circle>"
        )
    return _svg(axes, f"Reliability of {sum(b.n for b in bins)} probabilities", parts)


def risk_coverage_plot(curve: Sequence[CoveragePoint], threshold: float | None) -> str:
    """Share of wrong answers against the share of questions answered, surest first."""
    y_max = _round_up(max([0.05, *(p.risk for p in curve)]))
    axes = _Axes(1.0, y_max)
    parts = [
        _frame(
            axes,
            "share of all questions answered",
            "share of them wrong",
            _shares(),
            [y_max * i / 5 for i in range(6)],
        )
    ]
    if curve:
        line = " ".join(f"{axes.x(p.coverage):.1f},{axes.y(p.risk):.1f}" for p in curve)
        parts.append(f'<polyline class="line" points="{line}"/>')
    taken = [p for p in curve if threshold is not None and p.threshold >= threshold]
    if taken:
        p = taken[-1]
        x, y = axes.x(p.coverage), axes.y(p.risk)
        anchor, shift = ("end", -10) if p.coverage > 0.5 else ("start", 10)
        parts.append(
            f'<line class="guide" x1="{x:.1f}" y1="{axes.y(0):.1f}" x2="{x:.1f}" y2="{y:.1f}"/>'
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
            f'<text class="note" x="{x + shift:.1f}" y="{max(y - 10, TOP + 12):.1f}" '
            f'text-anchor="{anchor}">threshold {threshold:.2f}: '
            f"{p.coverage:.0%} answered, {p.risk:.1%} wrong</text>"
        )
    return _svg(axes, "Risk against coverage", parts)


def latency_histogram(times_ms: Sequence[float], p50: float, p95: float) -> str:
    """How long the questions took; the slowest 1 % are gathered in the last column."""
    times = np.asarray(times_ms, dtype=np.float64)
    top = _round_up(max(float(np.quantile(times, 0.99)), 1e-3))
    counts, edges = np.histogram(np.minimum(times, top), bins=30, range=(0, top))
    axes = _Axes(top, float(5 * -(-int(counts.max()) // 5)))
    parts = [
        _frame(
            axes,
            "milliseconds",
            "questions",
            [top * i / 5 for i in range(6)],
            [axes.y_max * i / 5 for i in range(6)],
        )
    ]
    for count, a, b in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            parts.append(
                f'<rect class="fill" x="{axes.x(a) + 0.5:.1f}" y="{axes.y(count):.1f}" '
                f'width="{axes.x(b) - axes.x(a) - 1:.1f}" '
                f'height="{axes.y(0) - axes.y(count):.1f}">'
                f"<title>{a:.1f} to {b:.1f} ms: {count}</title></rect>"
            )
    for name, value, y in (("p50", p50, TOP + 12), ("p95", p95, TOP + 30)):
        x = axes.x(min(value, top))
        anchor, shift = ("end", -6) if x > WIDTH * 0.7 else ("start", 6)
        parts.append(
            f'<line class="guide strong" x1="{x:.1f}" y1="{axes.y(0):.1f}" '
            f'x2="{x:.1f}" y2="{TOP}"/>'
            f'<text class="note" x="{x + shift:.1f}" y="{y}" text-anchor="{anchor}">'
            f"{name} {value:.1f} ms</text>"
        )
    return _svg(axes, f"Latency of {len(times)} questions", parts)


def category_bars(title: str, bars: Sequence[Bar]) -> str:
    """One horizontal bar a category, with its interval and number of questions."""
    step, label = 26, 170
    height = TOP + step * len(bars) + 30
    width = 560
    scale = width - label - 70

    def x(value: float) -> float:
        return label + value * scale

    parts = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            f'<line class="grid" x1="{x(tick):.1f}" y1="{TOP}" x2="{x(tick):.1f}" '
            f'y2="{height - 26}"/><text class="tick" x="{x(tick):.1f}" y="{height - 10}" '
            f'text-anchor="middle">{tick:.0%}</text>'
        )
    for row, bar in enumerate(bars):
        y = TOP + step * row + 4
        middle = y + 8.5
        name = bar.label if len(bar.label) <= 24 else bar.label[:23] + "…"
        parts.append(
            f'<text class="name" x="{label - 8}" y="{middle + 4:.1f}" text-anchor="end">'
            f"{escape(name)}</text>"
            f'<rect class="fill" x="{x(0):.1f}" y="{y}" width="{bar.value * scale:.1f}" '
            f'height="17"><title>{escape(bar.label)}: {bar.value:.3f}</title></rect>'
        )
        if bar.low is not None and bar.high is not None:
            parts.append(
                f'<line class="whisker" x1="{x(bar.low):.1f}" y1="{middle}" '
                f'x2="{x(bar.high):.1f}" y2="{middle}"/>'
            )
        parts.append(
            f'<text class="note" x="{x(1) + 8:.1f}" y="{middle + 4:.1f}">'
            f'{bar.value:.0%}<tspan class="faint"> of {bar.n}</tspan></text>'
        )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )


def _shares() -> list[float]:
    return [i / 5 for i in range(6)]


def _round_up(value: float) -> float:
    """The next 1, 2, 2.5, 5 or 10 times a power of ten, so that ticks are round."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(
        next(m * power for m in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10) if m * power >= value - 1e-12)
    )


def _tick(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.0f}"


def _frame(
    axes: _Axes, x_title: str, y_title: str, x_ticks: Sequence[float], y_ticks: Sequence[float]
) -> str:
    bottom, left, right = axes.y(0), axes.x(0), axes.x(axes.x_max)
    parts = []
    for tick in y_ticks:
        y = axes.y(tick)
        parts.append(
            f'<line class="grid" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{left - 7:.1f}" y="{y + 4:.1f}" text-anchor="end">'
            f"{_tick(tick)}</text>"
        )
    for tick in x_ticks:
        parts.append(
            f'<text class="tick" x="{axes.x(tick):.1f}" y="{bottom + 16:.1f}" '
            f'text-anchor="middle">{_tick(tick)}</text>'
        )
    parts.append(
        f'<line class="axis" x1="{left:.1f}" y1="{bottom:.1f}" x2="{right:.1f}" y2="{bottom:.1f}"/>'
        f'<text class="title" x="{(left + right) / 2:.1f}" y="{axes.height - 8}" '
        f'text-anchor="middle">{escape(x_title)}</text>'
        f'<text class="title" text-anchor="middle" '
        f'transform="translate(13 {(TOP + bottom) / 2:.1f}) rotate(-90)">{escape(y_title)}</text>'
    )
    return "".join(parts)


def _whisker(x: float, low: float, high: float) -> str:
    return f'<line class="whisker" x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}"/>'


def _svg(axes: _Axes, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {axes.width} {axes.height}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )
