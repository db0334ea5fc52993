"""The main path of answering: understand, retrieve, read, decide, cite."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.models import find_model
from index.search_index import SearchIndex, open_index
from index.types import Document, ScoredPassage
from service.answers import (
    Answer,
    CitedPassage,
    Confidence,
    Filters,
    Highlight,
    IndexInfo,
    Question,
    Reason,
    Status,
)
from service.citations import cite
from service.confidence import Calibration, band
from service.corroboration import corroborated
from service.evidence import Evidence, EvidenceCollector
from service.follow_ups import person_in, resolve
from service.known_words import known_words
from service.query import Query, QueryUnderstanding, is_question
from service.reader import CrossEncoderReader, Reader, Reading
from service.retriever import FloatArray, Retriever
from service.suggestions import checked_suggestions

CANDIDATES = 6
"""Passages that are read; ``benchmarks/`` shows quality and latency against this number."""
PROMISE_OF_PASSAGE = 2.0
"""Weight of the passage's fused score against a sentence's cosine in choosing what to read."""
NEAR_MISSES = 3
OUT_OF_CORPUS = 0.1
"""Below this probability the record is said not to speak of the matter at all."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A candidate that was read, with the probability that it answers."""

    candidate: ScoredPassage
    document: Document
    reading: Reading
    evidence: Evidence
    probability: float


