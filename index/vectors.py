"""The vectors of a new generation: taken over where nothing changed, embedded where it did.

Three sources, in this order: the newest generation whose vectors were made alike, the journal of a
build that was killed or of vectors made on other machines, the embedder. All three give the same
bits, so an index does not tell how often it was built. Memory is bounded by a batch, but for the
passages' own vectors.
"""

import hashlib
import itertools
import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from index.encoders import Encoder, kept_files
from index.errors import RecordError
from index.generations import Generation
from index.progress import Advance, Progress
from index.record_store import RecordStore
from index.vector_graph import QUERIES, GraphFacts, GraphOptions, VectorGraph
from index.vector_index import VectorIndex
from index.vector_journal import VectorJournal
from index.vector_shards import SHARDS, take_over
from index.vector_sources import DTYPES, Keys, Kind, PublishedVectors

CACHE = "embeddings"
GRAPH = "graph.faiss"
BATCH = 512
"""Passages that are in memory at once, with their sentences."""
BLOCK = 128
"""Vectors a block of the journal: what a kill costs at most."""
log = logging.getLogger(__name__)
Rows = npt.NDArray[np.floating[Any]]


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
        self._shards = journal.parent / SHARDS
        self.taken = self.take_over()

    def take_over(self) -> int:
        """Put the vectors of shards that lie ready into the journal; return how many."""
        return take_over(self._shards, self._keys.space, self._journal)

    def missing(self, texts: Iterable[tuple[Kind, str]]) -> Iterator[tuple[Kind, bytes, str]]:
        """The different ones of ``texts`` that are in no source, each with its key."""
        seen = set[bytes]()
        for kind, text in texts:
            key = self._keys.of(kind, text)
            if key not in seen and self._found(kind, key) is None:
                seen.add(key)
                yield kind, key, text

    def vectors(self, kind: Kind, texts: Sequence[str], advance: Advance) -> Rows:
        """The vectors of ``texts``, ``(n, dim)``, in the type that ``kind`` is stored in."""
        keys = [self._keys.of(kind, text) for text in texts]
        rows = {key: self._found(kind, key) for key in keys}
        new = {key: text for key, text in zip(keys, texts, strict=True) if rows[key] is None}
        remaining = iter(new)
        while part := list(itertools.islice(remaining, BLOCK)):
            embedder = self._encoder.open()
            made = embedder.encode([new[key] for key in part], advance).astype(DTYPES[kind])
            self._journal.append(part, made)
            rows.update(zip(part, made, strict=True))
        self.made += len(new)
        self.total += len(texts)
        return np.stack([row for key in keys if (row := rows[key]) is not None])

    def _found(self, kind: Kind, key: bytes) -> Rows | None:
        if self._published is not None and (row := self._published.get(kind, key)) is not None:
            return row
        data = self._journal.get(key)
        return None if data is None else np.frombuffer(data, dtype=DTYPES[kind])

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
    published = published_vectors(previous, keys)
    store = RecordStore(folder / "record.sqlite")
    index: VectorIndex | None = None
    try:
        with (
            VectorMaker(encoder, keys, published, cache / "journal") as maker,
            (folder / "sentences.npy").open("wb") as file,
            progress.task("embed", count(maker.missing(of_all_kinds(store)))) as advance,
        ):
            for batch in _batches(store):
                passages = maker.vectors("passage", [text for text, _ in batch], advance)
                sentences = maker.vectors("sentence", [s for _, ss in batch for s in ss], advance)
                if index is None:
                    index = VectorIndex.empty(passages.shape[1])
                    _write_header(file, store.sentence_count(), index.dim)
                index.add(passages)
                file.write(sentences.tobytes())
        if index is None:
            raise ValueError("the record holds no passage")
        with (folder / "passages.faiss").open("wb") as file:
            index.write(file)
        return Embedded(index.dim, maker.made, maker.total - maker.made)
    finally:
        store.close()


def write_graph(
    folder: Path,
    passages: int,
    options: GraphOptions,
    previous: Generation | None,
    progress: Progress,
) -> GraphFacts | None:
    """Write ``graph.faiss`` over the vectors in ``folder`` when there are many; else None.

    The graph of ``previous`` is taken over when its vectors and its settings are the same.
    """
    if passages <= options.above:
        return None
    taken = _same_graph(folder, options, previous)
    if taken is not None:
        return taken
    vectors = VectorIndex.mapped(folder / "passages.faiss")
    with progress.task("link", None) as advance:
        graph = VectorGraph.build(vectors, options)
        advance(passages)
    sentences = np.load(folder / "sentences.npy", mmap_mode="r", allow_pickle=False)
    # Sentences are the nearest that a record has to questions.
    step = max(1, len(sentences) // QUERIES)
    queries = np.asarray(sentences[::step][:QUERIES], dtype=np.float32)
    facts = graph.measure(queries, options.recall)
    (folder / GRAPH).write_bytes(graph.to_bytes())
    return facts


def _same_graph(
    folder: Path, options: GraphOptions, previous: Generation | None
) -> GraphFacts | None:
    if previous is None or GRAPH not in previous.manifest.files:
        return None
    with (folder / "passages.faiss").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = previous.manifest
    if digest != manifest.files["passages.faiss"]["sha256"] or manifest.settings.get(
        "graph"
    ) != asdict(options):
        return None
    try:
        shutil.copyfile(previous.verify(GRAPH), folder / GRAPH)
    except RecordError as error:
        log.warning("the graph is built again: %s", error)
        return None
    found = dict(manifest.model["search"])
    del found["method"]
    return GraphFacts(**found)


def of_all_kinds(store: RecordStore) -> Iterator[tuple[Kind, str]]:
    """Every text of the record that has a vector, in the order of the index."""
    for text, sentences in store.texts():
        yield "passage", text
        for sentence in sentences:
            yield "sentence", sentence


def count(items: Iterable[object]) -> int:
    """How many ``items`` there are; none is kept."""
    return sum(1 for _ in items)


def _batches(store: RecordStore) -> Iterator[list[tuple[str, list[str]]]]:
    remaining = store.texts()
    while batch := list(itertools.islice(remaining, BATCH)):
        yield batch


def _write_header(file: BinaryIO, count: int, dim: int) -> None:
    """Begin a ``.npy`` file of ``(count, dim)``, to be followed by the rows."""
    header = {"descr": "<f2", "fortran_order": False, "shape": (count, dim)}
    np.lib.format.write_array_header_1_0(file, header)


def clean_up(cache: Path, encoder: Encoder) -> None:
    """After a publish, remove all that the published generation does not need."""
    kept = kept_files(encoder.facts)
    for path in cache.iterdir() if cache.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name not in kept:
            path.unlink(missing_ok=True)


def published_vectors(previous: Generation | None, keys: Keys) -> PublishedVectors | None:
    """What ``previous`` holds; None, with a warning in the log, when it cannot be used."""
    if previous is None:
        return None
    try:
        return PublishedVectors(previous, keys)
    except RecordError as error:
        log.warning("no vectors are taken over from %s: %s", previous.folder.name, error)
        return None
