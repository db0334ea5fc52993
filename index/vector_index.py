"""Exact inner-product search over unit vectors with FAISS."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import faiss
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
UNIT_TOLERANCE = 1e-3
_FETCHED = 16_384
"""Vectors copied at once to be compared."""
_loading = threading.Lock()


class VectorIndex:
    """Passage vectors by row. The score is the inner product of unit vectors, the cosine."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @property
    def faiss_index(self) -> faiss.Index:
        """What FAISS holds; for a graph over the same vectors."""
        return self._index

    @property
    def size(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return int(self._index.d)

    @classmethod
    def build(cls, vectors: FloatArray) -> "VectorIndex":
        """Index float32 ``(n, dim)`` unit rows. Raises ValueError when a row is not of length 1."""
        index = cls.empty(vectors.shape[1])
        index.add(vectors)
        return index

    @classmethod
    def empty(cls, dim: int) -> "VectorIndex":
        """An index without vectors, of length ``dim``."""
        return cls(faiss.IndexFlatIP(dim))

    def add(self, vectors: FloatArray) -> None:
        """Append float32 ``(n, dim)``. Raises ValueError when a row is not of length 1."""
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1.0) <= UNIT_TOLERANCE))
        if wrong.size:
            raise ValueError(
                f"vector {wrong[0]} has length {lengths[wrong[0]]:.4f}, expected 1: "
                "inner product is the cosine only of unit vectors"
            )
        self._index.add(vectors)

    def search(
        self, query: FloatArray, k: int, rows: IntArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """Return cosines and rows of the ``k`` nearest, best first, each ``(min(k, n),)``.

        ``query`` is float32 ``(dim,)``, unit length. With ``rows``, only those are searched, and
        exactly, so that a filter never costs recall.
        """
        if rows is not None:
            return self._search_among(query, k, rows)
        scores, found = self._index.search(query[None, :], min(k, self.size))
        return scores[0], found[0]

    def _search_among(
        self, query: FloatArray, k: int, rows: IntArray
    ) -> tuple[FloatArray, IntArray]:
        # Fetching the rows costs less than FAISS's asking of each vector whether it is meant.
        parts = [self.cosines(query, rows[i : i + _FETCHED]) for i in range(0, len(rows), _FETCHED)]
        scores = np.concatenate([*parts, np.zeros(0, np.float32)])
        pool = np.arange(len(rows))
        if len(pool) > k:
            pool = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])
        best = pool[np.lexsort((rows[pool], -scores[pool]))[:k]]
        return scores[best], rows[best]

    def cosines(self, query: FloatArray, rows: IntArray) -> FloatArray:
        """Return float32 ``(len(rows),)``: the cosine of ``query`` with each of ``rows``."""
        if len(rows) == 0:
            return np.zeros(0, np.float32)
        return np.asarray(self._index.reconstruct_batch(rows) @ query, dtype=np.float32)

    def vectors_at(self, rows: IntArray) -> FloatArray:
        """A copy of the vectors of ``rows``, float32 ``(len(rows), dim)``."""
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)

    def vectors(self) -> FloatArray:
        """All vectors by row, a copy, float32 ``(n, dim)``."""
        return np.asarray(self._index.reconstruct_n(0, self.size), dtype=np.float32)

    def to_bytes(self) -> bytes:
        """FAISS's own format."""
        return faiss.serialize_index(self._index).tobytes()

    def write(self, file: BinaryIO) -> None:
        """Write what ``to_bytes`` gives, without a copy of it in memory. OSError as ``file`` says.

        Python does the writing: FAISS's own file writer hides a full disk.
        """
        writer = faiss.PyCallbackIOWriter(  # type: ignore[attr-defined, unused-ignore]
            file.write, 1 << 20
        )
        faiss.write_index(self._index, writer)

    @classmethod
    def from_bytes(cls, data: bytes) -> "VectorIndex":
        """Inverse of ``to_bytes``. FAISS checks nothing: the bytes must already be verified."""
        with lengths_within(len(data)):
            return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))

    @classmethod
    def mapped(cls, path: Path) -> "VectorIndex":
        """Map a verified file that ``to_bytes`` gave: its pages are shared by all processes."""
        with lengths_within(path.stat().st_size):
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))


@contextmanager
def lengths_within(size: int) -> Iterator[None]:
    """While FAISS reads ``size`` bytes, have it refuse any length in them far beyond.

    So no memory is taken for what is not there. The limit is one for the process, hence the lock.
    """
    with _loading:
        faiss.set_deserialization_vector_byte_limit(4 * size)
        yield
