"""One question over HTTP: limits, a free slot, the answer, its log."""

from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from service.admission import ClientGone
from service.answers import Answer, Question
from service.lifecycle import Lifecycle
from service.problems import Problem


async def answer_question(request: Request, service: Lifecycle, question: Question) -> Answer:
    """The main path of a question: limits, a free slot, the answer, its log."""
    longest = service.settings.max_question_length
    if len(question.text) > longest:
        raise _invalid("question", f"String should have at most {longest} characters")
    log: dict[str, Any] = request.scope["state"]["log"]
    if service.settings.log_questions:
        log["question"] = question.text
    try:
        service.rate_limit.check(address_of(request))
        answer = await service.admission.run(
            partial(service.ask, question), partial(_disconnected, request)
        )
    except Problem as problem:
        service.metrics.rejected(problem.kind.name)
        raise
    except ClientGone:
        service.metrics.rejected("client-gone")
        raise
    service.metrics.answer(answer)
    log |= {
        "outcome": answer.status,
        "reason": answer.reason,
        "lang": answer.lang,
        "probability": round(answer.confidence.probability, 3),
        "passage_ids": [cited.passage.passage_id for cited in answer.passages],
        "timing_ms": {stage: round(ms, 1) for stage, ms in answer.timing_ms.items()},
    }
    return answer


def turn_away_if_full(request: Request) -> None:
    """Raise Problem (overloaded) when the question could not be let in, whatever it is."""
    service: Lifecycle = request.app.state.lifecycle
    try:
        service.admission.refuse_if_full()
    except Problem as problem:
        service.metrics.rejected(problem.kind.name)
        raise


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def check_query(request: Request) -> None:
    """Refuse repeated parameters and wrong UTF-8."""
    # The framework takes the last of repeated parameters and mends wrong UTF-8 without a word.
    raw: bytes = request.scope["query_string"]
    try:
        names = [name for name, _ in parse_qsl(raw.decode("ascii"), True, errors="strict")]
    except ValueError:
        raise _invalid("q", "The parameters are not UTF-8", "query") from None
    if len(names) != len(set(names)):
        raise _invalid("q", "A parameter stands twice", "query")


def _invalid(field: str, message: str, where: str = "body") -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": (where, field), "msg": message}])


def address_of(request: Request) -> str:
    """The address that a rate limit counts."""
    return request.client.host if request.client else "unknown"
