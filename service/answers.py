"""What is asked and what is answered, independent of HTTP. Frozen records, no behaviour."""

from dataclasses import dataclass, field
from typing import Literal

from index.searchable import EVERYTHING, PassageFilter
from index.types import Document, Passage

Status = Literal["answered", "no_answer"]
Reason = Literal["below_threshold", "out_of_corpus", "not_a_question", "language"]
Band = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation."""

    question: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the pipeline takes it: ``text`` is already trimmed and 1 to 1,000 long."""

    text: str
    top_k: int = 3
    lang: str = "auto"
    filters: PassageFilter = EVERYTHING
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Highlight:
    """Words to mark, in document offsets. ``sentence`` holds the answer; ``span`` is the answer."""

    start: int
    end: int
    kind: Literal["sentence", "span"]


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A quotation: the passage, the words to mark, and where it stands."""

    passage: Passage
    document: Document
    rank: int
    score: float
    """The probability that this passage answers the question, 0 to 1."""
    scores: dict[str, float]
    """Stage scores ``dense``, ``lexical``, ``reader``; higher is better in each."""
    highlights: tuple[Highlight, ...]
    citation: str
    """``publisher, "title", date, paragraph n``, with what is unknown left out."""
    view_url: str
    """Our document page at the marked words, relative to the service's root."""
    source_url: str | None
    """The original with a text fragment, when the document names an http(s) ``url``."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """``probability`` that the first passage (or first near miss) answers the question."""

    probability: float
    band: Band
    threshold: float


@dataclass(frozen=True, slots=True)
class Corroboration:
    """Passages of different documents that state the same answer."""

    passage_ids: tuple[str, ...]
    sources: int


@dataclass(frozen=True, slots=True)
class DisputedWords:
    """What one passage says of the disputed thing: ``text``, at these document offsets."""

    passage_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Passages of different documents that answer with different values of the same thing."""

    kind: Literal["number", "date", "title", "name"]
    passages: tuple[DisputedWords, ...]


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Which index answered."""

    generation: str
    fingerprint: str
    built_at: str
    model: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``answered`` if and only if ``passages`` is not empty; else ``reason`` says why not."""

    status: Status
    reason: Reason | None
    question: str
    resolved_question: str | None
    lang: str
    confidence: Confidence
    passages: tuple[CitedPassage, ...]
    near_misses: tuple[CitedPassage, ...]
    corroboration: tuple[Corroboration, ...]
    suggestions: tuple[str, ...]
    index: IndexInfo
    timing_ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds by stage: ``embed``, ``search``, ``read``, ``total``."""
    disagreements: tuple[Disagreement, ...] = ()
