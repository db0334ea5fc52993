"""The results as Markdown tables."""

from collections.abc import Mapping

from benchmarks.peers.results import Row
from eval.statistics import Estimate


def quality(rows: Mapping[str, Row], labels: Mapping[str, str], baseline: str) -> str:
    """What was found, a row a system."""
    lines = [
        f"| system | P@1 | R@10 | P@1 beside {labels[baseline]} |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {labels[name]} | {share(row.p_at_1)} | {share(row.recall_at_10)} | "
        f"{share(row.difference, signed=True)} |"
        for name, row in rows.items()
    ]
    return "\n".join(lines)


def speed(rows: Mapping[str, Row], labels: Mapping[str, str]) -> str:
    """What a question costs, a row a system."""
    clients = list(dict.fromkeys(n for row in rows.values() for n in row.per_second))
    heads = [f"answers/s, {n} client{'s' * (n > 1)}" for n in clients]
    lines = [
        f"| system | p50 ms | p95 ms | {' | '.join(heads)} | first answer s | peak MB |",
        "| --- |" + " ---: |" * (4 + len(clients)),
    ]
    for name, row in rows.items():
        rates = [f"{row.per_second[n]:.1f}" if n in row.per_second else "-" for n in clients]
        lines.append(
            f"| {labels[name]} | {row.p50_ms:.1f} | {row.p95_ms:.1f} | {' | '.join(rates)} | "
            f"{row.first_answer_s:.1f} | {row.search_mb:.0f} |"
        )
    return "\n".join(lines)


def amiss(rows: Mapping[str, Row], labels: Mapping[str, str]) -> str:
    """A sentence on the answers under load that did not count; ``""`` when all did."""
    named = [f"{labels[name]} {row.amiss}" for name, row in rows.items() if row.amiss]
    return f"Answers under load that failed or differed: {', '.join(named)}." if named else ""


def building(rows: Mapping[str, Row], labels: Mapping[str, str]) -> str:
    """What an index costs, a row for each that was built."""
    lines = ["| system | build s | paragraphs/s | peak MB |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {labels[name]} | {row.build_s:.1f} | {row.build_per_second:.1f} | {row.build_mb:.0f} |"
        for name, row in rows.items()
    ]
    return "\n".join(lines)


def share(estimate: Estimate, signed: bool = False) -> str:
    """``.912 (.889 to .934)``; a dash for what is not defined."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    middle, low, high = (
        _short(value, signed) for value in (estimate.value, estimate.low, estimate.high)
    )
    return f"{middle} ({low} to {high})"


def _short(value: float, signed: bool) -> str:
    text = f"{value:+.3f}" if signed else f"{value:.3f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.9995 else text
