"""BM25 over the passages, through bm25s, kept as plain arrays that can be verified and mapped."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np
import numpy.typing as npt

from index.analysis import terms

FloatArray = npt.NDArray[np.float32]
_ARRAYS = ("data", "indices", "indptr")


@dataclass(frozen=True, slots=True)
class LexicalOptions:
    """BM25's free parameters, in the variant of Lucene (Kamphuis et al., 2020)."""

    k1: float = 1.2
    b: float = 0.75


class LexicalIndex:
    """Scores every passage for a list of terms. Scores are 0 and up; higher is better."""

    def __init__(self, scores: Mapping[str, npt.NDArray[np.generic]], vocabulary: dict[str, int]):
        self._indices = np.asarray(scores["indices"])
        self._data = np.asarray(scores["data"], dtype=np.float32)
        self._indptr = np.asarray(scores["indptr"])
        self.size = int(scores["num_docs"])
        self.vocabulary = vocabulary

    @classmethod
    def build(
        cls, texts: Iterable[str], options: LexicalOptions = LexicalOptions()
    ) -> "LexicalIndex":
        """Index ``texts``; the row of a passage is its position."""
        ids: dict[str, int] = {}
        rows = [[ids.setdefault(t, len(ids)) for t in terms(text)] for text in texts]
        model = bm25s.BM25(k1=options.k1, b=options.b, method="lucene")
        if ids:
            model.index((rows, ids), show_progress=False, create_empty_token=False)
            return cls(model.scores, ids)
        empty = {"data": np.zeros(0), "indices": np.zeros(0, int), "indptr": np.zeros(1, int)}
        return cls(empty | {"num_docs": np.asarray(len(rows))}, {})

    def scores(self, query_terms: Sequence[str]) -> FloatArray:
        """Return float32 ``(size,)``: the BM25 score of each passage, 0 without a match."""
        result = np.zeros(self.size, dtype=np.float32)
        for term in query_terms:
            column = self._column(term)
            if column is not None:
                result[self._indices[column]] += self._data[column]
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
        return slice(int(self._indptr[number]), int(self._indptr[number + 1]))

    def to_files(self) -> dict[str, bytes]:
        """The index as named files; NumPy's own format, never a pickle."""
        files = {
            "vocabulary.json": json.dumps(self.vocabulary, ensure_ascii=False).encode("utf-8"),
            "size.json": str(self.size).encode("ascii"),
        }
        for name in _ARRAYS:
            buffer = io.BytesIO()
            np.save(buffer, getattr(self, f"_{name}"), allow_pickle=False)
            files[f"{name}.npy"] = buffer.getvalue()
        return files

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "LexicalIndex":
        """Inverse of ``to_files``; the bytes must already be verified."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            name: np.load(io.BytesIO(files[f"{name}.npy"]), allow_pickle=False) for name in _ARRAYS
        }
        arrays["num_docs"] = np.asarray(int(files["size.json"]))
        return cls(arrays, json.loads(files["vocabulary.json"]))
