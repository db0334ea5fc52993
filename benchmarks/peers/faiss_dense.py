"""Vectors alone: sentence-transformers encodes, FAISS compares them all."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import Passage


class FaissDense:
    """Exact inner product of unit vectors."""

    def __init__(self, model: Path, titled: bool = True) -> None:
        """See ``System``."""
        self._folder, self._titled = str(model), titled
        self._model: Any = None
        self._index: Any = None
        self._ids: list[str] = []

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """See ``System``."""
        import faiss

        self._load()
        texts = [p.titled if self._titled else p.text for p in passages]
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(folder / "vectors.faiss"))
        (folder / "ids.json").write_text(json.dumps([p.id for p in passages]), encoding="utf-8")

    def open(self, folder: Path) -> None:
        """See ``System``."""
        import faiss

        self._load()
        self._index = faiss.read_index(str(folder / "vectors.faiss"))
        self._ids = json.loads((folder / "ids.json").read_text(encoding="utf-8"))

    def search(self, question: str, k: int) -> list[str]:
        """See ``System``."""
        vector = self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        _, rows = self._index.search(vector, min(k, len(self._ids)))
        return [self._ids[row] for row in rows[0]]

    def _load(self) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(self._folder, local_files_only=True)
