"""Reading the candidates and weighing what was found: from passages to probabilities."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from index.search_index import SearchIndex
from index.types import Document, Passage, ScoredPassage
from service.confidence import Calibration
from service.evidence import Evidence, EvidenceCollector
from service.query import Query
from service.reader import Reader, Reading
from service.retriever import FloatArray, Retriever
from service.span_reader import SpanReader, SpanReading

PASSAGE_PROMISE, COVERAGE_PROMISE = 3.0, 0.5
"""Weights of the passage's fused score and of the share of the question's words, against the
sentence's cosine, in choosing what to read. Chosen on development data."""
LOOKED_AT_CLOSELY = 2
"""Candidates whose words the span reader weighs in any case; more only beside an answer."""

CLOSE_BEHIND = 3.0
"""Further candidates are looked at only when they are this near the best, in relevance logits."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A candidate that was read, with the probability that it answers."""

    candidate: ScoredPassage
    document: Document
    reading: Reading
    span: SpanReading | None
    evidence: Evidence
    probability: float
    sentence: tuple[int, int]
    """Document offsets of the sentence to mark."""


class Assessor:
    """Composes the readers, the evidence and the calibration over one index."""

    def __init__(
        self,
        index: SearchIndex,
        retriever: Retriever,
        reader: Reader,
        span_reader: SpanReader | None,
        calibration: Calibration,
    ) -> None:
        self._index = index
        self._retriever = retriever
        self._reader = reader
        self._span_reader = span_reader
        self._calibration = calibration
        self._collector = EvidenceCollector(index.lexical, index.lexicon)
        self._pool = ThreadPoolExecutor(LOOKED_AT_CLOSELY, thread_name_prefix="assessor")

    def assess(
        self, query: Query, vector: FloatArray, candidates: Sequence[ScoredPassage], wanted: int
    ) -> list[Assessed]:
        """Return up to ``wanted`` candidates with their probabilities, the likeliest first.

        Candidates below the first two are looked at closely only when one of those answers.
        """
        cosines = [self._retriever.sentence_cosines(vector, c.passage.row) for c in candidates]
        weights = self._collector.weights(query)
        promise = [
            [
                float(cosine)
                + PASSAGE_PROMISE * c.score
                + COVERAGE_PROMISE * self._collector.coverage(weights, text)
                for cosine, text in zip(row, sentence_texts(c.passage), strict=True)
            ]
            for c, row in zip(candidates, cosines, strict=True)
        ]
        readings = self._reader.read(query.expanded, [c.passage for c in candidates], promise)
        read = [(c, r, row) for c, r, row in zip(candidates, readings, cosines, strict=True) if r]
        read.sort(key=lambda item: (-item[1].relevance, item[0].passage.row))
        every = [r.relevance for _, r, _ in read]

        def closely(items: Sequence[tuple[ScoredPassage, Reading, FloatArray]]) -> list[Assessed]:
            return list(
                self._pool.map(
                    lambda item: self._assessed(query, item[0], item[1], item[2], every), items
                )
            )

        assessed = closely(read[:LOOKED_AT_CLOSELY])
        if any(a.probability >= self._calibration.threshold for a in assessed):
            rest = read[LOOKED_AT_CLOSELY : max(wanted, LOOKED_AT_CLOSELY)]
            assessed += closely([r for r in rest if r[1].relevance >= every[0] - CLOSE_BEHIND])
        return sorted(assessed, key=lambda a: (-a.probability, a.candidate.passage.row))

    def _assessed(
        self,
        query: Query,
        candidate: ScoredPassage,
        reading: Reading,
        cosines: FloatArray,
        every: Sequence[float],
    ) -> Assessed:
        passage = candidate.passage
        document = self._index.store.document(passage.doc_id)
        if document is None:
            raise LookupError(f"passage {passage.passage_id} has no document in the store")
        span = None
        if self._span_reader is not None:
            span = self._span_reader.read(query.text, passage, reading.sentence)
        chosen = _sentence_of(span, passage, reading)
        evidence = self._collector.collect(
            query, candidate, reading, chosen, span, document, float(cosines[chosen]), every
        )
        return Assessed(
            candidate=candidate,
            document=document,
            reading=reading,
            span=span,
            evidence=evidence,
            probability=self._calibration.probability(evidence),
            sentence=passage.sentences[chosen],
        )


def sentence_texts(passage: Passage) -> list[str]:
    """The text of each sentence of ``passage``."""
    return [passage.text[s - passage.start : e - passage.start] for s, e in passage.sentences]


def _sentence_of(span: SpanReading | None, passage: Passage, reading: Reading) -> int:
    """The sentence to mark: where the span reader found the answer, else the reader's best."""
    if span is not None and span.margin > 0:
        for number, (start, end) in enumerate(passage.sentences):
            if start <= span.start < end:
                return number
    return reading.sentence
