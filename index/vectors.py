"""The vectors of a new generation: taken over where nothing changed, embedded where it did.

Three sources, in this order: the newest generation whose vectors were made alike, the journal of a
build that was killed, the embedder. All three give the same bits, so an index does not tell how
often it was built. Memory is bounded by a batch, but for the passages' own vectors.
"""

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.embedding import Embedder
from index.encoders import Encoder, kept_files
from index.errors import RecordError
from index.generations import Generation
from index.progress import Advance, Progress
from index.record_store import RecordStore
from index.vector_index import VectorIndex
from index.vector_journal import VectorJournal
from index.vector_sources import DTYPES, Keys, Kind, PublishedVectors

CACHE = "embeddings"
BATCH = 2048
BLOCK = 128
"""Vectors a block of the journal: what a kill costs at most."""
log = logging.getLogger(__name__)
Row = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What became of the vectors of a build."""

    dim: int
    made: int
    """Different texts that were embedded now."""
    reused: int
    """Vectors taken from the generation before, from a killed build, or from an equal text."""


class VectorMaker:
    """Finds or makes vectors; use it as a context manager."""

    def __init__(
        self, encoder: Encoder, keys: Keys, published: PublishedVectors | None, journal: Path
    ) -> None:
        self.made = self.total = 0
        self._encoder = encoder
        self._keys = keys
        self._published = published
        self._journal = VectorJournal(journal, keys.space)
        self._opened: Embedder | None = None

    def missing(self, kind: Kind, texts: Iterable[str]) -> int:
        """How many different ones of ``texts`` are in no source."""
        keys = {self._keys.of(kind, text) for text in texts}
        return sum(self._found(kind, key) is None for key in keys)

    def vectors(self, kind: Kind, texts: Iterable[str], advance: Advance) -> Iterator[Row]:
        """Yield matrices of consecutive ``texts``, in the type that ``kind`` is stored in."""
        for batch in _batches(texts):
            keys = [self._keys.of(kind, text) for text in batch]
            rows = {key: self._found(kind, key) for key in keys}
            new = {key: text for key, text in zip(keys, batch, strict=True) if rows[key] is None}
            for part in _parts(new):
                made = self._embed([new[key] for key in part], advance).astype(DTYPES[kind])
                self._journal.append(part, made)
                rows.update(zip(part, made, strict=True))
            self.made += len(new)
            self.total += len(batch)
            yield np.stack([row for key in keys if (row := rows[key]) is not None])

    def dim(self) -> int:
        """Length of the vectors, asked of the embedder."""
        return self._open().dim

    def _found(self, kind: Kind, key: bytes) -> Row | None:
        if self._published is not None and (row := self._published.get(kind, key)) is not None:
            return row
        data = self._journal.get(key)
        return None if data is None else np.frombuffer(data, dtype=DTYPES[kind])

    def _embed(self, texts: list[str], advance: Advance) -> npt.NDArray[np.float32]:
        return self._open().encode(texts, advance)

    def _open(self) -> Embedder:
        if self._opened is None:
            self._opened = self._encoder.open()
        return self._opened

    def __enter__(self) -> "VectorMaker":
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()


def write_vectors(
    folder: Path,
    cache: Path,
    encoder: Encoder,
    model_sha256: str,
    previous: Generation | None,
    progress: Progress,
) -> Embedded:
    """Write ``passages.faiss`` and ``sentences.npy`` for the record in ``folder``."""
    keys = Keys(model_sha256, encoder.facts)
    published = _published(previous, keys)
    store = RecordStore(folder / "record.sqlite")
    try:
        with VectorMaker(encoder, keys, published, cache / "journal") as maker:
            passages = _write(maker, "passage", lambda: (t for t, _ in store.texts()), progress)
            index = VectorIndex.build(np.concatenate(list(passages)))
            (folder / "passages.faiss").write_bytes(index.to_bytes())
            sentences = _write(
                maker,
                "sentence",
                lambda: itertools.chain.from_iterable(s for _, s in store.texts()),
                progress,
            )
            _save(folder / "sentences.npy", store.sentence_count(), index.dim, sentences)
            return Embedded(index.dim, maker.made, maker.total - maker.made)
    finally:
        store.close()


def clean_up(cache: Path, encoder: Encoder) -> None:
    """After a publish, remove all that the published generation does not need."""
    kept = kept_files(encoder.facts)
    for path in cache.iterdir() if cache.is_dir() else ():
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _write(
    maker: VectorMaker, kind: Kind, texts: Callable[[], Iterable[str]], progress: Progress
) -> Iterator[Row]:
    with progress.task(f"embed {kind}s", maker.missing(kind, texts())) as advance:
        yield from maker.vectors(kind, texts(), advance)


def _save(path: Path, count: int, dim: int, matrices: Iterable[Row]) -> None:
    """Write ``matrices`` one after the other as one ``.npy`` file of ``(count, dim)``."""
    header = {"descr": "<f2", "fortran_order": False, "shape": (count, dim)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for matrix in matrices:
            file.write(np.ascontiguousarray(matrix, dtype="<f2").tobytes())


def _published(previous: Generation | None, keys: Keys) -> PublishedVectors | None:
    if previous is None:
        return None
    try:
        return PublishedVectors(previous, keys)
    except RecordError as error:
        log.warning("no vectors are taken over from %s: %s", previous.folder.name, error)
        return None


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(texts)
    while batch := list(itertools.islice(remaining, BATCH)):
        yield batch


def _parts(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(keys)
    while part := list(itertools.islice(remaining, BLOCK)):
        yield part
