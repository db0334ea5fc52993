"""The postings of a lexical index, made in bounded memory: which term scores what in which passage.

Texts are read once, in batches; what is kept of a batch are three numbers a posting. A counting
sort then puts each posting straight into its place, so that at a million passages nothing is held
twice and nothing is sorted whole.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.integer]
BATCH = 4096
"""Passages counted at once."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Postings by term. Those of term ``t`` stand from ``starts[t]`` to ``starts[t + 1]``."""

    rows: npt.NDArray[np.int32]
    """``(postings,)``: passages, in ascending order within a term."""
    scores: npt.NDArray[np.float32]
    """``(postings,)``: the BM25 score that the term gives its passage."""
    starts: npt.NDArray[np.int64]
    """``(terms + 1,)``."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """The different terms of a batch of passages, by term and then by passage."""

    terms: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    frequencies: npt.NDArray[np.int32]


class PostingsBuilder:
    """Counts terms, then scores them by BM25 in the variant of Lucene (Kamphuis et al., 2020)."""

    def __init__(self) -> None:
        self.vocabulary: dict[str, int] = {}
        self._batches: list[_Counted] = []
        self._lengths: list[IntArray] = []

    @property
    def passages(self) -> int:
        """How many were added."""
        return sum(map(len, self._lengths))

    def add(self, passages: Iterable[Sequence[str]]) -> None:
        """Append passages, each as its terms; read batch by batch."""
        number = self.vocabulary
        for batch in _batched(passages):
            flat = array("i", [number.setdefault(t, len(number)) for terms in batch for t in terms])
            lengths = np.asarray([len(terms) for terms in batch], dtype=np.int64)
            self._batches.append(_counted(flat, lengths, self.passages))
            self._lengths.append(lengths)

    def build(self, k1: float, b: float) -> Postings:
        """Score each term of each passage; empties the builder."""
        lengths = np.concatenate([*self._lengths, np.zeros(0, np.int64)])
        frequency = np.zeros(len(self.vocabulary), dtype=np.int64)
        for batch in self._batches:
            frequency += np.bincount(batch.terms, minlength=len(frequency))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(frequency)])
        rows = np.empty(starts[-1], dtype=np.int32)
        scores = np.empty(starts[-1], dtype=np.float32)
        idf = np.log1p((len(lengths) - frequency + 0.5) / (frequency + 0.5))
        norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-9)) if len(lengths) else lengths
        free = starts[:-1].copy()
        self._batches.reverse()
        while self._batches:
            batch = self._batches.pop()
            # Postings of one term stand together: each one's place is its distance to the first.
            present, first, count = np.unique(batch.terms, return_index=True, return_counts=True)
            place = np.arange(len(batch.terms)) + np.repeat(free[present] - first, count)
            rows[place] = batch.rows
            tf = batch.frequencies
            scores[place] = idf[batch.terms] * tf / (norm[batch.rows] + tf)
            free[present] += count
        self._lengths.clear()
        return Postings(rows, scores, starts)


def _counted(flat: Sequence[int], lengths: IntArray, first_row: int) -> _Counted:
    numbers = np.asarray(flat, dtype=np.int64)
    rows = np.repeat(np.arange(first_row, first_row + len(lengths)), lengths)
    keys, counts = np.unique(numbers << 32 | rows, return_counts=True)
    return _Counted(
        (keys >> 32).astype(np.int32),
        (keys & 0xFFFFFFFF).astype(np.int32),
        counts.astype(np.int32),
    )


def _batched(passages: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    remaining = iter(passages)
    while batch := list(islice(remaining, BATCH)):
        yield batch
