"""Question to candidate passages: dense and lexical search, fused."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.search_index import SearchIndex
from index.types import ScoredPassage
from service.answers import Filters

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


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

    def __init__(self, index: SearchIndex, options: FusionOptions = FusionOptions()) -> None:
        self._index = index
        self._options = options

    def encode(self, text: str) -> FloatArray:
        """Return the question's unit vector, float32 ``(dim,)``."""
        vector: FloatArray = self._index.embedder.encode([text])[0]
        return vector

    def retrieve(
        self, vector: FloatArray, terms: tuple[str, ...], k: int, filters: Filters = Filters()
    ) -> list[ScoredPassage]:
        """Return the ``k`` best passages, best first; equal scores in the order of the record."""
        rows = self._allowed(filters)
        lexical = self._index.lexical.scores(terms)
        dense_rows = self._index.nearest(vector, self._options.depth, rows)
        pool = np.union1d(dense_rows, _top_rows(lexical, self._options.depth, rows))
        if not len(pool):
            return []
        dense = self._index.vectors.cosines(vector, pool)
        bm25 = lexical[pool]
        o = self._options
        fused = (
            o.passage * dense
            + o.sentence * self._best_sentence_cosines(vector, pool)
            + o.lexical * bm25 / (bm25 + o.saturation)
        )
        order = np.lexsort((pool, -fused))[:k]
        passages = self._index.store.passages(pool[order])
        return [
            ScoredPassage(passage, float(fused[i]), float(dense[i]), float(bm25[i]))
            for passage, i in zip(passages, order, strict=True)
        ]

    def sentence_cosines(self, vector: FloatArray, row: int) -> FloatArray:
        """Return float32 ``(sentences,)``: the cosine of each sentence of passage ``row``."""
        first, end = self._index.first_sentences[row : row + 2]
        cosines: FloatArray = self._index.sentence_vectors[first:end].astype(np.float32) @ vector
        return cosines

    def _best_sentence_cosines(self, vector: FloatArray, rows: IntArray) -> FloatArray:
        return np.asarray(
            [self.sentence_cosines(vector, int(r)).max(initial=-1.0) for r in rows], np.float32
        )

    def _allowed(self, filters: Filters) -> IntArray | None:
        if filters == Filters():
            return None
        found = self._index.store.rows(filters.doc_id, filters.published_from, filters.published_to)
        return np.asarray(found, dtype=np.int64)


def _top_rows(scores: FloatArray, k: int, rows: IntArray | None) -> IntArray:
    """Rows of the ``k`` highest scores above 0, in any order, ties broken by the lower row."""
    pool = np.flatnonzero(scores) if rows is None else rows[scores[rows] > 0]
    if len(pool) > k:
        pool = pool[np.lexsort((pool, -scores[pool]))[:k]]
    return pool.astype(np.int64)
