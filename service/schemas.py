"""The shapes of what the HTTP interface returns, made from the records of the pipeline."""

from dataclasses import asdict
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, Field
from ulid import ULID

from index.types import Document
from service.answers import Answer, Band, CitedPassage, Reason, Status


class ConfidenceResponse(BaseModel):
    """How sure the service is; see ``probability``."""

    probability: float = Field(
        ge=0,
        le=1,
        description="Chance that the first passage (or near miss) answers the question. "
        "Calibrated: of the answers given at 0.8, about 80 % are right.",
    )
    band: Band
    threshold: float = Field(description="Below this probability the service does not answer.")


class HighlightResponse(BaseModel):
    """Words to mark, in document offsets."""

    start: int
    end: int
    kind: Literal["sentence", "span"]


class SourceResponse(BaseModel):
    """Where a passage stands."""

    doc_id: str
    title: str
    publisher: str | None
    published: str | None
    event_date: str | None
    url: str | None
    section: str | None
    page: int | None
    paragraph: int
    sha256: str


class LinksResponse(BaseModel):
    """``view`` is relative to the root of this service; ``source`` is the original."""

    view: str
    source: str | None


class PassageResponse(BaseModel):
    """A quotation. Offsets count Unicode code points of the document, from 0, end excluded."""

    passage_id: str
    rank: int
    text: str
    start: int
    end: int
    highlights: list[HighlightResponse]
    score: float
    scores: dict[str, float]
    lang: str
    source: SourceResponse
    links: LinksResponse
    citation: str

    @classmethod
    def of(cls, cited: CitedPassage) -> Self:
        """The shape of one cited passage."""
        passage, document = cited.passage, cited.document
        return cls(
            passage_id=passage.passage_id,
            rank=cited.rank,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            highlights=[
                HighlightResponse(start=h.start, end=h.end, kind=h.kind) for h in cited.highlights
            ],
            score=cited.score,
            scores=cited.scores,
            lang=document.lang,
            source=SourceResponse(
                doc_id=document.doc_id,
                title=document.title,
                publisher=document.publisher,
                published=document.published,
                event_date=document.extra.get("event_date"),
                url=document.url,
                section=passage.section,
                page=passage.page,
                paragraph=passage.paragraph,
                sha256=document.sha256,
            ),
            links=LinksResponse(view=cited.view_url, source=cited.source_url),
            citation=cited.citation,
        )


class CorroborationResponse(BaseModel):
    """Passages of different documents that state the same answer."""

    passage_ids: list[str]
    sources: int


class DisputedWordsResponse(BaseModel):
    """What one passage says of the disputed thing; offsets of the document."""

    passage_id: str
    start: int
    end: int
    text: str


class DisagreementResponse(BaseModel):
    """Passages of different documents that say different things of the same matter."""

    kind: Literal["number", "date", "title", "name"]
    passages: list[DisputedWordsResponse]


class IndexResponse(BaseModel):
    """Which index answered."""

    generation: str
    fingerprint: str
    built_at: str
    model: str
    documents: int | None = Field(description="How many documents the record holds, if known.")


class AskResponse(BaseModel):
    """``answered`` if and only if ``passages`` is not empty; else ``reason`` says why not."""

    answer_id: str
    status: Status
    reason: Reason | None
    question: str
    resolved_question: str | None = Field(
        description="The question as it was understood, when that differs."
    )
    lang: str
    confidence: ConfidenceResponse
    passages: list[PassageResponse]
    corroboration: list[CorroborationResponse]
    disagreements: list[DisagreementResponse]
    near_misses: list[PassageResponse] = Field(
        description="On a refusal, the closest passages. They do not answer the question."
    )
    suggestions: list[str]
    index: IndexResponse
    timing_ms: dict[str, float]

    @classmethod
    def of(cls, answer: Answer, documents: int | None = None) -> Self:
        """The response for ``answer`` from a record of ``documents``, under a new id."""
        return cls(
            answer_id=str(ULID()),
            status=answer.status,
            reason=answer.reason,
            question=answer.question,
            resolved_question=answer.resolved_question,
            lang=answer.lang,
            confidence=ConfidenceResponse(
                probability=answer.confidence.probability,
                band=answer.confidence.band,
                threshold=answer.confidence.threshold,
            ),
            passages=[PassageResponse.of(p) for p in answer.passages],
            corroboration=[
                CorroborationResponse(passage_ids=list(c.passage_ids), sources=c.sources)
                for c in answer.corroboration
            ],
            disagreements=[
                DisagreementResponse(
                    kind=d.kind,
                    passages=[DisputedWordsResponse(**asdict(words)) for words in d.passages],
                )
                for d in answer.disagreements
            ],
            near_misses=[PassageResponse.of(p) for p in answer.near_misses],
            suggestions=list(answer.suggestions),
            index=IndexResponse(
                generation=answer.index.generation,
                fingerprint=answer.index.fingerprint,
                built_at=answer.index.built_at,
                model=answer.index.model,
                documents=documents,
            ),
            timing_ms={name: round(ms, 1) for name, ms in answer.timing_ms.items()},
        )


class DocumentSummary(BaseModel):
    """One document in the list of the record."""

    doc_id: str
    title: str
    publisher: str | None
    published: str | None
    lang: str
    paragraphs: int
    sha256: str
    url: str | None
    links: LinksResponse

    @classmethod
    def of(cls, document: Document) -> Self:
        """The summary of ``document``."""
        return cls(**_summary(document))


class BlockResponse(BaseModel):
    """A heading, paragraph, list item and so on, in document offsets."""

    start: int
    end: int
    kind: str
    level: int
    page: int | None


class DocumentResponse(DocumentSummary):
    """One document. ``sha256`` is that of ``text`` in UTF-8."""

    text: str
    blocks: list[BlockResponse]
    extra: dict[str, str]

    @classmethod
    def of(cls, document: Document) -> Self:
        """The whole of ``document``."""
        return cls(
            **_summary(document),
            text=document.text,
            blocks=[
                BlockResponse(start=b.start, end=b.end, kind=b.kind, level=b.level, page=b.page)
                for b in document.blocks
            ],
            extra=document.extra,
        )


class DocumentsResponse(BaseModel):
    """The record. ``total`` counts all documents, also those beyond ``limit``."""

    documents: list[DocumentSummary]
    total: int


class SuggestionsResponse(BaseModel):
    """Questions that this index can answer."""

    suggestions: list[str]


class FeedbackResponse(BaseModel):
    """What was stored."""

    feedback_id: str


class HealthResponse(BaseModel):
    """The state of the service."""

    status: str


def _summary(document: Document) -> dict[str, Any]:
    view = f"/documents/{quote(document.doc_id, safe='/')}"
    return {
        "doc_id": document.doc_id,
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "lang": document.lang,
        "paragraphs": sum(block.kind != "heading" for block in document.blocks),
        "sha256": document.sha256,
        "url": document.url,
        "links": LinksResponse(view=view, source=document.url),
    }
