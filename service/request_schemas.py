"""The shapes of requests, which are strict: what is not known is refused."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from index.searchable import PassageFilter
from service.answers import (
    Question,
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
_Date = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    AfterValidator(_iso_date),
    Field(json_schema_extra={"format": "date"}),
]
_Language = Annotated[str, StringConstraints(pattern=r"^(auto|[a-z]{2,3})$")]
_LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
_TopK = Annotated[int, Field(ge=1, le=10, description="How many passages at most.")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TurnRequest(_Request):
    """An earlier question of the conversation."""

    question: QuestionText


class FiltersRequest(_Request):
    """Restricts the documents that may answer. Both dates are inclusive."""

    doc_id: list[_Id] = Field(default=[], max_length=100)
    publisher: list[_Id] = Field(default=[], max_length=100)
    lang: list[_LanguageCode] = Field(default=[], max_length=20)
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
            filters=PassageFilter(
                doc_ids=tuple(self.filters.doc_id),
                published_from=self.filters.published_from,
                published_to=self.filters.published_to,
                publishers=tuple(self.filters.publisher),
                languages=tuple(self.filters.lang),
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


REQUEST_FIELDS = tuple(
    sorted(
        {
            name
            for model in (AskRequest, AskQuery, FiltersRequest, TurnRequest, FeedbackRequest)
            for name in model.model_fields
        }
    )
)
