"""The figures of a run: what each is called, what it means, and how it is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from eval import metrics
from eval.judging import Outcome
from eval.statistics import RESAMPLES, Estimate, Statistic, estimate, resample_weights, wilson


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means, for the tables and the docs."""

    name: str
    section: str
    better: Literal["higher", "lower", "neither"]
    meaning: str
    unit: Literal["share", "ms", "count"] = "share"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure: its 95 % interval and the number of questions it rests on."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int


_RANKINGS = ("document", "passage")
_RANKED = {
    "p@1": "the first {0} is right",
    "recall@1": "share of the right {0}s that stand first",
    "recall@3": "share of the right {0}s among the first 3",
    "recall@5": "share of the right {0}s among the first 5",
    "recall@10": "share of the right {0}s among the first 10",
    "mrr": "mean of 1 / rank of the first right {0}",
    "ndcg@10": "gain of the first 10 {0}s, discounted by rank, over the best possible",
}
DEFINITIONS: tuple[Definition, ...] = (
    Definition("document@1", "answer", "higher", "the first quotation is from a right document"),
    Definition(
        "passage@1",
        "answer",
        "higher",
        "the first quotation, shown or withheld, is a right passage",
    ),
    Definition("sentence@1", "answer", "higher", "the sentence marked in it is a right one"),
    Definition(
        "sentence_in_right_passage", "answer", "higher", "the same, only where the passage is right"
    ),
    Definition(
        "marked_sentences", "answer", "neither", "sentences marked in the first quotation", "count"
    ),
    Definition("span_em", "answer", "higher", "the marked span equals an accepted answer"),
    Definition("span_f1", "answer", "higher", "words shared by the marked span and the answer"),
    Definition("answered", "decision", "higher", "answerable questions that got an answer"),
    Definition(
        "answered_right",
        "decision",
        "higher",
        "answerable questions that got an answer whose first passage is right",
    ),
    Definition(
        "answered_right_sentence",
        "decision",
        "higher",
        "answerable questions that got an answer with the right sentence marked",
    ),
    Definition("refused", "decision", "higher", "unanswerable questions that were refused"),
    Definition(
        "answered_accuracy",
        "decision",
        "higher",
        "answers given, whatever the question, that are right",
    ),
    Definition(
        "auroc_answerable",
        "confidence",
        "higher",
        "an answerable question gets a higher probability than an unanswerable one",
    ),
    Definition(
        "auroc_right",
        "confidence",
        "higher",
        "a right first passage gets a higher probability than a wrong one",
    ),
    Definition(
        "ece",
        "confidence",
        "lower",
        "mean distance between probability and share right, 10 bins of equal mass",
    ),
    Definition("brier", "confidence", "lower", "mean squared error of the probability"),
    Definition(
        "aurc",
        "confidence",
        "lower",
        "mean risk over all coverages, the surest questions answered first",
    ),
    *(
        Definition(f"{kind}_{name}", f"{kind} ranking", "higher", meaning.format(kind))
        for kind in _RANKINGS
        for name, meaning in _RANKED.items()
    ),
    Definition(
        "rewrite_f1",
        "follow-ups",
        "higher",
        "words shared by the question as understood and as a person rewrote it",
    ),
    Definition(
        "rewrite_f1_unresolved",
        "follow-ups",
        "neither",
        "the same for the question as it was typed",
    ),
    Definition(
        "latency_p50_ms", "latency", "lower", "half of the questions took at most this", "ms"
    ),
    Definition(
        "latency_p95_ms", "latency", "lower", "95 % of the questions took at most this", "ms"
    ),
)
NAMES = {d.name: d for d in DEFINITIONS}


def figures_of(
    outcomes: Sequence[Outcome], seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Figure]:
    """Return every figure of ``outcomes``; one that cannot be measured has the value None."""
    weights = resample_weights([o.question.family for o in outcomes], resamples, seed)
    measured: dict[str, Figure] = {}
    for name in NAMES:
        statistic, n = _statistic(name, outcomes)
        found = estimate(statistic, weights) if n else Estimate(None, None, None)
        low, high = found.low, found.high
        if found.value in (0, 1) and NAMES[name].section not in ("confidence", "latency"):
            families = {o.question.family for o in outcomes if name in o.scores}
            low, high = _all_alike(found.value, len(families), NAMES[name])
        measured[name] = Figure(name, found.value, low, high, n)
    return measured


def _all_alike(value: float, n: int, definition: Definition) -> tuple[float, float]:
    """The interval where every question scored the same 0 or 1, so that resampling shows nothing.

    Wilson's, counting each family once: ten right of ten do not prove that all are right.
    """
    return wilson(value, n) if definition.unit == "share" else (value, value)


def _statistic(name: str, outcomes: Sequence[Outcome]) -> tuple[Statistic, int]:
    """Return how to compute a figure, and on how many questions it rests."""
    if name.startswith("latency_"):
        q = {"latency_p50_ms": 0.50, "latency_p95_ms": 0.95}[name]
        times = np.asarray([o.latency_ms if o.reply else np.nan for o in outcomes])
        return partial(metrics.quantile, values=times, q=q), int((~np.isnan(times)).sum())
    if name in ("auroc_answerable", "auroc_right", "ece", "aurc"):
        return _confidence_statistic(name, outcomes)
    values = np.asarray([o.scores.get(name, np.nan) for o in outcomes], dtype=np.float64)
    return partial(metrics.mean, values=values), int((~np.isnan(values)).sum())


def _confidence_statistic(name: str, outcomes: Sequence[Outcome]) -> tuple[Statistic, int]:
    """A figure of the probability; it concerns the questions whose outcome is known."""
    labels = [o.question.answerable if name == "auroc_answerable" else o.right for o in outcomes]
    known = np.asarray(
        [
            o.reply is not None and label is not None
            for o, label in zip(outcomes, labels, strict=True)
        ],
        dtype=np.bool_,
    )
    probabilities = np.asarray([o.reply.probability if o.reply else 0.0 for o in outcomes])[known]
    positive = np.asarray([bool(label) for label in labels], dtype=np.bool_)[known]
    n = int(known.sum())
    if name in ("auroc_answerable", "auroc_right"):
        if positive.all() or not positive.any():
            return partial(metrics.mean, values=np.full(len(outcomes), np.nan)), 0
        return (lambda w: metrics.auroc(w[:, known], probabilities, positive)), n
    if name == "ece":
        return (lambda w: metrics.calibration_error(w[:, known], probabilities, positive)), n
    return (lambda w: metrics.area_under_risk_coverage(w[:, known], probabilities, positive)), n
