"""A record in an engine, read as a local one is: the same candidates, scores and texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index import query_embedder, reader_models
from index.embedding import Embedder
from index.errors import IndexCorrupt, IndexMismatch
from index.lexicon import Lexicon
from index.manifest import Manifest
from index.reader_models import ReaderModel, Role
from index.recently_used import RecentlyUsed
from index.searchable import EVERYTHING, Candidates, FloatArray, IntArray, PassageFilter
from index.stores import layout
from index.stores.engine import Engine, Row
from index.stores.files import StoredFiles
from index.stores.filters import All, Compare, OneOf, of_documents
from index.stores.layout import Names
from index.stores.lexical import EngineLexical, StoredTerms
from index.types import Document, Passage

KEPT_PASSAGE_BYTES = 32_000_000
KEPT_DOCUMENT_CHARACTERS = 8_000_000
DOCUMENTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Stored:
    """A passage as it was read from the engine."""

    passage: Passage
    vector: FloatArray
    sentences: npt.NDArray[np.float16]
    terms: tuple[IntArray, FloatArray]

    @property
    def bytes(self) -> int:
        """About the memory that it takes."""
        arrays = (self.vector, self.sentences, *self.terms)
        return len(self.passage.text) + sum(array.nbytes for array in arrays)


class EngineRecord:
    """One generation of a record in an engine; see ``index.searchable.Searchable``.

    A generation never changes, so that what was read is kept in memory, within bounds.
    """

    def __init__(self, engine: Engine, names: Names, cache: Path | None = None) -> None:
        """Raises IndexNotFound, IndexCorrupt, IndexMismatch or StoreUnavailable."""
        self._engine = engine
        self._files = StoredFiles(engine, names, cache)
        self._names = names
        self._lists = int(self._files.facts()["nprobe"]) or None
        self._terms = StoredTerms(self._files)
        self._lexical = EngineLexical(engine, names, self._terms, self.manifest.counts["documents"])
        self._lexicon = Lexicon.from_bytes(self._files.read("lexicon.json"))
        self._embedder = query_embedder.open_query_embedder(self._files)
        if self._embedder.dim != self.manifest.model["dim"]:
            raise IndexMismatch(
                f"the record has vectors of {self.manifest.model['dim']}, the model "
                f"{self.manifest.model['name']} gives {self._embedder.dim}: build it again"
            )
        self._passages: RecentlyUsed[int, _Stored] = RecentlyUsed(
            KEPT_PASSAGE_BYTES, lambda stored: stored.bytes
        )
        self._documents: RecentlyUsed[str, tuple[int, Document]] = RecentlyUsed(
            KEPT_DOCUMENT_CHARACTERS, lambda numbered: len(numbered[1].text)
        )

    @property
    def manifest(self) -> Manifest:
        """What the generation was made of."""
        return self._files.manifest

    @property
    def lexicon(self) -> Lexicon:
        """Acronyms and words of the record."""
        return self._lexicon

    @property
    def embedder(self) -> Embedder:
        """Gives a question's vector."""
        return self._embedder

    @property
    def term_statistics(self) -> "StoredTerms":
        """Of the passages with their titles and headings."""
        return self._terms

    def open_model(self, role: Role) -> ReaderModel | None:
        """The model that is to read; None when the record names none for ``role``."""
        name = self.manifest.reader if role == "reader" else self.manifest.span_reader
        return None if name is None else reader_models.load(self._files, role, name)

    def candidates(
        self,
        vector: FloatArray,
        terms: Sequence[str],
        depth: int,
        where: PassageFilter = EVERYTHING,
    ) -> Candidates:
        """The ``depth`` nearest and the ``depth`` best by BM25, each row once."""
        # A filter looks at every list: those that pass it may be in any.
        lists = self._lists if where == EVERYTHING else None
        condition = of_documents(where)
        ids = self._engine.nearest(
            self._names.passages, "vector", vector.tolist(), depth, condition, lists
        )
        near = np.asarray([int(i) for i in ids], dtype=np.int64)
        worded = self._lexical.candidates(terms, depth, where)
        scores = self._bm25(worded, terms)
        pool = np.union1d(near, worded[np.lexsort((worded, -scores))[:depth]])
        stored = self._stored(pool.tolist())
        if not stored:
            return Candidates(pool, np.zeros(0, np.float32), np.zeros(0, np.float32))
        vectors = np.stack([one.vector for one in stored])
        cosines = np.asarray(vectors @ vector, dtype=np.float32)
        return Candidates(pool, cosines, self._bm25(pool, terms))

    def sentence_vectors_of(self, rows: Sequence[int]) -> list[npt.NDArray[np.float16]]:
        """For each of ``rows`` float16 ``(sentences, dim)``."""
        return [one.sentences for one in self._stored(rows)]

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at ``rows``, in that order."""
        return [one.passage for one in self._stored([int(row) for row in rows])]

    def document(self, doc_id: str) -> Document | None:
        """One document, or None when the record has none of that id."""
        return self.documents_by_id([doc_id]).get(doc_id)

    def documents_by_id(self, doc_ids: Iterable[str]) -> Mapping[str, Document]:
        """The documents of these ids that the record has."""
        return {doc_id: one for doc_id, (_, one) in self._numbered(doc_ids).items()}

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """The documents in the order of the corpus."""
        total = self.manifest.counts["documents"]
        end = total if limit is None else min(total, offset + limit)
        found: list[Document] = []
        for first in range(offset, end, DOCUMENTS_AT_ONCE):
            last = min(end, first + DOCUMENTS_AT_ONCE)
            bounds = (Compare("number", ">=", first), Compare("number", "<", last))
            condition = All((*bounds, Compare("part", "==", 0)))
            heads = self._engine.rows(self._names.documents, condition, ["doc_id", "number"])
            heads.sort(key=lambda row: int(row["number"]))
            known = self._numbered([str(row["doc_id"]) for row in heads])
            found += [known[str(row["doc_id"])][1] for row in heads]
        return found

    def documents_with(self, terms: Sequence[str], most: int) -> list[Document]:
        """The documents of the ``most`` passages best by BM25, in the order of the corpus."""
        rows = self._lexical.candidates(terms, most, EVERYTHING)[:most]
        ids = [layout.passage_id(int(row)) for row in rows]
        heads = self._engine.fetch(self._names.passages, ids, ["doc_id"], step=1_000)
        found = self._numbered({str(row["doc_id"]) for row in heads.values()})
        return [document for _, document in sorted(found.values(), key=lambda one: one[0])]

    def close(self) -> None:
        """End the connection, which is this record's own."""
        self._engine.close()

    def _bm25(self, rows: IntArray, terms: Sequence[str]) -> FloatArray:
        """Float32 ``(len(rows),)``: added up in the order of the terms, as a local index does."""
        stored = self._stored(rows.tolist())
        scores = np.zeros(len(stored), dtype=np.float32)
        for number in self._terms.numbers(terms):
            for place, one in enumerate(stored):
                at = int(np.searchsorted(one.terms[0], number))
                if at < len(one.terms[0]) and one.terms[0][at] == number:
                    scores[place] += one.terms[1][at]
        return scores

    def _stored(self, rows: Sequence[int]) -> list[_Stored]:
        found = self._passages.get_all(rows, self._fetch_passages)
        missing = [row for row in rows if row not in found]
        if missing:
            raise IndexCorrupt(
                f"{self._names.passages}: row {missing[0]} is missing: publish again"
            )
        return [found[row] for row in rows]

    def _fetch_passages(self, rows: Sequence[int]) -> dict[int, _Stored]:
        ids = [layout.passage_id(row) for row in rows]
        found = self._engine.fetch(self._names.passages, ids, layout.PASSAGE_FIELDS)
        for row in found.values():
            layout.check(row, layout.passage_digest(row))
        continue_values(self._engine, self._names, list(found.values()))
        return {int(row["id"]): self._of_row(row) for row in found.values()}

    def _of_row(self, row: Row) -> _Stored:
        vector = np.asarray(row["vector"], dtype=np.float32)
        sentences = layout.from_text(row["sentences"], "<f2").reshape(-1, len(vector))
        return _Stored(layout.passage_of(row), vector, sentences, layout.terms_of(row))

    def _numbered(self, doc_ids: Iterable[str]) -> dict[str, tuple[int, Document]]:
        wanted = list(dict.fromkeys(doc_ids))
        found: dict[str, tuple[int, Document]] = {}
        for first in range(0, len(wanted), DOCUMENTS_AT_ONCE):
            some = wanted[first : first + DOCUMENTS_AT_ONCE]
            found |= self._documents.get_all(some, self._fetch_documents)
        return found

    def _fetch_documents(self, doc_ids: Sequence[str]) -> dict[str, tuple[int, Document]]:
        condition = All((OneOf("doc_id", tuple(doc_ids)), Compare("part", "==", 0)))
        heads = self._engine.rows(self._names.documents, condition, ["number", "parts"])
        return {
            document.doc_id: (number, document)
            for number, document in read_documents(
                self._engine,
                self._names,
                [(int(head["number"]), int(head["parts"])) for head in heads],
            )
        }


