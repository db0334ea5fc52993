"""Words in an engine: the record's own BM25 weights, found by sparse vectors or by postings."""

import io
import json
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from index.lexical_index import best_rows
from index.query_embedder import GenerationFiles
from index.searchable import EVERYTHING, FloatArray, IntArray, PassageFilter
from index.stores import layout
from index.stores.engine import MOST_ROWS, Engine
from index.stores.filters import All, Compare, of_documents
from index.stores.layout import Names

MOST_PARTS = 16
"""Parts of a term's postings that are read, the heaviest: 90,000 passages. Rarer terms, which is
nearly all of them, are searched wholly; of the most frequent ones the lightest are left out."""
KEPT_PARTS = 512
MARGIN = 10
"""So many more are found than asked for, so that equal scores can be put in order."""


class StoredTerms:
    """How often terms occur: the same numbers as in the local index; no postings."""

    def __init__(self, files: GenerationFiles) -> None:
        self._numbers: dict[str, int] = json.loads(files.read("lexical/vocabulary.json"))
        starts = np.load(io.BytesIO(files.read("lexical/starts.npy")), allow_pickle=False)
        self._frequencies = np.diff(starts)
        self.size = int(files.read("lexical/size.json"))

    def numbers(self, terms: Sequence[str]) -> list[int]:
        """The numbers of those of ``terms`` that the record has, in their order."""
        return [self._numbers[term] for term in terms if term in self._numbers]

    def frequency(self, number: int) -> int:
        """In how many passages the term of that number occurs."""
        return int(self._frequencies[number])

    def document_frequency(self, term: str) -> int:
        """In how many passages ``term`` occurs."""
        number = self._numbers.get(term)
        return 0 if number is None else self.frequency(number)

    def idf(self, term: str) -> float:
        """Lucene's inverse document frequency, ``ln(1 + (N - n + .5) / (n + .5))``."""
        n = self.document_frequency(term)
        return float(np.log1p((self.size - n + 0.5) / (n + 0.5)))


class EngineLexical:
    """Finds the passages in which a question's terms weigh most."""

    def __init__(self, engine: Engine, names: Names, terms: StoredTerms, documents: int) -> None:
        self._engine = engine
        self._documents = documents
        self._names = names
        self._terms = terms
        self._kept: OrderedDict[str, tuple[IntArray, FloatArray]] = OrderedDict()

    def candidates(self, terms: Sequence[str], depth: int, where: PassageFilter) -> IntArray:
        """Rows of at least the ``depth`` best by BM25, if so many have one above 0; best first."""
        numbers = self._terms.numbers(terms)
        if not numbers:
            return np.zeros(0, dtype=np.int64)
        if self._engine.capabilities.sparse:
            return self._by_sparse_vectors(numbers, depth, where)
        return self._by_postings(numbers, depth, where)

    def _by_sparse_vectors(
        self, numbers: Sequence[int], depth: int, where: PassageFilter
    ) -> IntArray:
        # A term that stands twice in the question counts twice.
        query = {number: float(numbers.count(number)) for number in numbers}
        limit = min(depth + MARGIN, MOST_ROWS)
        found = self._engine.nearest(
            self._names.passages, "weights", query, limit, of_documents(where)
        )
        return np.asarray([int(row) for row in found], dtype=np.int64)

    def _by_postings(self, numbers: Sequence[int], depth: int, where: PassageFilter) -> IntArray:
        wanted = {
            number: [
                layout.part_id("postings", str(number), part)
                for part in range(
                    min(MOST_PARTS, -(-self._terms.frequency(number) // layout.POSTINGS))
                )
            ]
            for number in numbers
        }
        parts = self._parts([one for own in wanted.values() for one in own])
        scores = np.zeros(self._terms.size, dtype=np.float32)
        for number in numbers:
            for one in wanted[number]:
                rows, weights = parts[one]
                scores[rows] += weights
        if where != EVERYTHING:
            scores[~self._allowed(where)] = 0.0
        pool = best_rows(scores, depth + MARGIN)
        return pool[np.lexsort((pool, -scores[pool]))]

    def _parts(self, ids: Sequence[str]) -> dict[str, tuple[IntArray, FloatArray]]:
        # Replaced as a whole, never changed: other threads may be looking at it.
        kept = dict(self._kept)
        found = {one: kept[one] for one in ids if one in kept}
        missing = [one for one in dict.fromkeys(ids) if one not in found]
        rows = self._engine.fetch(self._names.parts, missing, layout.PART_FIELDS)
        for one in missing:
            layout.check(rows[one], layout.part_digest(rows[one]))
            found[one] = layout.postings_of(rows[one]["data"])
        self._kept = OrderedDict([*kept.items(), *((o, found[o]) for o in missing)][-KEPT_PARTS:])
        return found

    def _allowed(self, where: PassageFilter) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether each row is of a document that passes; a document's rows stand together."""
        allowed = np.zeros(self._terms.size, dtype=np.bool_)
        last = -1
        while True:
            # Page by page over the numbers: a filter may let more pass than one answer holds.
            bounds = (
                Compare("part", "==", 0),
                Compare("number", ">", last),
                Compare("number", "<=", last + MOST_ROWS),
            )
            rows = self._engine.rows(
                self._names.documents,
                All((*of_documents(where).parts, *bounds)),
                ["first_row", "end_row"],
            )
            for row in rows:
                allowed[int(row["first_row"]) : int(row["end_row"])] = True
            last += MOST_ROWS
            if last >= self._documents:
                return allowed
