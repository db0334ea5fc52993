"""What speaks for and against each candidate, as numbers that a calibration can weigh."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.analysis import STOP_WORDS, fold, stem, words
from index.lexicon import Lexicon
from index.searchable import TermStatistics
from index.types import Document, ScoredPassage
from service.answer_types import STRICT, expected_kind, kind_evidence
from service.query import Query
from service.reader import Reading

FEATURES = (
    "relevance",
    "margin",
    "span_margin",
    "answerable",
    "fused",
    "sentence_cosine",
    "coverage",
    "sentence_coverage",
    "names",
    "sentence_names",
    "unknown",
    "kind_present",
    "kind_missing",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for one candidate. Higher speaks for it, but for ``unknown``/``kind_missing``."""

    relevance: float
    """The reader's logit of the window."""
    margin: float
    """``relevance`` less that of the best other passage read; negative when another is better."""
    span_margin: float
    """The best span against "no answer"; 0 when the reader finds no spans."""
    answerable: float
    """The reader's logit of answerability; 0 when it does not judge it."""
    fused: float
    """The retriever's score."""
    sentence_cosine: float
    """Cosine of question and best sentence."""
    coverage: float
    """Share of the question's terms, weighted by rarity, that the passage or its title holds."""
    sentence_coverage: float
    """The same for the best sentence alone."""
    names: float
    """Share of the question's names and numbers that the passage, title or heading holds; 1
    when it has none."""
    sentence_names: float
    """The same for the best sentence alone."""
    unknown: float
    """Share of the question's terms, weighted by rarity, that occur nowhere in the record."""
    kind_present: float
    """1 when the question asks for a kind of thing (a time, a person ...) and the sentence holds
    one."""
    kind_missing: float
    """1 when it asks for one that surface text tells well, and the sentence holds none."""

    def vector(self) -> npt.NDArray[np.float64]:
        """float64 ``(len(FEATURES),)`` in the order of ``FEATURES``."""
        return np.asarray([getattr(self, name) for name in FEATURES], dtype=np.float64)


class EvidenceCollector:
    """Collects evidence with the word statistics of one record."""

    def __init__(self, statistics: TermStatistics, lexicon: Lexicon) -> None:
        self._statistics = statistics
        self._expansions: dict[str, set[str]] = {}
        for acronym, forms in lexicon.acronyms.items():
            parts = {stem(w) for form in forms for w in words(form) if w not in STOP_WORDS}
            for name in {fold(acronym), stem(fold(acronym))}:
                self._expansions.setdefault(name, set()).update(parts)
        # A large record has thousands of acronyms: each waits for the rarest word of its own.
        self._by_rarest: dict[str, list[str]] = {}
        for name, parts in self._expansions.items():
            if parts:
                rarest = min(parts, key=lambda t: (statistics.document_frequency(t), t))
                self._by_rarest.setdefault(rarest, []).append(name)

    def collect(
        self,
        query: Query,
        candidate: ScoredPassage,
        reading: Reading,
        chosen: int,
        document: Document,
        sentence_cosine: float,
    ) -> Evidence:
        """Return the evidence for ``candidate`` whose sentence ``chosen`` is to be marked.

        Its ``margin`` is 0 until it is compared with others.
        """
        passage = candidate.passage
        start, end = passage.sentences[chosen]
        sentence = document.text[start:end]
        weights = self.weights(query)
        in_context = self._stems(f"{document.title} {passage.section or ''} {passage.text}")
        in_sentence = self._stems(sentence)
        in_record = {t for t in weights if self._statistics.document_frequency(t)}
        kind = expected_kind(query.text)
        present = kind_evidence(kind, query.text, sentence)
        return Evidence(
            relevance=reading.relevance,
            margin=0.0,
            span_margin=reading.span.margin if reading.span else 0.0,
            answerable=reading.answerable,
            fused=candidate.score,
            sentence_cosine=sentence_cosine,
            coverage=_weighted_share(weights, in_context),
            sentence_coverage=_weighted_share(weights, in_sentence),
            names=_share(_names(query.text), in_context),
            sentence_names=_share(_names(query.text), in_sentence),
            unknown=1.0 - _weighted_share(weights, in_record),
            kind_present=float(kind != "other" and present == 1.0),
            kind_missing=float(kind in STRICT and present == 0.0),
        )

    def weights(self, query: Query) -> dict[str, float]:
        """The question's terms, each with its rarity (inverse document frequency)."""
        return {t: self._statistics.idf(t) for t in {stem(w) for w in query.content_words}}

    def coverage(self, weights: Mapping[str, float], text: str) -> float:
        """The share of ``weights`` whose terms ``text`` holds, 0 to 1."""
        return _weighted_share(weights, self._stems(text))

    def _stems(self, text: str) -> set[str]:
        """Stems of ``text``, with the words that its acronyms stand for and the reverse."""
        found = {stem(w) for w in words(text)}
        added: set[str] = set()
        for term in found:
            added |= self._expansions.get(term, set())
            for name in self._by_rarest.get(term, ()):
                if self._expansions[name] <= found:
                    added.add(stem(name))
        return found | added


def _names(question: str) -> set[str]:
    """Stems of the question's numbers and of its capitalised words but for the first word."""
    found: set[str] = set()
    for position, token in enumerate(question.split()):
        bare = token.strip("\"'“”‘’()[]?!.,;:")
        capital = bare[:1].isupper() and (position > 0 or (bare.isupper() and len(bare) > 1))
        if capital or any(c.isdigit() for c in bare):
            found |= {stem(w) for w in words(bare) if w not in STOP_WORDS}
    return found


def _weighted_share(weights: Mapping[str, float], present: set[str]) -> float:
    total = sum(weights.values())
    return sum(w for t, w in weights.items() if t in present) / total if total else 1.0


def _share(wanted: set[str], present: set[str]) -> float:
    return len(wanted & present) / len(wanted) if wanted else 1.0