class QuestionAnswerer:
    """Answers questions over one index. Safe to use from several threads."""

    def __init__(self, index: SearchIndex, reader: Reader, calibration: Calibration) -> None:
        manifest = index.manifest
        self._index = index
        self._reader = reader
        self._calibration = calibration
        self._retriever = Retriever(index)
        self._understanding = QueryUnderstanding(
            index.lexicon, known_words(index.embedder), tuple(manifest.languages)
        )
        self._collector = EvidenceCollector(index.lexical, index.lexicon)
        self.info = IndexInfo(
            generation=manifest.generation,
            fingerprint=manifest.fingerprint,
            built_at=manifest.built_at,
            model=manifest.model["name"],
        )
        self.suggestions: tuple[str, ...] = ()

    @classmethod
    def open(cls, index_dir: Path, threads: int = 2) -> "QuestionAnswerer":
        """Open the current generation of the index at ``index_dir``.

        Raises IndexNotFound, IndexCorrupt, IndexMismatch or ModelError, each with its remedy.
        """
        index = open_index(index_dir, threads)
        reader = CrossEncoderReader(find_model(index.manifest.reader), threads)
        return cls(index, reader, Calibration.for_reader(reader.name))

    def ask(self, question: Question) -> Answer:
        """Answer ``question`` with quotations, or say that the record does not."""
        clock = Clock()
        resolved = resolve(question.text, question.history, self._person_who_answers)
        query = self._understanding.understand(resolved or question.text, question.lang)
        assessed = self._assess(query, question.filters, clock)
        return self._decide(question, resolved, query, assessed, clock)

    def assess(self, question: Question) -> list[Assessed]:
        """Every candidate that was read, the most relevant first, whatever the threshold."""
        resolved = resolve(question.text, question.history, self._person_who_answers)
        query = self._understanding.understand(resolved or question.text, question.lang)
        return self._assess(query, question.filters, Clock())

    def retrieve(self, question: Question, k: int) -> Sequence[ScoredPassage]:
        """The ``k`` best candidates before reading, best first."""
        query = self._understanding.understand(question.text, question.lang)
        vector = self._retriever.encode(query.text)
        return self._retriever.retrieve(vector, query.terms, k, question.filters)

    def documents(self) -> Sequence[Document]:
        """All documents in the order of the corpus."""
        return self._index.store.documents()

    def document(self, doc_id: str) -> Document | None:
        """One document, or None when the record has none of that id."""
        return self._index.store.document(doc_id)

    def warm_up(self) -> None:
        """Run the models once and find the suggestions, by asking them."""
        self.suggestions = checked_suggestions(self._index, self.ask)

    def close(self) -> None:
        """Release the index."""
        self._index.close()

    def _assess(self, query: Query, filters: Filters, clock: "Clock") -> list[Assessed]:
        vector = self._retriever.encode(query.text)
        clock.lap("embed")
        candidates = self._retriever.retrieve(vector, query.terms, CANDIDATES, filters)
        clock.lap("search")
        assessed = self._read(query, vector, candidates)
        clock.lap("read")
        return assessed

    def _read(
        self, query: Query, vector: FloatArray, candidates: Sequence[ScoredPassage]
    ) -> list[Assessed]:
        """Read the candidates; return those with a reading, the most probable first."""
        cosines = [self._retriever.sentence_cosines(vector, c.passage.row) for c in candidates]
        promise = [
            [float(cosine) + PROMISE_OF_PASSAGE * c.score for cosine in row]
            for c, row in zip(candidates, cosines, strict=True)
        ]
        readings = self._reader.read(query.expanded, [c.passage for c in candidates], promise)
        kept = [(c, r, row) for c, r, row in zip(candidates, readings, cosines, strict=True) if r]
        documents = [self._index.store.document(c.passage.doc_id) for c, _, _ in kept]
        found = [d for d in documents if d is not None]
        evidence = self._collector.collect(
            query,
            [c for c, _, _ in kept],
            [r for _, r, _ in kept],
            found,
            [float(row[r.sentence]) for _, r, row in kept],
        )
        assessed = [
            Assessed(c, d, r, e, self._calibration.probability(e))
            for (c, r, _), d, e in zip(kept, found, evidence, strict=True)
        ]
        return sorted(assessed, key=lambda a: (-a.reading.relevance, a.candidate.passage.row))

    def _decide(
        self,
        question: Question,
        resolved: str | None,
        query: Query,
        assessed: Sequence[Assessed],
        clock: "Clock",
    ) -> Answer:
        threshold = self._calibration.threshold
        probability = assessed[0].probability if assessed else 0.0
        reason = self._refusal(query, probability)
        if reason is None:
            chosen = [a for a in assessed if a.probability >= threshold or a is assessed[0]]
        else:
            chosen = list(assessed[:NEAR_MISSES])
        cited = tuple(_cited(a, n) for n, a in enumerate(chosen[: question.top_k], start=1))
        status: Status = "answered" if reason is None else "no_answer"
        shown = resolved or (query.text if query.corrected else None)
        clock.lap("cite")
        return Answer(
            status=status,
            reason=reason,
            question=question.text,
            resolved_question=shown,
            lang=query.lang,
            confidence=Confidence(round(probability, 4), band(probability), threshold),
            passages=cited if reason is None else (),
            near_misses=() if reason is None else cited,
            corroboration=corroborated(self._index, chosen[: question.top_k])
            if reason is None
            else (),
            suggestions=tuple(s for s in self.suggestions if s != question.text)[:4],
            index=self.info,
            timing_ms=clock.report(),
        )

    def _refusal(self, query: Query, probability: float) -> Reason | None:
        if not is_question(query):
            return "not_a_question"
        if probability >= self._calibration.threshold:
            return None
        if query.lang not in self._index.manifest.languages:
            return "language"
        return "out_of_corpus" if probability < OUT_OF_CORPUS else "below_threshold"

    def _person_who_answers(self, question: str) -> str | None:
        """The person named by the sentence that answers an earlier question."""
        answer = self.ask(Question(question))
        if not answer.passages:
            return None
        best = answer.passages[0]
        mark = best.highlights[0]
        return person_in(best.document.text[mark.start : mark.end], question)


def _cited(assessed: Assessed, rank: int) -> CitedPassage:
    candidate = assessed.candidate
    start, end = candidate.passage.sentences[assessed.reading.sentence]
    return cite(
        candidate.passage,
        assessed.document,
        (Highlight(start, end, "sentence"),),
        rank,
        round(assessed.probability, 4),
        {
            "dense": round(candidate.dense, 4),
            "lexical": round(candidate.lexical, 4),
            "reader": round(assessed.reading.relevance, 4),
        },
    )


class Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Note the time since the last lap as that of ``stage``."""
        now = time.perf_counter()
        self._laps[stage] = round((now - self._last) * 1000, 2)
        self._last = now

    def report(self) -> dict[str, float]:
        """The laps and their ``total``."""
        return {**self._laps, "total": round((self._last - self._begun) * 1000, 2)}
