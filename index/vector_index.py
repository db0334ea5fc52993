"""Exact inner-product search over unit vectors with FAISS."""

import threading

import faiss
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
UNIT_TOLERANCE = 1e-3
_loading = threading.Lock()


class VectorIndex:
    """Passage vectors by row. The score is the inner product of unit vectors, the cosine."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

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
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1.0) <= UNIT_TOLERANCE))
        if wrong.size:
            raise ValueError(
                f"vector {wrong[0]} has length {lengths[wrong[0]]:.4f}, expected 1: "
                "inner product is the cosine only of unit vectors"
            )
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index)

    def search(
        self, query: FloatArray, k: int, rows: IntArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """Return cosines and rows of the ``k`` nearest, best first, each ``(min(k, n),)``.

        ``query`` is float32 ``(dim,)``, unit length. With ``rows``, only those are searched, and
        exactly, so that a filter never costs recall.
        """
        k = min(k, self.size if rows is None else len(rows))
        if k == 0:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        parameters = None
        if rows is not None:
            parameters = faiss.SearchParameters(  # type: ignore[call-arg, unused-ignore]
                sel=faiss.IDSelectorBatch(rows)
            )
        scores, found = self._index.search(query[None, :], k, params=parameters)
        return scores[0], found[0]

    def cosines(self, query: FloatArray, rows: IntArray) -> FloatArray:
        """Return float32 ``(len(rows),)``: the cosine of ``query`` with each of ``rows``."""
        if len(rows) == 0:
            return np.zeros(0, np.float32)
        return np.asarray(self._index.reconstruct_batch(rows) @ query, dtype=np.float32)

    def to_bytes(self) -> bytes:
        """FAISS's own format, serialised in memory: FAISS's file writer hides a full disk."""
        return faiss.serialize_index(self._index).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "VectorIndex":
        """Inverse of ``to_bytes``. FAISS checks nothing: the bytes must already be verified."""
        with _loading:
            # A stated length far beyond the data is refused before memory is taken for it. The
            # limit is one for the whole process, hence the lock.
            faiss.set_deserialization_vector_byte_limit(4 * len(data))
            return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))
