"""txtai's embeddings database: BM25 beside vectors, one weight between them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import Passage


class TxtaiHybrid:
    """``Embeddings(hybrid=True)`` as its documentation shows.

    Without ``content`` the same ids are ranked the same, and no database is asked that threads
    would have to take turns at: faster, and safe to search from several threads.
    """

    def __init__(
        self,
        model: Path,
        titled: bool = True,
        weight: float = 0.7,
        content: bool = False,
        **config: Any,
    ) -> None:
        """``weight`` is that of the vectors; ``config`` goes to ``Embeddings``."""
        self._titled, self._weight = titled, weight
        self._config = {"path": str(model), "hybrid": True, "content": content, **config}
        self._embeddings: Any = None

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """See ``System``."""
        from txtai import Embeddings

        self._embeddings = Embeddings(self._config)
        self._embeddings.index((p.id, p.titled if self._titled else p.text) for p in passages)
        self._embeddings.save(str(folder / "index"))

    def open(self, folder: Path) -> None:
        """See ``System``."""
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(folder / "index"))

    def search(self, question: str, k: int) -> list[str]:
        """See ``System``."""
        found = self._embeddings.search(question, k, weights=self._weight)
        return [str(hit["id"] if isinstance(hit, dict) else hit[0]) for hit in found]
