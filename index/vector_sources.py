"""Vectors that need not be made again: by a key over all that a vector depends on."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from index import generations
from index.errors import RecordError
from index.generations import Generation
from index.record_store import RecordStore
from index.vector_index import VectorIndex
from index.vector_journal import KEY_BYTES

Kind = Literal["passage", "sentence"]
DTYPES: Mapping[Kind, type[np.floating[Any]]] = {"passage": np.float32, "sentence": np.float16}
"""How the vectors of passages and of sentences are stored."""
log = logging.getLogger(__name__)


class Keys:
    """Names a vector by its space, its kind and every character that the model is given.

    The space is the model's SHA-256 and how it is run. What the model is given for a passage is
    title, heading and text, so the same text under another heading has another key.
    """

    def __init__(self, model_sha256: str, facts: Mapping[str, Any]) -> None:
        values = json.dumps([model_sha256, facts], sort_keys=True).encode()
        self.space = hashlib.sha256(values).digest()
        self._begun = {
            kind: hashlib.blake2b(kind.encode(), digest_size=KEY_BYTES, key=self.space)
            for kind in DTYPES
        }

    def of(self, kind: Kind, text: str) -> bytes:
        """The key of ``text``; equal keys mean equal vectors."""
        state = self._begun[kind].copy()
        state.update(text.encode("utf-8", "surrogatepass"))
        return state.digest()


class PublishedVectors:
    """The vectors of a generation by key; nothing is copied out of it until it is asked for."""

    def __init__(self, generation: Generation, keys: Keys) -> None:
        """Verify the files and read their keys. Raises RecordError when one is damaged."""
        self._vectors: dict[Kind, npt.NDArray[np.floating[Any]]] = {
            "passage": VectorIndex.from_bytes(generation.read("passages.faiss")).vectors(),
            "sentence": np.load(
                generation.verify("sentences.npy"), mmap_mode="r", allow_pickle=False
            ),
        }
        self._rows: dict[bytes, int] = {}
        store = RecordStore(generation.verify("record.sqlite"))
        try:
            count = 0
            for row, (text, sentences) in enumerate(store.texts()):
                self._rows[keys.of("passage", text)] = row
                for sentence in sentences:
                    self._rows[keys.of("sentence", sentence)] = count
                    count += 1
        finally:
            store.close()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, kind: Kind, key: bytes) -> npt.NDArray[np.floating[Any]] | None:
        """The vector of ``key``, ``(dim,)``, in the type that its kind is stored in."""
        row = self._rows.get(key)
        return None if row is None else self._vectors[kind][row]


def newest_of_model(root: Path, sha256: str) -> Generation | None:
    """The newest generation, from the current one backwards, of the model with this SHA-256."""
    return next((g for g in _published(root) if g.manifest.model.get("sha256") == sha256), None)


def newest_made_alike(root: Path, sha256: str, facts: Mapping[str, Any]) -> Generation | None:
    """The same, only of generations whose vectors were made in the way that ``facts`` tell."""
    return next(
        (
            g
            for g in _published(root)
            if g.manifest.model.get("sha256") == sha256 and g.manifest.model.get("vectors") == facts
        ),
        None,
    )


def _published(root: Path) -> Iterator[Generation]:
    """The generations whose manifests can be read, the current one first, then older ones."""
    try:
        names: Sequence[str] = generations.candidates(root)
    except RecordError:
        return
    for name in names:
        try:
            yield generations.open_generation(root, name)
        except RecordError as error:
            log.info("nothing is taken over from %s: %s", name, error)
