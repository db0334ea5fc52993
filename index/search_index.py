"""A local generation opened for answering: every file verified, then loaded."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from index import generations, reader_models
from index.embedding import Embedder
from index.errors import IndexCorrupt, IndexMismatch, RecordError
from index.generations import Generation
from index.lexical_index import LexicalIndex, best_rows
from index.lexicon import Lexicon
from index.manifest import Manifest
from index.query_embedder import open_query_embedder as _query_embedder
from index.reader_models import ReaderModel, Role
from index.record_store import RecordStore
from index.row_file import RowFile
from index.searchable import EVERYTHING, Candidates, FloatArray, IntArray, PassageFilter
from index.types import Document, Passage
from index.vector_graph import VectorGraph
from index.vector_index import VectorIndex
from index.verified_files import VerifiedFiles

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """A local record, as ``index.searchable.Searchable`` says. Rows are the same in all parts."""

    generation: Generation
    store: RecordStore
    vectors: VectorIndex
    sentence_vectors: npt.NDArray[np.float16] | RowFile
    """float16 ``(sentences, dim)``, rows of about unit length, in the order of the record."""
    first_sentences: npt.NDArray[np.int64]
    """``(passages + 1,)``: passage ``r`` has the sentences ``first[r]`` to ``first[r + 1]``."""
    lexical: LexicalIndex
    lexicon: Lexicon
    embedder: Embedder
    graph: VectorGraph | None = None
    """For large records; without it every vector is compared."""
    hold: BinaryIO | None = None
    """Keeps the generation's files from being removed while they are read."""

    @property
    def manifest(self) -> Manifest:
        """What the generation was made of."""
        return self.generation.manifest

    @property
    def term_statistics(self) -> LexicalIndex:
        """Of the passages with their titles and headings."""
        return self.lexical

    def open_model(self, role: Role) -> ReaderModel | None:
        """The model that is to read; None when the index names none for ``role``.

        Raises IndexMismatch when another one of that name is installed, and IndexCorrupt.
        """
        name = self.manifest.reader if role == "reader" else self.manifest.span_reader
        return None if name is None else reader_models.load(self.generation, role, name)

    def candidates(
        self,
        vector: FloatArray,
        terms: Sequence[str],
        depth: int,
        where: PassageFilter = EVERYTHING,
    ) -> Candidates:
        """The ``depth`` nearest and the ``depth`` best by BM25, each row once."""
        rows = self._allowed(where)
        lexical = self.lexical.scores(terms)
        pool = np.union1d(self.nearest(vector, depth, rows), best_rows(lexical, depth, rows))
        return Candidates(pool, self.vectors.cosines(vector, pool), lexical[pool])

    def sentence_vectors_of(self, rows: Sequence[int]) -> list[npt.NDArray[np.float16]]:
        """For each of ``rows`` float16 ``(sentences, dim)``."""
        first = self.first_sentences
        return [self.sentence_vectors[first[r] : first[r + 1]] for r in rows]

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at ``rows``, in that order."""
        return self.store.passages(rows)

    def document(self, doc_id: str) -> Document | None:
        """One document, or None when the record has none of that id."""
        return self.store.document(doc_id)

    def documents_by_id(self, doc_ids: Iterable[str]) -> dict[str, Document]:
        """The documents of these ids that the record has."""
        found = {doc_id: self.store.document(doc_id) for doc_id in doc_ids}
        return {doc_id: document for doc_id, document in found.items() if document is not None}

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """The documents in the order of the corpus."""
        return self.store.documents(offset, limit)

    def documents_with(self, terms: Sequence[str], most: int) -> list[Document]:
        """The documents of the ``most`` passages best by BM25, in the order of the corpus."""
        return self.store.documents_of(best_rows(self.lexical.scores(terms), most, None))

    def nearest(
        self, query: npt.NDArray[np.float32], k: int, rows: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.int64]:
        """Rows of the ``k`` passages nearest to a unit vector, best first.

        Exact in small records and among given ``rows``, so that a filter never costs recall; in
        large ones through the graph, with the recall that the manifest states.
        """
        if self.graph is not None and rows is None:
            return self.graph.search(query, k)[1]
        return self.vectors.search(query, k, rows)[1]

    def _allowed(self, where: PassageFilter) -> IntArray | None:
        if where == EVERYTHING:
            return None
        return self.store.rows(
            where.doc_ids,
            where.published_from,
            where.published_to,
            where.publishers,
            where.languages,
        )

    def close(self) -> None:
        """Release the files."""
        self.store.close()
        if isinstance(self.sentence_vectors, RowFile):
            self.sentence_vectors.close()
        if self.hold is not None:
            self.hold.close()


def open_index(root: Path, name: str | None = None) -> SearchIndex:
    """Open the current generation, or the newest older one that is whole.

    With ``name``, open that generation and no other.

    Raises IndexNotFound when nothing is published, and the current generation's own error when no
    generation can be used.
    """
    if name is not None:
        return load(generations.open_generation(root, name))
    first_error: RecordError | None = None
    for name in generations.candidates(root):
        try:
            opened = load(generations.open_generation(root, name))
        except RecordError as error:
            log.error("generation %s cannot be used: %s", name, error)
            first_error = first_error or error
            continue
        if first_error is not None:
            log.warning("serving the older generation %s instead", name)
        return opened
    if first_error is None:
        raise IndexCorrupt(
            f"{root / 'generations'} is empty: {generations.BUILD_HINT.format(root)}"
        )
    raise first_error


def load(generation: Generation) -> SearchIndex:
    """Load one generation and hold it, so that no build removes it before ``close``.

    Raises IndexCorrupt naming the file that is damaged.
    """
    hold = generation.hold()
    try:
        return _load(generation, hold)
    except BaseException:
        hold.close()
        raise


def _load(generation: Generation, hold: BinaryIO) -> SearchIndex:
    manifest = generation.manifest
    files = VerifiedFiles(generation)
    vectors = _vectors(files)
    graph = None
    if "graph.faiss" in manifest.files:
        graph = _graph(files, vectors, manifest.model["search"]["width"])
    sentences = files.rows("sentences.npy")
    lexical = LexicalIndex.load(
        lambda name: files.read(f"lexical/{name}"), lambda name: files.array(f"lexical/{name}")
    )
    embedder = _query_embedder(generation)
    if embedder.dim != vectors.dim:
        raise IndexMismatch(
            f"the index has vectors of {vectors.dim}, the model {manifest.model['name']} gives "
            f"{embedder.dim}: build the index again"
        )
    lexicon = Lexicon.from_bytes(files.read("lexicon.json"))
    for name in manifest.files:
        if name.startswith(("reader/", "span_reader/")):
            files.path(name)
    # Last: it is a file that stays open, and nothing after it may fail.
    store = RecordStore(files.path("record.sqlite"))
    return SearchIndex(
        generation=generation,
        hold=hold,
        store=store,
        vectors=vectors,
        graph=graph,
        sentence_vectors=sentences,
        first_sentences=np.append(store.first_sentences(), len(sentences)),
        lexical=lexical,
        lexicon=lexicon,
        embedder=embedder,
    )


def _vectors(files: VerifiedFiles) -> VectorIndex:
    name = "passages.faiss"
    if files.is_large(name):
        return VectorIndex.mapped(files.path(name))
    return VectorIndex.from_bytes(files.read(name))


def _graph(files: VerifiedFiles, vectors: VectorIndex, width: int) -> VectorGraph:
    name = "graph.faiss"
    if files.is_large(name):
        return VectorGraph.mapped(files.path(name), vectors, width)
    return VectorGraph.from_bytes(files.read(name), vectors, width)
