"""Bootstrap intervals: how far a figure would move with other questions of the same kind.

A statistic takes weights, float64 ``(resamples, n)``, and returns one value a row: row ``r`` says
how often each of the ``n`` questions was drawn. A row of ones gives the figure itself, so the
figure and its interval cannot be computed by different code.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]

RESAMPLES = 1000
_CHUNK = 2_000_000
"""Most weights handed to a statistic at once: bounds its memory."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; None where the questions do not allow it."""

    value: float | None
    low: float | None
    high: float | None


def resample_weights(
    groups: Sequence[str], resamples: int = RESAMPLES, seed: int = 0
) -> FloatArray:
    """Draw ``len(set(groups))`` groups with replacement, ``resamples`` times.

    Returns float64 ``(resamples, len(groups))``. Questions of one group, such as paraphrases of
    each other, are drawn together, since they are right or wrong together (cluster bootstrap,
    Davison and Hinkley 1997, section 3.8). The same groups and seed give the same weights.
    """
    names, members = np.unique(np.asarray(list(groups), dtype=object), return_inverse=True)
    count = len(names)
    if not count:
        return np.zeros((resamples, 0))
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=resamples)
    return drawn[:, members].astype(np.float64)


def estimate(statistic: Statistic, weights: FloatArray, level: float = 0.95) -> Estimate:
    """Return the figure and the percentile interval (Efron 1979) over the resamples.

    ``weights`` are those of ``resample_weights``. Resamples in which the statistic is not defined
    (NaN) are left out. The interval is empty, not zero wide, when no resample defines it.
    """
    n = weights.shape[1]
    if not n:
        return Estimate(None, None, None)
    value = float(statistic(np.ones((1, n)))[0])
    if np.isnan(value):
        return Estimate(None, None, None)
    rows = max(1, _CHUNK // n)
    parts = [statistic(weights[i : i + rows]) for i in range(0, len(weights), rows)]
    drawn = np.concatenate(parts) if parts else np.zeros(0)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return Estimate(value, None, None)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927); 0 to 1 for no questions."""
    if not n:
        return 0.0, 1.0
    z = 1.959964
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))
