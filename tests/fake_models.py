"""Readable stand-ins for the models: words instead of meaning."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from index.analysis import terms
from index.types import Passage
from service.reader import Reading

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
    """A sentence is as relevant as the number of terms it shares with the question."""

    name = "overlap"

    def read(
        self, question: str, passages: Sequence[Passage], promise: Sequence[Sequence[float]]
    ) -> list[Reading | None]:
        """See ``service.reader.Reader``."""
        asked = set(terms(question))
        readings: list[Reading | None] = []
        for passage in passages:
            shared = [
                float(len(asked & set(terms(passage.text[s - passage.start : e - passage.start]))))
                for s, e in passage.sentences
            ]
            best = max(range(len(shared)), key=lambda i: (shared[i], -i))
            readings.append(Reading(best, shared[best] * 4 - 4))
        return readings
