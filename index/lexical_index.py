"""BM25 over the passages, kept as plain arrays that can be verified and mapped."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.analysis import terms
from index.postings import Postings, PostingsBuilder

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
_BLOCK = 256
"""Scores that are compared at once to find the best of many."""


@dataclass(frozen=True, slots=True)
class LexicalOptions:
    """BM25's free parameters, in the variant of Lucene (Kamphuis et al., 2020)."""

    k1: float = 1.2
    b: float = 0.75


class LexicalIndex:
    """Scores every passage for a list of terms. Scores are 0 and up; higher is better."""

    def __init__(self, postings: Postings, vocabulary: dict[str, int], size: int) -> None:
        self._postings = postings
        self.vocabulary = vocabulary
        self.size = size

    @classmethod
    def build(
        cls, texts: Iterable[str], options: LexicalOptions = LexicalOptions()
    ) -> "LexicalIndex":
        """Index ``texts``, read one by one; the row of a passage is its position."""
        builder = PostingsBuilder()
        builder.add(terms(text) for text in texts)
        size = builder.passages
        return cls(builder.build(options.k1, options.b), builder.vocabulary, size)

    def scores(self, query_terms: Sequence[str]) -> FloatArray:
        """Return float32 ``(size,)``: the BM25 score of each passage, 0 without a match."""
        result = np.zeros(self.size, dtype=np.float32)
        for term in query_terms:
            column = self._column(term)
            if column is not None:
                result[self._postings.rows[column]] += self._postings.scores[column]
        return result

    def document_frequency(self, term: str) -> int:
        """In how many passages ``term`` occurs."""
        column = self._column(term)
        return 0 if column is None else column.stop - column.start

    def idf(self, term: str) -> float:
        """Lucene's inverse document frequency, ``ln(1 + (N - n + .5) / (n + .5))``."""
        n = self.document_frequency(term)
        return float(np.log1p((self.size - n + 0.5) / (n + 0.5)))

    def _column(self, term: str) -> slice | None:
        number = self.vocabulary.get(term)
        if number is None:
            return None
        starts = self._postings.starts
        return slice(int(starts[number]), int(starts[number + 1]))

    def write(self, folder: Path) -> None:
        """Write the index as files: JSON and NumPy's own format, never a pickle."""
        folder.mkdir(parents=True)
        vocabulary = json.dumps(self.vocabulary, ensure_ascii=False)
        (folder / "vocabulary.json").write_text(vocabulary, encoding="utf-8")
        (folder / "size.json").write_text(str(self.size), encoding="ascii")
        for name in ("rows", "scores", "starts"):
            np.save(folder / f"{name}.npy", getattr(self._postings, name), allow_pickle=False)

    @classmethod
    def load(
        cls, read: Callable[[str], bytes], array: Callable[[str], npt.NDArray[Any]]
    ) -> "LexicalIndex":
        """Inverse of ``write``. ``read`` and ``array`` give the content of a verified file."""
        postings = Postings(*(array(f"{name}.npy") for name in ("rows", "scores", "starts")))
        return cls(postings, json.loads(read("vocabulary.json")), int(read("size.json")))


def best_rows(scores: FloatArray, k: int, rows: IntArray | None = None) -> IntArray:
    """Rows of the ``k`` highest scores above 0, in any order, ties broken by the lower row.

    ``scores`` is ``(size,)``; with ``rows``, only those are looked at.
    """
    given = scores if rows is None else scores[rows]
    pool = np.flatnonzero(given >= _least(given, k)) if len(given) > k else np.arange(len(given))
    pool = pool[given[pool] > 0]
    if len(pool) > k:
        pool = pool[np.lexsort((pool, -given[pool]))[:k]]
    return (pool if rows is None else rows[pool]).astype(np.int64)


def _least(scores: FloatArray, k: int) -> float:
    """A score that at least ``k`` reach and, as a rule, few more: the ``k``-th best of blocks."""
    blocks = len(scores) // _BLOCK
    if blocks < 2 * k:
        return float(np.partition(scores, len(scores) - k)[len(scores) - k])
    best = scores[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
    return float(np.partition(best, blocks - k)[blocks - k])
