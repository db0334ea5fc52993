"""A local generation into an engine: every row written, read back by digest, then the switch."""

import itertools
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.errors import IndexCorrupt, StoreUnavailable
from index.generations import MANIFEST, Generation
from index.progress import Advance, Progress
from index.record_store import RecordStore
from index.stores import layout, recall, schema
from index.stores.engine import NAMES, WRITE_S, Engine, Row
from index.stores.layout import Names
from index.stores.schema import VectorOptions
from index.vector_index import VectorIndex

log = logging.getLogger(__name__)

REBUILT = frozenset(
    "record.sqlite passages.faiss sentences.npy lexical/scores.npy lexical/rows.npy".split()
)
"""Files whose content is in the rows; all others are stored as they are."""
FACTS = "facts.json"
BATCH_ROWS = 1_000
BATCH_BYTES = 8 * 1024 * 1024
ROWS_AT_ONCE = 50_000
"""Passages whose terms are sorted at once."""
RETRIES = 6
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a publication."""

    written: int
    """Rows that were not there yet, or not as they should be."""
    total: int


def publish(
    generation: Generation,
    engine: Engine,
    progress: Progress,
    keep: int = 3,
    options: VectorOptions = VectorOptions(),
) -> Published:
    """Make ``generation`` the one that the record's alias names, then drop all but ``keep``.

    Whoever is interrupted begins again and writes only what is missing. Raises StoreUnavailable
    when the engine stays away, and IndexCorrupt when a file is damaged or rows do not read back.
    """
    names = Names.of(engine.url.record, generation.manifest.generation)
    source = _Source(generation)
    try:
        fresh = _patiently(lambda: schema.make(engine, names, source.dim, source.passages, options))
        writer = _Writer(engine, fresh)
        counts = dict.fromkeys(names.all, 0)
        sparse = engine.capabilities.sparse
        with progress.task("publish", source.passages) as advance:
            # Not taken up by any service until the alias is switched.
            writer.write(names.parts, source.files(), counts)
            if not sparse:
                writer.write(names.parts, source.postings(), counts)
            writer.write(names.documents, source.documents(), counts)
            for rows, more in source.rows(sparse, advance):
                writer.write(names.parts, more, counts)
                writer.write(names.passages, rows, counts)
        facts = {"nprobe": 0}
        if source.passages > options.above and not engine.url.embedded:
            _patiently(lambda: schema.settle(engine, {names.passages: counts[names.passages]}))
            facts["nprobe"] = recall.probes(engine, names, source.queries(), options)
        parts = [*_blob(FACTS, json.dumps(facts).encode()), *source.manifest()]
        writer.write(names.parts, parts, counts)
        _patiently(lambda: schema.settle(engine, counts))
        _patiently(lambda: schema.switch(engine, names))
        schema.drop_old(engine, names, keep)
        return Published(writer.written, sum(counts.values()))
    finally:
        source.close()


class _Writer:
    """Writes what is missing, in batches, and reads its digests back."""

    def __init__(self, engine: Engine, fresh: bool) -> None:
        self.written = 0
        self._engine = engine
        self._fresh = fresh

    def write(self, collection: str, rows: Iterable[Row], counts: dict[str, int]) -> None:
        filled = {"vector": [1.0, 0.0]}
        passages = collection.endswith("__passages")
        for batch in _batches(rows):
            whole = batch if passages else [row | filled for row in batch]
            missing = whole if self._fresh else self._missing(collection, whole)
            if missing:
                _patiently(partial(self._engine.upsert, collection, missing))
                left = self._missing(collection, missing)
                if left:
                    raise IndexCorrupt(
                        f"store {self._engine.url}: row {left[0]['id']} of {collection} does not "
                        "read back as it was written: publish the record again"
                    )
            self.written += len(missing)
            counts[collection] += len(batch)

    def _missing(self, collection: str, rows: list[Row]) -> list[Row]:
        ids = [row["id"] for row in rows]
        fetch = partial(self._engine.fetch, freshness="Session", limit_s=WRITE_S, step=NAMES)
        found = _patiently(partial(fetch, collection, ids, ["digest"]))
        return [row for row in rows if found.get(row["id"], {}).get("digest") != row["digest"]]


class _Source:
    """What a local generation holds, as rows; its files are verified first."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._hold = generation.hold()
        self._vectors = VectorIndex.mapped(generation.verify("passages.faiss"))
        self._sentences = self._array("sentences.npy")
        self._terms = {n: self._array(f"lexical/{n}.npy") for n in ("scores", "rows", "starts")}
        self._vocabulary = len(json.loads(generation.read("lexical/vocabulary.json")))
        self._store = RecordStore(generation.verify("record.sqlite"))
        self.dim = self._vectors.dim
        self.passages = self._vectors.size

    def close(self) -> None:
        self._store.close()
        self._hold.close()

    def files(self) -> Iterator[Row]:
        for name in self._generation.manifest.files:
            if name not in REBUILT:
                yield from _blob(name, self._generation.read(name))

    def manifest(self) -> Iterator[Row]:
        """Written last: a generation with a manifest is whole."""
        return _blob(MANIFEST, self._generation.manifest.to_json())

    def postings(self) -> Iterator[Row]:
        starts = self._terms["starts"]
        for number, (first, end) in enumerate(itertools.pairwise(starts.tolist())):
            rows = np.asarray(self._terms["rows"][first:end], dtype=np.int64)
            weights = np.asarray(self._terms["scores"][first:end], dtype=np.float32)
            for part, data in enumerate(layout.posting_parts(rows, weights)):
                yield layout.part_row(layout.part_id("postings", str(number), part), data)

    def documents(self) -> Iterator[Row]:
        first = 0
        for number in range(self._generation.manifest.counts["documents"]):
            (document,) = self._store.documents(number, 1)
            end = first + len(self._store.rows([document.doc_id]))
            yield from layout.document_rows(number, document, (first, end))
            first = end

    def rows(self, sparse: bool, advance: Advance) -> Iterator[tuple[list[Row], list[Row]]]:
        """Passages' rows, and rows of parts for what did not fit them."""
        starts = [*self._store.first_sentences(), len(self._sentences)]
        made: list[Row] = []
        more: list[Row] = []
        for number in range(self._generation.manifest.counts["documents"]):
            (document,) = self._store.documents(number, 1)
            rows = self._store.rows([document.doc_id])
            vectors = self._vectors.vectors_at(np.asarray(rows, dtype=np.int64))
            for passage, vector in zip(self._store.passages(rows), vectors, strict=True):
                row = passage.row
                sentences = self._sentences[starts[row] : starts[row + 1]]
                terms = self._terms_of(row)
                one, rest = layout.passage_rows(passage, document, vector, sentences, terms)
                if sparse:
                    pairs = zip(terms[0].tolist(), terms[1].tolist(), strict=True)
                    # An engine refuses an empty sparse vector; no question has this dimension.
                    one["weights"] = dict(pairs) | {self._vocabulary: 1.0}
                made.append(one)
                more += rest
            if len(made) >= BATCH_ROWS:
                yield made, more
                advance(len(made))
                made, more = [], []
        yield made, more
        advance(len(made))

    def queries(self) -> npt.NDArray[np.float32]:
        """Sentences are the nearest that a record has to questions."""
        step = max(1, len(self._sentences) // recall.QUERIES)
        return np.asarray(self._sentences[::step][: recall.QUERIES], dtype=np.float32)

    _range = (0, 0)
    _by_row: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]] | None = None

    def _terms_of(self, row: int) -> tuple[layout.IntArray, layout.FloatArray]:
        first, end = self._range
        if not first <= row < end:
            first = row // ROWS_AT_ONCE * ROWS_AT_ONCE
            end = first + ROWS_AT_ONCE
            self._range, self._by_row = (first, end), self._sorted(first, end)
        assert self._by_row is not None
        numbers, weights, starts = self._by_row
        own = slice(int(starts[row - first]), int(starts[row - first + 1]))
        return numbers[own], weights[own]

    def _sorted(
        self, first: int, end: int
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Terms and weights by passage, and where each passage of the range begins."""
        indices = self._terms["rows"]
        entries = np.flatnonzero((indices >= first) & (indices < end))
        rows = np.asarray(indices[entries], dtype=np.int64) - first
        entries = entries[np.argsort(rows, kind="stable")]
        numbers = np.searchsorted(self._terms["starts"], entries, side="right") - 1
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=end - first))])
        weights = np.asarray(self._terms["scores"][entries], dtype=np.float32)
        return numbers.astype(np.int64), weights, starts

    def _array(self, name: str) -> npt.NDArray[Any]:
        path = self._generation.verify(name)
        found: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return found


def _blob(name: str, data: bytes) -> Iterator[Row]:
    for part, text in enumerate(layout.blob_parts(data)):
        yield layout.part_row(layout.part_id("file", name, part), text)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """``rows`` in lists of at most 1,000 and about 8 MB, the size of a message."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        own = sum(len(v) * (4 if isinstance(v, str) else 8) for v in row.values() if _sized(v))
        if batch and (len(batch) == BATCH_ROWS or size + own > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += own
    if batch:
        yield batch


def _sized(value: object) -> bool:
    return isinstance(value, str | list | dict)


def _patiently(work: Callable[[], T]) -> T:
    """Do ``work``; while the engine is away, again, for about a minute. It may be repeated."""
    for attempt in range(RETRIES):
        try:
            return work()
        except StoreUnavailable as error:
            if attempt == RETRIES - 1:
                raise
            log.warning("%s: trying again", error)
            time.sleep(2.0**attempt)
    raise AssertionError("unreachable")
