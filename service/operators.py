"""The page of those who run the service: off without a token, and then for its bearer only."""

import base64
import binascii
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from service import pages
from service.feedback import Vote
from service.html import page, page_language
from service.lifecycle import Lifecycle
from service.problems import Problem
from service.question_log import Asked, QuestionLog, by_day, evaluation_rows
from service.sqlite_file import StoreError

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="operator", charset="UTF-8"'}

router = APIRouter(include_in_schema=False)


async def _log(request: Request) -> QuestionLog:
    """The log of questions for who has the token; else 404 when it is off, and 401."""
    service: Lifecycle = request.app.state.lifecycle
    token = service.settings.operator_token
    if token is None or service.questions is None:
        raise Problem("not-found", "There is no such path.")
    given = _token(request.headers.get("authorization", ""))
    # Compared as bytes, in a time that does not tell how much of it is right.
    if not hmac.compare_digest(given, token.get_secret_value().encode()):
        service.rate_limit.check(request.client.host if request.client else "unknown")
        raise Problem("unauthorized", "Give the operator's token.", _CHALLENGE)
    return service.questions


Log = Annotated[QuestionLog, Depends(_log)]
Days = Annotated[int, Query(ge=1, le=3_650)]


@router.get("/operator", response_class=HTMLResponse)
def operator_page(
    request: Request, log: Log, days: Days = 30, lang: str | None = None
) -> HTMLResponse:
    """What was asked, refused and voted down."""
    service: Lifecycle = request.app.state.lifecycle
    days = min(days, log.days)
    asked, votes = _read(service, log, days)
    today = datetime.now(UTC).date()
    dates = [(today - timedelta(days=ago)).isoformat() for ago in reversed(range(days))]
    content = pages.render_operator_page(
        asked,
        votes,
        by_day(asked, votes, dates),
        keeps_words=log.keep_words,
        kept_days=log.days,
        title=service.settings.title,
        lang=page_language(request, lang),
        root=service.settings.root_path,
    )
    response = page(request, content)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/operator/questions.jsonl")
def exported_questions(
    request: Request,
    log: Log,
    days: Days = 3_650,
    only: Literal["all", "refused", "down"] = "all",
) -> Response:
    """The questions as evaluation questions, one JSON object a line."""
    asked, votes = _read(request.app.state.lifecycle, log, days)
    if only == "refused":
        asked = [one for one in asked if one.status == "no_answer"]
    if only == "down":
        down = {answer_id for answer_id, vote in votes.items() if vote.value == "down"}
        asked = [one for one in asked if one.answer_id in down]
    rows = (json.dumps(row, ensure_ascii=False) + "\n" for row in evaluation_rows(asked, votes))
    return Response(
        "".join(rows).encode("utf-8", "replace"),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="questions-{only}.jsonl"'},
    )


def _read(service: Lifecycle, log: QuestionLog, days: int) -> tuple[list[Asked], dict[str, Vote]]:
    try:
        log.forget()
        return log.asked(days), service.feedback.votes(log.since(days))
    except StoreError:
        raise Problem(
            "question-log", "The file of questions cannot be read; see the log."
        ) from None


def _token(header: str) -> bytes:
    """The token of ``Bearer TOKEN``, or the password of ``Basic``, which browsers ask for."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("utf-8", "replace")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""
