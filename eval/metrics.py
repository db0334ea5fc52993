"""The figures that are not plain means, each as a function of weights.

``weights`` is float64 ``(resamples, n)``, whole numbers: how often each question counts. Every
function returns float64 ``(resamples,)``, NaN where the figure is not defined. Ones give the
plain figure. Scores are confidences: higher means surer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.statistics import FloatArray

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def mean(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Mean of ``values`` ``(n,)``; NaN marks a question that the figure does not concern.

    A question that got no answer must be a 0 in ``values``, not a NaN, to stay in the mean.
    Not defined when the figure concerns no question.
    """
    concerned = ~np.isnan(values)
    return _ratio(weights @ np.where(concerned, values, 0.0), weights @ concerned)


def quantile(weights: FloatArray, values: FloatArray, q: float) -> FloatArray:
    """The smallest value that at least the share ``q`` of the questions do not exceed.

    Hyndman and Fan's type 1, "inverted CDF": always one of the values. NaNs are left out; not
    defined when nothing is left. ``q`` .5 is p50 or the (low) median, .95 is p95.
    """
    concerned = ~np.isnan(values)
    order = np.flatnonzero(concerned)[np.argsort(values[concerned], kind="stable")]
    if not len(order):
        return np.full(len(weights), np.nan)
    reached = np.cumsum(weights[:, order], axis=1)
    total = reached[:, -1]
    first = np.argmax(reached >= (q * total - 1e-9)[:, None], axis=1)
    return np.where(total > 0, values[order][first], np.nan)


def auroc(weights: FloatArray, scores: FloatArray, positive: BoolArray) -> FloatArray:
    """Chance that a positive question scores higher than a negative one, a tie counting half.

    Area under the ROC curve, AUC, c-statistic; U / (P N) of Mann and Whitney (1947). .5 is no
    better than chance, 1 is perfect. Not defined without at least one of each kind.
    """
    if not len(scores):
        return np.full(len(weights), np.nan)
    order, starts = _tied_groups(scores)
    positives = np.add.reduceat(weights[:, order] * positive[order], starts, axis=1)
    negatives = np.add.reduceat(weights[:, order] * ~positive[order], starts, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives
    won = (positives * (below + negatives / 2)).sum(axis=1)
    return _ratio(won, positives.sum(axis=1) * negatives.sum(axis=1))


def calibration_error(
    weights: FloatArray, probabilities: FloatArray, right: BoolArray, bins: int = 10
) -> FloatArray:
    """Mean distance between what was promised and what came true, over bins of equal mass.

    Expected calibration error (ECE; Naeini et al. 2015) with equal-mass bins (Nguyen and O'Connor
    2015; "adaptive" or ACE): the questions are ordered by probability, cut into ``bins`` bins of
    about equal size, and ``|mean probability - share right|`` is averaged by the bins' sizes. 0 is
    best. Equal probabilities are never split between bins: such a group goes where its middle
    lies. Noise alone makes the figure positive, and resampling adds noise, so its bootstrap
    interval leans upward.
    """
    if not len(probabilities):
        return np.full(len(weights), np.nan)
    group = _binned(weights, probabilities, bins)
    order, starts = _tied_groups(probabilities)
    gap = probabilities - right
    gaps = np.add.reduceat(weights[:, order] * gap[order], starts, axis=1)
    by_bin = [np.abs(np.where(group == b, gaps, 0.0).sum(axis=1)) for b in range(bins)]
    return _ratio(np.sum(by_bin, axis=0), weights.sum(axis=1))


def area_under_risk_coverage(
    weights: FloatArray, scores: FloatArray, right: BoolArray
) -> FloatArray:
    """Mean risk over all coverages: how often answers are wrong, surest questions first.

    AURC (Geifman, Uziel and El-Yaniv 2019): order by score, answer the ``k`` surest, take the
    share of wrong answers among them (the selective risk), and average over ``k`` = 1 to n. Lower
    is better; 0 means never wrong. It rewards both being right and knowing when. Among equal
    scores the errors count as evenly spread, so the order of the questions does not matter.
    """
    if not len(scores):
        return np.full(len(weights), np.nan)
    order, starts = _tied_groups(-scores)
    mass = np.add.reduceat(weights[:, order], starts, axis=1)
    errors = np.add.reduceat(weights[:, order] * ~right[order], starts, axis=1)
    end = np.cumsum(mass, axis=1)
    begin, before = end - mass, np.cumsum(errors, axis=1) - errors
    rate = np.divide(errors, mass, out=np.zeros_like(errors), where=mass > 0)
    # Sum of (before + (k - begin) * rate) / k over k = begin + 1 .. end, with harmonic numbers.
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(end[:, -1].max()) + 1))])
    steps = harmonic[end.astype(np.int64)] - harmonic[begin.astype(np.int64)]
    area = (mass * rate + (before - begin * rate) * steps).sum(axis=1)
    return _ratio(area, end[:, -1])


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the reliability diagram."""

    n: int
    probability: float
    """Mean of what was promised."""
    right: float
    """Share that came true."""


def reliability_bins(
    probabilities: FloatArray, right: BoolArray, bins: int = 10
) -> tuple[Bin, ...]:
    """Return the non-empty bins that ``calibration_error`` averages over, by probability."""
    n = len(probabilities)
    if not n:
        return ()
    order, starts = _tied_groups(probabilities)
    group = _binned(np.ones((1, n)), probabilities, bins)[0]
    member = np.empty(n, dtype=np.int64)
    member[order] = np.repeat(group, np.diff([*starts, n]))
    return tuple(
        Bin(
            int((member == b).sum()),
            float(probabilities[member == b].mean()),
            float(right[member == b].mean()),
        )
        for b in np.unique(member)
    )


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """What happens when every question of at least ``threshold`` is answered."""

    threshold: float
    coverage: float
    """Share of the questions that are answered."""
    risk: float
    """Share of those answers that are wrong."""


def risk_coverage_curve(scores: FloatArray, right: BoolArray) -> tuple[CoveragePoint, ...]:
    """Return a point for each different score, from the surest on; ``()`` for no questions."""
    n = len(scores)
    if not n:
        return ()
    order, starts = _tied_groups(-scores)
    ends = np.asarray([*starts[1:], n])
    wrong = np.cumsum(~right[order])
    return tuple(
        CoveragePoint(float(scores[order][e - 1]), float(e / n), float(wrong[e - 1] / e))
        for e in ends
    )


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    ratio: FloatArray = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio


def _tied_groups(scores: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the ascending order of ``scores``, and where in it each new value begins."""
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    return order, np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])


def _binned(weights: FloatArray, probabilities: FloatArray, bins: int) -> IntArray:
    """Return the bin of each group of equal probabilities, int64 ``(resamples, groups)``."""
    order, starts = _tied_groups(probabilities)
    mass = np.add.reduceat(weights[:, order], starts, axis=1).astype(np.int64)
    end = np.cumsum(mass, axis=1)
    total = np.maximum(end[:, -1:], 1)
    # The middle of a group is end - mass / 2; doubled, so that it stays a whole number.
    found: IntArray = np.minimum((2 * end - mass) * bins // (2 * total), bins - 1)
    return found
