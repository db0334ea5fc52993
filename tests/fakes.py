"""A readable answerer for fast tests: an in-memory record, found by shared words.

Everything that it returns is true of its documents: offsets, sentences and links are real. Only
the way in which it finds a sentence is simple.
"""

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from index.types import Block, Document, Passage
from service.answers import (
    Answer,
    CitedPassage,
    Confidence,
    Corroboration,
    Highlight,
    IndexInfo,
    Question,
)
from service.text_search import find_words

INFO = IndexInfo(
    generation="20250401T000000Z-fake",
    fingerprint="sha256:" + "0" * 64,
    built_at="2025-04-01T00:00:00Z",
    model="word-overlap",
)
THRESHOLD = 0.5
_COMMON = {
    "a",
    "an",
    "and",
    "at",
    "by",
    "did",
    "do",
    "does",
    "for",
    "in",
    "is",
    "it",
    "of",
    "on",
} | {*("the", "to", "was", "what", "when", "who")}


def make_document(
    doc_id: str, *paragraphs: str, title: str = "Untitled", **fields: object
) -> Document:
    """A document whose text is a heading, its title, and then ``paragraphs``."""
    text, blocks = title, [Block(0, len(title), "heading", 1)]
    for paragraph in paragraphs:
        start = len(text) + 2
        text = f"{text}\n\n{paragraph}"
        blocks.append(Block(start, len(text)))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Document(doc_id, text, title, tuple(blocks), f"{doc_id}.md", sha256, **fields)  # type: ignore[arg-type]


HARBOUR = make_document(
    "harbour-report",
    "The old lighthouse was lit in 1871. Its keeper was Ada Linh Moreau.",
    "Ferries leave the northern pier every hour. A crossing takes 25 minutes.",
    title="Report on the harbour",
    publisher="Harbour Office",
    published="2024-05-06",
    url="https://harbour.example/report",
)
ODD = make_document(
    "notes/2024 Q1 #3 – Hải cảng",
    "The lighthouse keeper was Ada Linh Moreau, said the mayor. Ðường biển dài 𝟚𝟝 km 🚢 today.",
    title='Notes <b>"3"</b>',
    lang="vi",
)


class FakeAnswerer:
    """Answers with the passage that shares most words with the question; half of them at least."""

    def __init__(self, documents: Sequence[Document] = (HARBOUR, ODD)) -> None:
        self._documents = tuple(documents)
        self.suggestions: Sequence[str] = ("Who was the keeper of the lighthouse?",)
        self.info = INFO
        self.asked: list[Question] = []
        self.closed = False

    def ask(self, question: Question) -> Answer:
        """Score every sentence by the share of the question's words that it holds."""
        self.asked.append(question)
        wanted = _words(question.text) - _COMMON
        cited = sorted(
            (
                _cite(document, number, block, wanted)
                for document in self._documents
                if _passes(document, question)
                for number, block in enumerate(document.blocks[1:], start=1)
            ),
            key=lambda passage: -passage.score,
        )[: question.top_k]
        ranked = tuple(replace(passage, rank=rank) for rank, passage in enumerate(cited, start=1))
        best = ranked[0].score if ranked else 0.0
        kept = tuple(passage for passage in ranked if passage.score >= THRESHOLD)
        ids = tuple(passage.passage.passage_id for passage in kept)
        return Answer(
            status="answered" if kept else "no_answer",
            reason=None if kept else "below_threshold",
            question=question.text,
            resolved_question=None,
            lang="en" if question.lang == "auto" else question.lang,
            confidence=Confidence(best, "high" if kept else "low", THRESHOLD),
            passages=kept,
            near_misses=() if kept else ranked,
            corroboration=(Corroboration(ids, len(ids)),) if len(ids) > 1 else (),
            suggestions=() if kept else tuple(self.suggestions),
            index=self.info,
            timing_ms={"embed": 0.1, "search": 0.1, "read": 0.1, "total": 0.3},
        )

    @property
    def document_count(self) -> int:
        """All of them."""
        return len(self._documents)

    def documents(
        self, words: str = "", offset: int = 0, limit: int | None = None
    ) -> tuple[Sequence[Document], int]:
        """Those in whose text or title ``words`` stand."""
        found = [
            d
            for d in self._documents
            if not words or find_words(d.text, words, 1) or find_words(d.title, words, 1)
        ]
        return found[offset : None if limit is None else offset + limit], len(found)

    def document(self, doc_id: str) -> Document | None:
        """One document, or None."""
        return next((d for d in self._documents if d.doc_id == doc_id), None)

    def warm_up(self) -> None:
        """Nothing to warm."""

    def find_suggestions(self) -> None:
        """They are there already."""

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


class SlowAnswerer(FakeAnswerer):
    """Waits in ``ask`` until ``release`` is set; ``entered`` counts how many have begun."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()
        self.entered = threading.Semaphore(0)

    def ask(self, question: Question) -> Answer:
        """Begin, wait to be released, answer."""
        self.entered.release()
        if not self.release.wait(20):
            raise TimeoutError("nobody released the answerer")
        return super().ask(question)


class BrokenAnswerer(FakeAnswerer):
    """Fails in ``ask``, with the question in its message."""

    def ask(self, question: Question) -> Answer:
        """Always raise."""
        raise RuntimeError(f"cannot answer {question.text}")


def _cite(document: Document, number: int, block: Block, wanted: set[str]) -> CitedPassage:
    text = document.text[block.start : block.end]
    sentences = tuple(
        (block.start + found.start(), block.start + found.end())
        for found in re.finditer(r"[^.]+\.", text)
    )
    passage = Passage(
        row=number,
        passage_id=f"{document.doc_id}#{number}",
        doc_id=document.doc_id,
        text=text,
        start=block.start,
        end=block.end,
        paragraph=number,
        sentences=sentences,
    )
    overlaps = [_overlap(document.text[start:end], wanted) for start, end in sentences]
    score = max(overlaps)
    start, end = sentences[overlaps.index(score)]
    start += len(document.text[start:end]) - len(document.text[start:end].lstrip())
    return CitedPassage(
        passage=passage,
        document=document,
        rank=0,
        score=score,
        scores={"dense": score, "lexical": score, "reader": score},
        highlights=(Highlight(start, end, "sentence"), Highlight(start, start + 3, "span")),
        citation=f'"{document.title}", paragraph {number}',
        view_url=f"/documents/{quote(document.doc_id, safe='/')}?start={start}&end={end}",
        source_url=document.url and f"{document.url}#:~:text=x",
    )


def _overlap(sentence: str, wanted: set[str]) -> float:
    return len(_words(sentence) & wanted) / len(wanted) if wanted else 0.0


def _passes(document: Document, question: Question) -> bool:
    filters, published = question.filters, document.published
    if filters.doc_ids and document.doc_id not in filters.doc_ids:
        return False
    if filters.published_from and (published is None or published < filters.published_from):
        return False
    return not (filters.published_to and (published is None or published > filters.published_to))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
