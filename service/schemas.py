"""The shapes of the HTTP interface. Requests are strict: what is not known is refused."""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from ulid import ULID

from index.types import Document
from service.answers import (
    Answer,
    Band,
    CitedPassage,
    Filters,
    Question,
    Reason,
    Status,
    Turn,
)

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def _no_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("The character NUL is not allowed")
    return value


def _iso_date(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        # The message of fromisoformat repeats the input.
        raise ValueError("No such date") from None
    return value


def _ulid(value: str) -> str:
    if not _ULID.fullmatch(value):
        raise ValueError("Must be the answer_id of an answer")
    return value


QuestionText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000),
    AfterValidator(_no_nul),
]
_Id = Annotated[str, StringConstraints(min_length=1, max_length=512), AfterValidator(_no_nul)]
_Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_iso_date)]
_Language = Annotated[str, StringConstraints(pattern=r"^(auto|[a-z]{2,3})$")]
_TopK = Annotated[int, Field(ge=1, le=10, description="How many passages at most.")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TurnRequest(_Request):
    """An earlier question of the conversation."""

    question: QuestionText


class FiltersRequest(_Request):
    """Restricts the documents that may answer. Both dates are inclusive."""

    doc_id: list[_Id] = Field(default=[], max_length=100)
    published_from: _Date | None = None
    published_to: _Date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError("published_from must not be later than published_to")
        return self


class AskRequest(_Request):
    """A question. The service keeps no conversation: ``history`` holds it, oldest turn first."""

    question: QuestionText
    top_k: _TopK = 3
    lang: _Language = Field(
        default="auto", description="auto, or the language of the question: en, vi."
    )
    filters: FiltersRequest = FiltersRequest()
    history: list[TurnRequest] = Field(default=[], max_length=10)

    def to_question(self) -> Question:
        """The question as the pipeline takes it."""
        return Question(
            text=self.question,
            top_k=self.top_k,
            lang=self.lang,
            filters=Filters(
                doc_id=tuple(self.filters.doc_id),
                published_from=self.filters.published_from,
                published_to=self.filters.published_to,
            ),
            history=tuple(Turn(turn.question) for turn in self.history),
        )


class AskQuery(BaseModel):
    """A question in the address, for a browser or curl."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QuestionText
    top_k: _TopK = 3
    lang: _Language = "auto"

    def to_question(self) -> Question:
        """The question as the pipeline takes it."""
        return Question(text=self.q, top_k=self.top_k, lang=self.lang)


_Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    AfterValidator(_no_nul),
]
_Note = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_no_nul)]


class FeedbackRequest(_Request):
    """What a reader thought of an answer."""

    answer_id: Annotated[
        str,
        AfterValidator(_ulid),
        Field(json_schema_extra={"pattern": f"^{_ULID.pattern}$"}),
    ]
    passage_id: _Id | None = None
    value: Literal["up", "down"]
    tags: list[_Tag] = Field(default=[], max_length=10)
    note: _Note | None = None


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


class IndexResponse(BaseModel):
    """Which index answered."""

    generation: str
    fingerprint: str
    built_at: str
    model: str


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
    near_misses: list[PassageResponse] = Field(
        description="On a refusal, the closest passages. They do not answer the question."
    )
    suggestions: list[str]
    index: IndexResponse
    timing_ms: dict[str, float]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The response for ``answer``, under a new ``answer_id``."""
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
            near_misses=[PassageResponse.of(p) for p in answer.near_misses],
            suggestions=list(answer.suggestions),
            index=IndexResponse(
                generation=answer.index.generation,
                fingerprint=answer.index.fingerprint,
                built_at=answer.index.built_at,
                model=answer.index.model,
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


REQUEST_FIELDS = tuple(
    sorted(
        {
            name
            for model in (AskRequest, AskQuery, FiltersRequest, TurnRequest, FeedbackRequest)
            for name in model.model_fields
        }
    )
)


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
