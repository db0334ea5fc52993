"""Quality against latency, drawn by matplotlib."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.peers.results import Row

COLOURS = ("#0b57a4", "#4f9ad8", "#b3261e", "#a05a00", "#2f7d4f", "#6b4ea0")
MARKERS = ("o", "s", "D", "^", "v", "X")


def draw(trials: Mapping[str, Mapping[str, Row]], labels: Mapping[str, str], path: Path) -> None:
    """Write a panel for each data set: P@1 with its interval over the median latency.

    The ground is opaque, so that dark text on it stays readable on a dark page. The same results
    give the same file, byte for byte.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "peers", "svg.fonttype": "none", "font.size": 10})
    from matplotlib import pyplot
    from matplotlib.ticker import ScalarFormatter

    figure, axes = pyplot.subplots(
        1, len(trials), figsize=(4.3 * len(trials) + 0.6, 4.4), squeeze=False, layout="constrained"
    )
    for panel, (title, rows) in zip(axes[0], trials.items(), strict=True):
        for number, (name, row) in enumerate(rows.items()):
            value, low, high = row.p_at_1.value, row.p_at_1.low, row.p_at_1.high
            if value is None or low is None or high is None:
                continue
            panel.errorbar(
                row.p50_ms,
                value,
                yerr=[[value - low], [high - value]],
                fmt=MARKERS[number % len(MARKERS)],
                color=COLOURS[number % len(COLOURS)],
                markersize=8,
                capsize=3,
                label=labels[name],
            )
        panel.set_title(title)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(ScalarFormatter())
        panel.set_xlabel("p50 of a question, ms (further left is faster)")
        panel.grid(color="#d8d8d8", linewidth=0.6)
        panel.set_axisbelow(True)
    axes[0][0].set_ylabel("P@1 with 95 % interval (higher is better)")
    figure.legend(
        *axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
    )
    figure.savefig(path, facecolor="#ffffff", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
