"""The best run of answering words, from the logits of its first and last token."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
LONGEST_SPAN = 30
"""Tokens; longer spans are hardly ever answers."""


def best_span(starts: FloatArray, ends: FloatArray, first: int, end: int) -> tuple[float, int, int]:
    """Return score, first and last token of the span of highest ``start + end`` logit.

    ``starts`` and ``ends`` are ``(tokens,)``; the span lies in the tokens ``[first, end)``, has at
    most ``LONGEST_SPAN`` of them, and of equal spans the earliest and shortest is taken.
    """
    n = end - first
    scores = np.add.outer(starts[first:end], ends[first:end])
    place = np.arange(n)
    length = place[None, :] - place[:, None]
    scores[(length < 0) | (length >= LONGEST_SPAN)] = -np.inf
    best = int(np.argmax(scores))
    return float(scores.flat[best]), first + best // n, first + best % n
