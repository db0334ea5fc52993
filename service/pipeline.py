"""The main path of answering: understand, retrieve, read, decide, cite."""

import time
from collections.abc import Sequence
from pathlib import Path

from index.location import Folder, Location
from index.searchable import Searchable
from index.types import Document, ScoredPassage
from service import deadline
from service.answers import (
    Answer,
    CitedPassage,
    Confidence,
    Disagreement,
    IndexInfo,
    Question,
    Reason,
    Status,
)
from service.assessment import Assessed, Assessor, ReadingOptions
from service.citations import cite
from service.confidence import Calibration, band, calibration_name
from service.corroboration import corroborated, disagreements, statement_of
from service.document_search import list_documents
from service.follow_ups import person_in, resolve
from service.highlighting import SURE, SURE_BESIDE, highlights
from service.known_words import known_words
from service.query import Query, QueryUnderstanding, is_question
from service.reader import Reader
from service.readers import open_reader
from service.retriever import Retriever
from service.suggestions import checked_suggestions

CANDIDATES = 8
"""Passages whose windows compete for being read."""
NEAR_MISSES = 3
WARM_UP = "Who is it about?"


class QuestionAnswerer:
    """Answers questions over one index. Safe to use from several threads."""

    def __init__(
        self,
        index: Searchable,
        reader: Reader,
        calibration: Calibration,
        options: ReadingOptions = ReadingOptions(),
    ) -> None:
        manifest = index.manifest
        self._index = index
        self._calibration = calibration
        self._retriever = Retriever(index)
        self._reader = reader
        self._assessor = Assessor(index, self._retriever, reader, calibration, options)
        self._understanding = QueryUnderstanding(
            index.lexicon, known_words(index.embedder), tuple(manifest.languages)
        )
        self.info = IndexInfo(
            generation=manifest.generation,
            fingerprint=manifest.fingerprint,
            built_at=manifest.built_at,
            model=manifest.model["name"],
        )
        self.calibration_name = calibration_name(manifest.reader, manifest.span_reader)
        self.suggestions: tuple[str, ...] = ()

    @classmethod
    def open(
        cls,
        place: Path | Location,
        threads: int = 2,
        options: ReadingOptions = ReadingOptions(),
        generation: str | None = None,
    ) -> "QuestionAnswerer":
        """Open the current generation of the index at ``place``, or the one of that name.

        ``threads`` is how many texts are read side by side. If the current generation is damaged
        an older one is opened; of a named one there is no other.

        Raises IndexNotFound, IndexCorrupt, IndexMismatch, ModelError or StoreUnavailable, each
        with its remedy.
        """
        location = Folder(place) if isinstance(place, Path) else place
        index = location.open(generation)
        manifest = index.manifest
        try:
            calibration = Calibration.for_readers(
                manifest.reader, manifest.span_reader, location.folder
            )
            return cls(index, open_reader(index, threads), calibration, options)
        except BaseException:
            index.close()
            raise

    def ask(self, question: Question) -> Answer:
        """Answer ``question`` with quotations, or say that the record does not."""
        clock = Clock()
        resolved = resolve(question.text, question.history, self._person_who_answers)
        query = self._understanding.understand(resolved or question.text, question.lang)
        assessed = self._assess(query, question, clock)
        return self._decide(question, resolved, query, assessed, clock)

    def assess(self, question: Question) -> list[Assessed]:
        """Every candidate that was read, the most relevant first, whatever the threshold."""
        resolved = resolve(question.text, question.history, self._person_who_answers)
        query = self._understanding.understand(resolved or question.text, question.lang)
        return self._assess(query, question, Clock())

    def retrieve(self, question: Question, k: int) -> Sequence[ScoredPassage]:
        """The ``k`` best candidates before reading, best first."""
        resolved = resolve(question.text, question.history, self._person_who_answers)
        query = self._understanding.understand(resolved or question.text, question.lang)
        vector = self._retriever.encode(query.text)
        return self._retriever.retrieve(vector, query.terms, k, question.filters)

    @property
    def document_count(self) -> int:
        """How many documents the record holds."""
        return self._index.manifest.counts["documents"]

    def documents(
        self, words: str = "", offset: int = 0, limit: int | None = None
    ) -> tuple[Sequence[Document], int]:
        """See ``service.document_search.list_documents``."""
        return list_documents(self._index, words, offset, limit)

    def document(self, doc_id: str) -> Document | None:
        """One document, or None when the record has none of that id."""
        return self._index.document(doc_id)

    def warm_up(self) -> None:
        """Run the models once."""
        self.ask(Question(WARM_UP))

    def find_suggestions(self) -> None:
        """Find questions that this index answers, by asking them."""
        self.suggestions = checked_suggestions(self._index, self.ask)

    def close(self) -> None:
        """End the reader's threads and release the index."""
        self._reader.close()
        self._index.close()

    def _assess(self, query: Query, question: Question, clock: "Clock") -> list[Assessed]:
        deadline.check()
        vector = self._retriever.encode(query.text)
        clock.lap("embed")
        candidates = self._retriever.retrieve(vector, query.terms, CANDIDATES, question.filters)
        clock.lap("search")
        assessed = self._assessor.assess(query, vector, candidates)
        clock.lap("read")
        return assessed

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
        coverage = max((a.evidence.coverage for a in assessed), default=0.0)
        reason = self._refusal(query, probability, coverage)
        if reason is None:
            chosen = [a for a in assessed if a.probability >= threshold or a is assessed[0]]
        else:
            chosen = list(assessed[:NEAR_MISSES])
        disputes: tuple[Disagreement, ...] = ()
        if reason is None:
            chosen, disputes = _with_disputes(query.text, chosen, assessed, threshold)
        del chosen[question.top_k :]
        cited = tuple(_cited(a, n, query.text) for n, a in enumerate(chosen, start=1))
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
            corroboration=corroborated(self._index, chosen, query.text) if reason is None else (),
            disagreements=disputes,
            suggestions=tuple(s for s in self.suggestions if s != question.text)[:4],
            index=self.info,
            timing_ms=clock.report(),
        )

    def _refusal(self, query: Query, probability: float, coverage: float) -> Reason | None:
        if not is_question(query):
            return "not_a_question"
        if probability >= self._calibration.threshold:
            return None
        if query.lang not in self._index.manifest.languages:
            return "language"
        # Without a single word in common the record does not speak of the matter at all.
        return "out_of_corpus" if coverage == 0.0 else "below_threshold"

    def _person_who_answers(self, question: str) -> str | None:
        """The person named by the sentence that answers an earlier question."""
        answer = self.ask(Question(question))
        if not answer.passages:
            return None
        best = answer.passages[0]
        mark = best.highlights[0]
        return person_in(best.document.text[mark.start : mark.end], question)


def _with_disputes(
    question: str, chosen: Sequence[Assessed], assessed: Sequence[Assessed], threshold: float
) -> tuple[list[Assessed], tuple[Disagreement, ...]]:
    """``chosen`` with what disagrees with the first of them right behind it.

    Who contradicts the first answer answers the same question, so half of the probability is
    enough to be quoted.
    """
    likely = [a for a in assessed if a in chosen or a.probability >= threshold / 2]
    found = disagreements(question, [statement_of(a) for a in likely])
    ids = {words.passage_id for dispute in found for words in dispute.passages}
    beside = [a for a in likely[1:] if a.candidate.passage.passage_id in ids]
    rest = [a for a in chosen[1:] if a not in beside]
    return [chosen[0], *beside, *rest], found


def _cited(assessed: Assessed, rank: int, question: str) -> CitedPassage:
    candidate = assessed.candidate
    return cite(
        candidate.passage,
        assessed.document,
        highlights(assessed, question, SURE if rank == 1 else SURE_BESIDE),
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
