"""Questions with what is known of their answers: the record's own, or a folder of any data set.

Two layouts are read. The project's own ``questions.jsonl`` quotes the gold sentences; a data set's
folder holds ``corpus.jsonl`` and ``questions.jsonl`` with offsets. ``docs/evaluation.md`` shows
both. ``eval/gold.py`` finds the gold in what the index stores.
"""

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from eval.errors import EvaluationError

MAX_HISTORY = 10
"""Earlier turns that a request may hold; the last ones are kept."""


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Gold words: document offsets, half-open, code points of the stored text."""

    doc_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """A question with its gold. Empty gold means unknown, not none."""

    id: str
    text: str
    answerable: bool | None
    """None when the data set does not say."""
    history: tuple[str, ...] = ()
    split: str = ""
    category: str = ""
    family: str = ""
    """Questions of one family are resampled together; the id when there is none."""
    lang: str = ""
    relevant: tuple[tuple[str, int], ...] = ()
    """Documents with their grades."""
    sentences: tuple[GoldSpan, ...] = ()
    answer_spans: tuple[GoldSpan, ...] = ()
    answers: tuple[str, ...] = ()
    """Accepted wordings, quoted from the record."""
    ignored: frozenset[str] = frozenset()
    """Documents to drop from a ranking before it is scored."""
    rewrite: str | None = None
    """The question as a person rewrote it to stand alone."""

    @property
    def gold(self) -> tuple[GoldSpan, ...]:
        """The sentences where they are known, else the answers."""
        return self.sentences or self.answer_spans


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions as read, gold not yet resolved."""

    name: str
    path: Path
    rows: "tuple[QuestionRow, ...]"
    corpus: Path | None = None
    """``corpus.jsonl`` of a data set's folder; None when the index is given."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class GoldQuote(_Lenient):
    """``{doc_id, sentence}``, or ``{doc_id, text?, start?, end?}`` in a data set."""

    doc_id: str | None = None
    text: str | None = Field(None, validation_alias=AliasChoices("sentence", "text"))
    start: int | None = None
    end: int | None = None
    start_exact: bool = True
    """False marks an offset chosen among repeats of the answer."""
    plain: bool = False
    """Given as a string alone: an accepted wording of unknown place."""


def _quote(value: Any) -> Any:
    return {"text": value, "plain": True} if isinstance(value, str) else value


def _grades(value: Any) -> Any:
    return dict.fromkeys(value, 1) if isinstance(value, list) else value


def _user_turns(value: Any) -> Any:
    """Earlier questions: strings, ``{question}`` or ``{role: user, text}``. Answers drop out."""
    if not isinstance(value, list):
        return value
    turns = []
    for turn in value:
        if isinstance(turn, dict):
            if turn.get("role", "user") != "user":
                continue
            turn = turn.get("question", turn.get("text"))
        turns.append(turn)
    return turns


Quote = Annotated[GoldQuote, BeforeValidator(_quote)]


class QuestionRow(_Lenient):
    """One line of a questions file. Other fields are let be."""

    id: str = ""
    question: Annotated[str, Field(min_length=1, max_length=1000)]
    answerable: bool | None = None
    split: str = ""
    category: str = ""
    family: str = ""
    lang: str = ""
    history: Annotated[tuple[str, ...], BeforeValidator(_user_turns)] = Field(
        (), validation_alias=AliasChoices("history", "user_history")
    )
    gold: tuple[GoldQuote, ...] = ()
    evidence: tuple[GoldQuote, ...] = ()
    answers: tuple[Quote, ...] = ()
    relevant: Annotated[dict[str, int], BeforeValidator(_grades)] = {}
    ignore: tuple[str, ...] = ()
    rewrite: str | None = None


def read_questions(path: Path, name: str | None = None) -> Dataset:
    """Read a questions file. Raises EvaluationError naming the line and what is wrong there."""
    rows: list[QuestionRow] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = QuestionRow.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "line"
            raise EvaluationError(f"{path}:{number}: {place}: {first['msg']}") from error
        row = row.model_copy(update={"id": row.id or f"line {number}"})
        if row.id in seen:
            raise EvaluationError(
                f"{path}:{number}: id {row.id!r} stands on line {seen[row.id]} already"
            )
        if row.answerable is False and row.gold:
            raise EvaluationError(
                f"{path}:{number}: {row.id!r} has gold sentences but is not answerable"
            )
        seen[row.id] = number
        rows.append(row)
    if not rows:
        raise EvaluationError(f"{path}: holds no question")
    return Dataset(name or path.stem, path, tuple(rows))


def read_folder(folder: Path) -> Dataset:
    """Read a data set's folder; its corpus may be missing, its questions may not."""
    questions, corpus = folder / "questions.jsonl", folder / "corpus.jsonl"
    if not questions.is_file():
        raise EvaluationError(f"{folder}: holds no questions.jsonl; name a folder that does")
    dataset = read_questions(questions, folder.resolve().name)
    return replace(dataset, corpus=corpus if corpus.is_file() else None)


def select(
    dataset: Dataset, split: Literal["dev", "test", "all"], limit: int | None, seed: int
) -> Dataset:
    """Keep one split, and of it ``limit`` questions drawn by ``seed``, in the file's order."""
    rows = [r for r in dataset.rows if split == "all" or r.split == split]
    if not rows:
        known = sorted({r.split for r in dataset.rows} - {""})
        raise EvaluationError(
            f"{dataset.path}: no question is in split {split!r}; "
            + (f"there are {', '.join(known)}" if known else "the file has no splits: use all")
        )
    if limit is not None and limit < len(rows):
        kept = set(random.Random(seed).sample(range(len(rows)), limit))
        rows = [r for i, r in enumerate(rows) if i in kept]
    return replace(dataset, rows=tuple(rows))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}: is not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from error
