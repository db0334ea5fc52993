"""Question to candidate passages: dense and lexical search, fused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.searchable import EVERYTHING, FloatArray, PassageFilter, Searchable
from index.types import ScoredPassage


@dataclass(frozen=True, slots=True)
class FusionOptions:
    """Weights of the fused score; they add up to 1. Chosen on squad-dev, see the docs."""

    passage: float = 0.25
    """Weight of the passage's cosine."""
    sentence: float = 0.25
    """Weight of the cosine of the passage's best sentence."""
    lexical: float = 0.5
    """Weight of ``bm25 / (bm25 + saturation)``."""
    saturation: float = 10.0
    """A fixed scale keeps the score comparable between questions; min-max scaling does not."""
    depth: int = 50
    """Candidates taken from each search before fusion."""


class Retriever:
    """Searches one index."""

    def __init__(self, index: Searchable, options: FusionOptions = FusionOptions()) -> None:
        self._index = index
        self._options = options

    def encode(self, text: str) -> FloatArray:
        """Return the question's unit vector, float32 ``(dim,)``."""
        vector: FloatArray = self._index.embedder.encode([text])[0]
        return vector

    def retrieve(
        self,
        vector: FloatArray,
        terms: tuple[str, ...],
        k: int,
        where: PassageFilter = EVERYTHING,
    ) -> list[ScoredPassage]:
        """Return the ``k`` best passages, best first; equal scores in the order of the record."""
        o = self._options
        found = self._index.candidates(vector, terms, o.depth, where)
        if not len(found.rows):
            return []
        sentences = self.sentence_cosines(vector, found.rows.tolist())
        best = np.asarray([cosines.max(initial=-1.0) for cosines in sentences], np.float32)
        fused = (
            o.passage * found.cosines
            + o.sentence * best
            + o.lexical * found.bm25 / (found.bm25 + o.saturation)
        )
        order = np.lexsort((found.rows, -fused))[:k]
        passages = self._index.passages(found.rows[order].tolist())
        return [
            ScoredPassage(passage, float(fused[i]), float(found.cosines[i]), float(found.bm25[i]))
            for passage, i in zip(passages, order, strict=True)
        ]

    def sentence_cosines(self, vector: FloatArray, rows: Sequence[int]) -> list[FloatArray]:
        """For each of ``rows`` float32 ``(sentences,)``: the cosine of each of its sentences."""
        of_rows = self._index.sentence_vectors_of(rows)
        return [vectors.astype(np.float32) @ vector for vectors in of_rows]
