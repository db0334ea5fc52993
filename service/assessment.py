"""Reading the candidates and weighing what was found: from passages to probabilities."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from index.searchable import FloatArray, Searchable
from index.types import Document, Passage, ScoredPassage
from service import deadline
from service.acronym_reading import read_definition
from service.confidence import Calibration
from service.evidence import Evidence, EvidenceCollector
from service.query import Query
from service.reader import Reader, Reading
from service.retriever import Retriever
from service.windows import Window, windows_of

DEFINES = 10.0
"""Promise of a window that explains the acronym asked about: all such windows are read first."""
RETRIEVED, COVERED = 1.0, 2.0
"""Weights of the fused score and of the question's words beside log odds, in the order of
passages: a listwise fit on development data, rounded; ``benchmarks/passage_order.py``."""


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How much is read. Chosen on development data; ``docs/how-it-works.md`` has the curve."""

    words: int = 80
    """Longest window. Shorter ones cost less but tear apart what explains each other."""
    most: int = 8
    """Windows read for a question, at most."""
    clear: float = 0.65
    """From this probability of the best on, only what is nearly as promising is read besides."""
    near: float = 0.1
    """Windows whose promise is at most this much below the best's are nearly as promising."""
    behind: float = 0.8
    """Windows whose promise is further below the best's are not read at all."""
    passage: float = 4.0
    """Weight in the promise of the passage's fused score, beside the best sentence's cosine."""
    coverage: float = 0.25
    """Weight of the share of the question's words that the best sentence holds."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A window of a candidate passage, before it is read."""

    retrieved: ScoredPassage
    window: Window
    promise: float
    """How likely it is to hold the answer; higher is better."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A passage that was read, with the probability that it answers."""

    candidate: ScoredPassage
    document: Document
    reading: Reading
    evidence: Evidence
    probability: float
    sentence: tuple[int, int]
    """Document offsets of the sentence to mark."""


class Assessor:
    """Composes the reader, the evidence and the calibration over one index."""

    def __init__(
        self,
        index: Searchable,
        retriever: Retriever,
        reader: Reader,
        calibration: Calibration,
        options: ReadingOptions = ReadingOptions(),
    ) -> None:
        self._index = index
        self._retriever = retriever
        self._reader = reader
        self._calibration = calibration
        self._options = options
        self._collector = EvidenceCollector(index.term_statistics, index.lexicon)

    def assess(
        self, query: Query, vector: FloatArray, retrieved: Sequence[ScoredPassage]
    ) -> list[Assessed]:
        """Read the most promising windows, best first, until the answer is clear.

        Returns each passage that was read once: those that answer, as far as the threshold tells,
        before the others, and in both the best first, see ``rank``.
        """
        options = self._options
        waiting = self.candidates(query, vector, retrieved)
        most_promising = max((c.promise for c in waiting), default=0.0)
        read: list[Assessed] = []
        while room := min(self._reader.threads, options.most - len(read)):
            clear = any(a.probability >= options.clear for a in read)
            least = most_promising - (options.near if clear else options.behind)
            batch = [c for c in waiting[:room] if c.promise >= least]
            if not batch:
                break
            deadline.check()
            readings = self._reader.read(query.expanded, [c.window for c in batch])
            read += self._assessed(query, vector, batch, readings)
            read = self._compared(read)
            waiting = waiting[len(batch) :]
        likely = self._calibration.threshold
        passages = _best_of_each_passage(read)
        return sorted(passages, key=lambda a: (a.probability < likely, -rank(a)))

    def candidates(
        self, query: Query, vector: FloatArray, retrieved: Sequence[ScoredPassage]
    ) -> list[Candidate]:
        """All windows of the retrieved passages, the most promising first."""
        weights = self._collector.weights(query)
        found = []
        rows = [scored.passage.row for scored in retrieved]
        all_cosines = self._retriever.sentence_cosines(vector, rows)
        for scored, cosines in zip(retrieved, all_cosines, strict=True):
            passage = scored.passage
            for window in windows_of(passage, self._options.words):
                best = max(
                    float(cosines[n])
                    + self._options.coverage * self._collector.coverage(weights, text)
                    for n, text in zip(
                        range(window.first, window.end), _sentence_texts(window), strict=True
                    )
                )
                promise = best + self._options.passage * scored.score
                if query.definition and query.definition.settled_by(window.text):
                    promise += DEFINES
                found.append(Candidate(scored, window, promise))
        return sorted(found, key=lambda c: (-c.promise, c.window.passage.row, c.window.first))

    def _assessed(
        self,
        query: Query,
        vector: FloatArray,
        batch: Sequence[Candidate],
        readings: Sequence[Reading],
    ) -> list[Assessed]:
        passages = [candidate.window.passage for candidate in batch]
        documents = self._index.documents_by_id({p.doc_id for p in passages})
        cosines = self._retriever.sentence_cosines(vector, [p.row for p in passages])
        found = []
        for candidate, passage, reading, own in zip(
            batch, passages, readings, cosines, strict=True
        ):
            document = documents.get(passage.doc_id)
            if document is None:
                raise LookupError(f"passage {passage.passage_id} has no document in the store")
            if query.definition is not None:
                reading = read_definition(query.definition, candidate.window, reading)
            chosen = _sentence_of(reading, passage)
            evidence = self._collector.collect(
                query, candidate.retrieved, reading, chosen, document, float(own[chosen])
            )
            one = Assessed(
                candidate=candidate.retrieved,
                document=document,
                reading=reading,
                evidence=evidence,
                probability=self._calibration.probability(evidence),
                sentence=passage.sentences[chosen],
            )
            found.append(one)
        return found

    def _compared(self, read: Sequence[Assessed]) -> list[Assessed]:
        """``read`` with each one's margin over the best of the other passages."""
        compared = []
        for one in read:
            row = one.candidate.passage.row
            others = [o.reading.relevance for o in read if o.candidate.passage.row != row]
            margin = one.reading.relevance - max(others) if others else 0.0
            evidence = dataclasses.replace(one.evidence, margin=margin)
            probability = self._calibration.probability(evidence)
            compared.append(dataclasses.replace(one, evidence=evidence, probability=probability))
        return compared


def rank(assessed: Assessed) -> float:
    """How good an answer it is beside others to the same question; higher is better.

    The log odds of its probability, and what retrieval found: the reader knows the questions that
    it was trained on best, and prefers a passage that looks like an answer to the one that speaks
    of the matter.
    """
    odds = math.log(assessed.probability) - math.log1p(-assessed.probability)
    evidence = assessed.evidence
    return odds + RETRIEVED * evidence.fused + COVERED * evidence.coverage


def _best_of_each_passage(read: Sequence[Assessed]) -> list[Assessed]:
    best: dict[int, Assessed] = {}
    for one in sorted(read, key=lambda a: (-a.probability, a.candidate.passage.row, a.sentence)):
        best.setdefault(one.candidate.passage.row, one)
    return list(best.values())


def _sentence_texts(window: Window) -> list[str]:
    text = window.text
    return [text[start:end] for start, end in window.sentences]


def _sentence_of(reading: Reading, passage: Passage) -> int:
    """The sentence to mark: where the answering words were found, else the reader's best."""
    if reading.span is not None and reading.span.margin > 0:
        for number, (start, end) in enumerate(passage.sentences):
            if start <= reading.span.start < end:
                return number
    return reading.sentence
