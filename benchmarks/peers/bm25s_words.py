"""Words alone: bm25s with English stop words and stems, as its documentation advises."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import Passage


class Bm25sWords:
    """BM25 in Lucene's form, scores computed when the index is built."""

    def __init__(
        self, model: Path, titled: bool = True, stemmed: bool = True, **parameters: Any
    ) -> None:
        """``model`` is not used; ``parameters`` go to ``BM25``."""
        import Stemmer

        self._titled, self._parameters = titled, parameters
        self._stemmer = Stemmer.Stemmer("english") if stemmed else None
        self._retriever: Any = None
        self._ids: list[str] = []

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """See ``System``."""
        import bm25s

        retriever = bm25s.BM25(**self._parameters)
        texts = [p.titled if self._titled else p.text for p in passages]
        retriever.index(self._tokens(texts), show_progress=False)
        retriever.save(str(folder / "bm25s"), show_progress=False)
        (folder / "ids.json").write_text(json.dumps([p.id for p in passages]), encoding="utf-8")

    def open(self, folder: Path) -> None:
        """See ``System``."""
        import bm25s

        self._retriever = bm25s.BM25.load(str(folder / "bm25s"), show_progress=False)
        self._ids = json.loads((folder / "ids.json").read_text(encoding="utf-8"))

    def search(self, question: str, k: int) -> list[str]:
        """See ``System``."""
        rows, _ = self._retriever.retrieve(
            self._tokens([question]), k=min(k, len(self._ids)), show_progress=False
        )
        return [self._ids[int(row)] for row in rows[0]]

    def _tokens(self, texts: list[str]) -> Any:
        import bm25s

        return bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)
