"""The records that pass between the stages. Frozen, without behaviour.

Every ``start``/``end`` pair is 0-based and half-open and counts Unicode code points of
``Document.text``; ``document.text[p.start:p.end] == p.text`` holds for every passage.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item, quotation, table row or note of a document."""

    start: int
    end: int
    kind: str = "paragraph"
    level: int = 0
    """Heading level 1 to 6; 0 for everything else."""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the record, as it is stored and quoted."""

    doc_id: str
    text: str
    title: str
    blocks: tuple[Block, ...]
    path: str
    """Where it was read from, relative to the corpus; a JSON Lines document adds ``:line``."""
    sha256: str
    """Hexadecimal SHA-256 of ``text`` in UTF-8: a quotation is proved against it."""
    publisher: str | None = None
    published: str | None = None
    """ISO date, ``YYYY-MM-DD``."""
    url: str | None = None
    lang: str = "en"
    extra: dict[str, str] = field(default_factory=dict)
    """Front matter that is shown to readers but not interpreted, in its order."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document: what is retrieved, read and quoted."""

    row: int
    """Position in the vector and lexical indexes, 0-based."""
    passage_id: str
    """``doc_id#paragraph``, with ``.part`` appended when a long paragraph is cut."""
    doc_id: str
    text: str
    start: int
    end: int
    paragraph: int
    """1-based number of the paragraph within its document, headings not counted."""
    sentences: tuple[tuple[int, int], ...]
    """Document offsets of each sentence, in order; they lie within ``start`` to ``end``."""
    section: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage with its retrieval scores. Higher is better in each of them."""

    passage: Passage
    score: float
    """The fused score by which candidates are ordered; 0 to 1."""
    dense: float
    """Cosine of question and passage, -1 to 1."""
    lexical: float
    """BM25, 0 and up."""
