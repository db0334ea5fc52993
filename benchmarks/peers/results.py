"""What was measured of each system on one data set, put together over the rounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.peers.measuring import Asked, Built
from eval.metrics import mean
from eval.ranking import measure
from eval.statistics import Estimate, FloatArray, estimate, resample_weights


@dataclass(frozen=True, slots=True)
class Asking:
    """A question that is asked, and the paragraphs that hold its answer."""

    id: str
    text: str
    relevant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A system on one data set. Times are in the unit of their names, shares from 0 to 1."""

    p_at_1: Estimate
    recall_at_10: Estimate
    difference: Estimate
    """P@1 minus the baseline's, question by question; nothing for the baseline itself."""
    p50_ms: float
    p95_ms: float
    per_second: Mapping[int, float]
    """Answers a second by number of clients."""
    amiss: int
    """Answers under load that failed or were not those given alone."""
    build_s: float
    build_per_second: float
    """Paragraphs a second."""
    build_mb: float
    search_mb: float
    first_answer_s: float
    """Median over the rounds, from process start."""


def rows(
    questions: Sequence[Asking],
    asked: Mapping[str, Sequence[Asked]],
    built: Mapping[str, Built],
    passages: int,
    baseline: str,
) -> dict[str, Row]:
    """Put together the rounds of each system; round ``r`` of ``n`` asked ``questions[r::n]``.

    Intervals are 95 % bootstrap intervals. Questions on one paragraph are drawn together, since
    they are right or wrong together. All systems share the draws, which makes differences paired.
    """
    weights = resample_weights([" ".join(q.relevant) for q in questions])
    scores = {name: _scores(questions, rounds) for name, rounds in asked.items()}
    found = {}
    for name, rounds in asked.items():
        first, recall = scores[name]
        unlike = first - scores[baseline][0] if baseline in scores and name != baseline else None
        times = [t for one in rounds for t in one.latencies_ms]
        loads = [load for one in rounds for load in one.loads]
        found[name] = Row(
            p_at_1=_mean(first, weights),
            recall_at_10=_mean(recall, weights),
            difference=Estimate(None, None, None) if unlike is None else _mean(unlike, weights),
            p50_ms=percentile(times, 0.5),
            p95_ms=percentile(times, 0.95),
            per_second={
                n: sum(x.answers for x in loads if x.clients == n)
                / sum(x.seconds for x in loads if x.clients == n)
                for n in dict.fromkeys(x.clients for x in loads)
            },
            amiss=sum(load.failed + load.different for load in loads),
            build_s=built[name].seconds,
            build_per_second=passages / built[name].seconds,
            build_mb=built[name].peak_mb,
            search_mb=max(one.peak_mb for one in rounds),
            first_answer_s=percentile([one.first_answer_s for one in rounds], 0.5),
        )
    return found


def in_order(rounds: Sequence[Sequence[list[str]]]) -> list[list[str]]:
    """Rankings of ``questions[r::n]`` for each round ``r``, back in the questions' order."""
    count = sum(len(one) for one in rounds)
    whole: list[list[str]] = [[] for _ in range(count)]
    for r, one in enumerate(rounds):
        whole[r :: len(rounds)] = one
    return whole


def percentile(values: Sequence[float], q: float) -> float:
    """The smallest value that at least the share ``q`` of the values do not exceed."""
    return float(np.quantile(values, q, method="inverted_cdf"))


def _scores(questions: Sequence[Asking], rounds: Sequence[Asked]) -> tuple[FloatArray, FloatArray]:
    rankings = in_order([one.rankings for one in rounds])
    found = measure(
        {q.id: ranking for q, ranking in zip(questions, rankings, strict=True)},
        {q.id: dict.fromkeys(q.relevant, 1) for q in questions},
    )
    first, recall = (
        np.asarray([found[q.id][name] for q in questions]) for name in ("p@1", "recall@10")
    )
    return first, recall


def _mean(values: FloatArray, weights: FloatArray) -> Estimate:
    return estimate(partial(mean, values=values), weights)