def read_documents(
    engine: Engine, names: Names, numbers: Sequence[tuple[int, int]]
) -> list[tuple[int, Document]]:
    """Documents by their number and how many parts each has. Raises IndexCorrupt."""
    ids = {n: [layout.document_id(n, part) for part in range(parts)] for n, parts in numbers}
    wanted = [one for own in ids.values() for one in own]
    fields = (*layout.DOCUMENT_FIELDS,)
    rows = engine.fetch(names.documents, wanted, fields)
    for one in wanted:
        if one not in rows:
            raise IndexCorrupt(f"{names.documents}: {one} is missing: publish the record again")
        layout.check(rows[one], layout.document_digest(rows[one]))
    return [
        (number, layout.document_of([rows[one]["data"] for one in own]))
        for number, own in ids.items()
    ]


def continue_values(engine: Engine, names: Names, rows: Sequence[Row]) -> None:
    """Complete those values of passages' rows that did not fit them. Raises IndexCorrupt."""
    wanted: dict[str, tuple[Row, str]] = {}
    for row in rows:
        for field, count in zip(layout.VALUES, row["continued"].split(","), strict=True):
            for part in range(1, int(count) + 1):
                wanted[layout.continued_id(int(row["id"]), field, part)] = (row, field)
    found = engine.fetch(names.parts, list(wanted), layout.PART_FIELDS) if wanted else {}
    for identifier, (row, field) in wanted.items():
        if identifier not in found:
            raise IndexCorrupt(f"{names.parts}: {identifier} is missing: publish again")
        layout.check(found[identifier], layout.part_digest(found[identifier]))
        row[field] += found[identifier]["data"]
