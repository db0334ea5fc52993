"""Approximate search for large indexes: an HNSW graph over the vectors of the exact index.

Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
Navigable Small World graphs", 2018. The graph is stored without the vectors, which the exact index
holds already.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.vector_index import FloatArray, IntArray, VectorIndex, lengths_within

log = logging.getLogger(__name__)

NEAREST = 10
"""Recall is measured of this many nearest passages."""
QUERIES = 200
WIDTHS = (32, 48, 64, 96, 128, 192, 256, 384, 512, 768)
"""Widths of the search (``efSearch``), the first that reaches the recall is taken."""


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """When there is a graph, and how good it must be."""

    above: int = 50_000
    """Passages up to which every vector is compared with the question's; exact and fast enough."""
    recall: float = 0.95
    """Share of the ten nearest passages that a search must find, measured at build."""
    links: int = 32
    """Neighbours of a node (``M``)."""
    build_width: int = 80
    """Candidates looked at for each node when it is put in (``efConstruction``)."""


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What was measured of a graph at build; stored in the manifest."""

    width: int
    recall: float
    """Of the ten nearest passages of ``queries`` sentences of the record, against exact search."""
    queries: int


class VectorGraph:
    """Finds near vectors without comparing all. Safe to search from several threads."""

    def __init__(self, index: Any, vectors: VectorIndex, width: int) -> None:
        index.storage = vectors.faiss_index
        index.own_fields = False
        self._index = index
        # The graph looks the vectors up in there, so it must live as long.
        self._vectors = vectors
        self.width = width

    @classmethod
    def build(cls, vectors: VectorIndex, options: GraphOptions) -> "VectorGraph":
        """Link all ``vectors``; in one thread, so that equal vectors give an equal graph."""
        graph = faiss.IndexHNSWFlat(vectors.dim, options.links, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = options.build_width
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            for first in range(0, vectors.size, 10_000):
                rows = np.arange(first, min(first + 10_000, vectors.size))
                graph.add(vectors.vectors_at(rows))
        finally:
            faiss.omp_set_num_threads(threads)
        return cls.from_bytes(_serialised(graph), vectors, WIDTHS[0])

    def search(self, query: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
        """Cosines and rows of about the ``k`` nearest, best first; see ``VectorIndex.search``."""
        made: Any = getattr(faiss, "SearchParametersHNSW")  # noqa: B009 - not in FAISS's stubs
        parameters = made(efSearch=max(self.width, k))
        scores, rows = self._index.search(query[None, :], k, params=parameters)
        found = rows[0] >= 0
        return scores[0][found], rows[0][found]

    def measure(self, queries: npt.NDArray[np.floating[Any]], least: float) -> GraphFacts:
        """Set the least width whose recall is ``least``, or the largest, and say what it gives.

        ``queries`` is ``(n, dim)``, unit rows.
        """
        wanted = [self._vectors.search(_row(q), NEAREST)[1] for q in queries]
        recall = 0.0
        for width in WIDTHS:
            self.width = width
            found = [self.search(_row(q), NEAREST)[1] for q in queries]
            shares = [np.isin(w, f).mean() for w, f in zip(wanted, found, strict=True)]
            recall = float(np.mean(shares))
            if recall >= least:
                break
        if recall < least:
            log.warning(
                "approximate search finds %.3f of the nearest passages, less than the %.3f asked "
                "for: build with a larger --exact-up-to for exact search",
                recall,
                least,
            )
        return GraphFacts(self.width, round(recall, 4), len(queries))

    def to_bytes(self) -> bytes:
        """The links, without the vectors; see ``VectorIndex.to_bytes``."""
        return _serialised(self._index)

    @classmethod
    def from_bytes(cls, data: bytes, vectors: VectorIndex, width: int) -> "VectorGraph":
        """Inverse of ``to_bytes``; the bytes must already be verified."""
        with lengths_within(len(data)):
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        return cls(index, vectors, width)

    @classmethod
    def mapped(cls, path: Path, vectors: VectorIndex, width: int) -> "VectorGraph":
        """Map a verified file that holds what ``to_bytes`` gave; processes share its pages."""
        flags = faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_SKIP_STORAGE
        with lengths_within(path.stat().st_size):
            return cls(faiss.read_index(str(path), flags), vectors, width)


def describe(facts: GraphFacts | None) -> Mapping[str, Any]:
    """For the manifest: how vectors are searched."""
    return {"method": "exact"} if facts is None else {"method": "hnsw", **asdict(facts)}


def _serialised(graph: Any) -> bytes:
    return bytes(faiss.serialize_index(graph, faiss.IO_FLAG_SKIP_STORAGE).tobytes())


def _row(query: npt.NDArray[np.floating[Any]]) -> FloatArray:
    return np.ascontiguousarray(query, dtype=np.float32)
