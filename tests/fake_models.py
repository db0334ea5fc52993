"""Readable stand-ins for the models: words instead of meaning."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from index.analysis import terms
from service.reader import Reading, Span
from service.windows import Window

DIM = 64


class WordEmbedder:
    """A text's vector counts its terms in 64 buckets; texts that share terms are close."""

    dim = DIM

    def __init__(self, model: object = None) -> None:
        self.calls = 0

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """Unit rows, float32 ``(n, 64)``."""
        self.calls += 1
        vectors = np.full((len(texts), DIM), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for term in terms(text):
                vectors[row, hashlib.sha256(term.encode()).digest()[0] % DIM] += 1
            if progress:
                progress(1)
        unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


class OverlapReader:
    """A sentence is as relevant as the number of terms it shares with the question.

    ``answers`` are the words that it finds, each with the margin by which it is to be believed.
    """

    name = "overlap"

    def __init__(self, answers: Mapping[str, float] | None = None, threads: int = 2) -> None:
        self.threads = threads
        self.seen: list[Window] = []
        self.closed = False
        self._answers = answers or {}

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """See ``service.reader.Reader``."""
        self.seen += windows
        return [self._read(set(terms(question)), window) for window in windows]

    def close(self) -> None:
        """See ``service.reader.Reader``."""
        self.closed = True

    def _read(self, asked: set[str], window: Window) -> Reading:
        shared = [float(len(asked & set(terms(window.text[s:e])))) for s, e in window.sentences]
        best = max(range(len(shared)), key=lambda i: (shared[i], -i))
        relevance = shared[best] * 4 - 4
        for words, margin in self._answers.items():
            at = window.text.find(words)
            if at >= 0:
                span = Span(window.start + at, window.start + at + len(words), margin)
                return Reading(window.first + best, relevance, margin, span)
        return Reading(window.first + best, relevance)
