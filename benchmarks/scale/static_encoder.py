"""Vectors without the transformer: the mean of the embedding model's own word-piece vectors.

A million passages have five million texts, hours of work for the model on two cores, and what is
measured here is everything but the model. These vectors are a function of the text as the model's
are, lie close for texts that share words, and cost microseconds.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.embedding import Embedder
from index.models import ModelFiles

_EMBEDDINGS = "embeddings.word_embeddings.weight"


class StaticEmbedder:
    """An ``Embedder`` of unit vectors, ``(n, dim)``."""

    def __init__(self, model: ModelFiles) -> None:
        weights = load_file(model.folder / "model.safetensors")[_EMBEDDINGS].astype(np.float32)
        self._vectors = weights - weights.mean(axis=0)
        # What occurs in every text tells nothing: early numbers of a vocabulary are the commonest.
        rank = np.arange(len(weights), dtype=np.float32)
        self._vectors *= (rank / (rank + 2_000))[:, None]
        self.dim = weights.shape[1]
        self._tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(256)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See ``Embedder``."""
        made = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(list(texts))):
            made[row] = self._vectors[encoding.ids].sum(axis=0)
        made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)
        if progress is not None:
            progress(len(texts))
        return made


class BesideModel:
    """Takes the time of the model and gives the vectors of the stand-in."""

    def __init__(self, model: Embedder, static: StaticEmbedder) -> None:
        self._model, self._static = model, static
        self.dim = static.dim

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See ``Embedder``."""
        self._model.encode(texts, progress)
        return self._static.encode(texts)
