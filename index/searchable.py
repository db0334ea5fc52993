"""What a service needs of a record, wherever it is kept: in local files or in an engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.embedding import Embedder
from index.lexicon import Lexicon
from index.manifest import Manifest
from index.reader_models import ReaderModel, Role
from index.types import Document, Passage

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PassageFilter:
    """Restricts the documents whose passages are searched; every part that is given must hold.

    Dates are ISO ``YYYY-MM-DD``, both inclusive. A document without a date passes no date.
    """

    doc_ids: tuple[str, ...] = ()
    published_from: str | None = None
    published_to: str | None = None
    publishers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """By their first code, in lower case: ``en`` is also ``en-US``."""


EVERYTHING = PassageFilter()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages found by either search, by rising row. The three arrays are of one length."""

    rows: IntArray
    cosines: FloatArray
    """Cosine of question and passage, -1 to 1."""
    bm25: FloatArray
    """BM25 of the question's terms, 0 and up; exact, also of what the dense search alone found."""


class TermStatistics(Protocol):
    """How often terms occur in a record."""

    def document_frequency(self, term: str) -> int:
        """In how many passages ``term`` occurs."""
        ...

    def idf(self, term: str) -> float:
        """Lucene's inverse document frequency, ``ln(1 + (N - n + .5) / (n + .5))``."""
        ...


class Searchable(Protocol):
    """One generation of a record, opened for answering. Safe to use from several threads.

    Rows number the passages from 0. Every method that may have to ask an engine takes all that is
    wanted at once, and raises StoreUnavailable when the engine does not answer in time.
    """

    @property
    def manifest(self) -> Manifest:
        """What the generation was made of."""
        ...

    @property
    def lexicon(self) -> Lexicon:
        """Acronyms and words of the record."""
        ...

    @property
    def embedder(self) -> Embedder:
        """Gives a question's vector, in the space of the passages' vectors."""
        ...

    @property
    def term_statistics(self) -> TermStatistics:
        """Of the passages with their titles and headings, as BM25 sees them."""
        ...

    def open_model(self, role: Role) -> ReaderModel | None:
        """The model that is to read; None when the record names none for ``role``.

        Raises IndexMismatch when another one of that name is installed, and IndexCorrupt.
        """
        ...

    def candidates(
        self,
        vector: FloatArray,
        terms: Sequence[str],
        depth: int,
        where: PassageFilter = EVERYTHING,
    ) -> Candidates:
        """The ``depth`` nearest to a unit vector and the ``depth`` best by BM25, each row once.

        ``vector`` is float32 ``(dim,)``. A filter never costs recall.
        """
        ...

    def sentence_vectors_of(self, rows: Sequence[int]) -> list[npt.NDArray[np.float16]]:
        """For each of ``rows`` float16 ``(sentences, dim)``, rows of about unit length."""
        ...

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at ``rows``, in that order."""
        ...

    def document(self, doc_id: str) -> Document | None:
        """One document, or None when the record has none of that id."""
        ...

    def documents_by_id(self, doc_ids: Iterable[str]) -> Mapping[str, Document]:
        """The documents of these ids; those that the record does not have are left out."""
        ...

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """The documents in the order of the corpus, from ``offset`` on and at most ``limit``."""
        ...

    def documents_with(self, terms: Sequence[str], most: int) -> list[Document]:
        """The documents of the ``most`` passages best by BM25, in the order of the corpus."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...
