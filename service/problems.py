"""Errors as RFC 9457 ``application/problem+json``: short, and never repeating the input."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from service.logs import current_request_id

MEDIA_TYPE = "application/problem+json"
MAX_BYTES = 2_048
_MAX_MESSAGE = 300


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(description="Path to the field, such as body, filters, doc_id, 0.")
    msg: str
    type: str = Field(description="A stable name of the rule that was broken.")


class ProblemDetails(BaseModel):
    """An error, as RFC 9457 lays it out."""

    type: str = Field(description="Address of the explanation of this kind of error.")
    title: str
    status: int
    detail: str
    request_id: str = Field(description="The same as the X-Request-ID header; find it in the logs.")
    errors: list[FieldError] | None = Field(default=None, description="With status 422 only.")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of error. ``name`` is its anchor on the /docs page."""

    name: str
    status: int
    title: str
    meaning: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("bad-request", 400, "Bad request", "The request cannot be read as HTTP."),
        Kind(
            "unauthorized",
            401,
            "Not authorised",
            "This service, or this page of it, needs a token.",
        ),
        Kind("cors", 403, "Origin not allowed", "The page's origin is not in the CORS setting."),
        Kind("not-found", 404, "Not found", "There is no such path or document."),
        Kind("method-not-allowed", 405, "Method not allowed", "See the header Allow."),
        Kind("body-timeout", 408, "Body too slow", "The body did not arrive in time."),
        Kind("body-too-large", 413, "Body too large", "The request body is over the limit."),
        Kind("media-type", 415, "Unsupported media type", "A body must be application/json."),
        Kind("validation", 422, "Request not valid", "The list errors says what is wrong."),
        Kind("rate-limit", 429, "Too many requests", "Wait as long as Retry-After says."),
        Kind("internal", 500, "Internal error", "A fault of the service; it is logged."),
        Kind("overloaded", 503, "Overloaded", "Too many questions; Retry-After says when to ask."),
        Kind("timeout", 503, "Took too long", "The answer took longer than this service allows."),
        Kind("loading", 503, "Loading", "The index is being loaded; ask again in a moment."),
        Kind("no-index", 503, "No index", "The service has no index it could answer from."),
        Kind(
            "store-unavailable",
            503,
            "Engine unavailable",
            "The engine that keeps the record does not answer; ask again in a moment.",
        ),
        Kind("stopping", 503, "Stopping", "The service is being stopped."),
        Kind("question-log", 503, "Questions not readable", "Answers are not affected."),
        Kind("feedback-store", 503, "Feedback not stored", "Answers are not affected."),
    )
}
_BY_STATUS = {kind.status: kind for kind in reversed(KINDS.values())}


class Problem(Exception):
    """Raised anywhere below the app; becomes a problem+json response."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = KINDS[kind]
        self.detail = detail
        self.headers = dict(headers or {})


def problem_response(
    kind: Kind,
    detail: str,
    *,
    root_path: str = "",
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldError] = (),
    status: int | None = None,
) -> Response:
    """The response, at most 2 KB: the last of ``errors`` are left out when they do not fit."""
    body: dict[str, Any] = {
        "type": f"{root_path}/docs#{kind.name}",
        "title": kind.title,
        "status": status or kind.status,
        "detail": detail[:_MAX_MESSAGE],
        "request_id": current_request_id.get(),
    }
    kept = [error.model_dump() for error in errors[:10]]
    content = _encode(body | {"errors": kept} if kept else body)
    while len(content) > MAX_BYTES and kept:
        kept.pop()
        content = _encode(body | {"errors": kept})
    return Response(content, body["status"], dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI, routes: Sequence[BaseRoute], fields: Collection[str]) -> None:
    """Make every error of ``app``, whose paths are ``routes``, a problem.

    ``fields`` are the names that a body may hold: of a request, no name is repeated but these and
    the parameters of the paths.
    """
    parameters = {
        parameter.alias
        for route in routes
        if isinstance(route, APIRoute)
        for parameter in (*route.dependant.query_params, *route.dependant.path_params)
    }

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return _respond(request, error.kind, error.detail, error.headers)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        kind = _BY_STATUS.get(error.status_code, KINDS["bad-request"])
        headers = dict(error.headers or {})
        detail = kind.meaning
        if error.status_code == 405:
            allowed = _allowed_methods(request, routes)
            headers["Allow"] = allowed or headers.get("Allow") or "GET, HEAD"
            detail = f"This path takes {headers['Allow']}."
        return _respond(request, kind, detail, headers, status=error.status_code)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # A misspelt name comes first: it explains why another field is missing.
        found = sorted(error.errors(), key=lambda e: str(e["type"]) != "extra_forbidden")
        errors = [field_error(e, fields, parameters) for e in found]
        where = ".".join(map(str, errors[0].loc)) if errors else "request"
        detail = f"{where}: {errors[0].msg}" if errors else KINDS["validation"].meaning
        return _respond(request, KINDS["validation"], detail, errors=errors)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)


def field_error(
    error: Mapping[str, Any], known: Collection[str], parameters: Collection[str] = ()
) -> FieldError:
    """One pydantic error without the input: names that are not ours are left out of ``loc``.

    ``known`` are the names of fields, which are also what a misspelt one may have meant.
    """
    loc = list(error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        close = get_close_matches(str(loc[-1])[:100], known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        message = f"A field that is not known{hint}"
    if error["type"] == "json_invalid":
        message = f"Not valid JSON: {error.get('ctx', {}).get('error', 'cannot be read')}"
        loc = ["body"]
    ours = {"body", "query", "path", "header", *known, *parameters}
    kept = [part for part in loc if isinstance(part, int) or part in ours]
    return FieldError(loc=kept, msg=message[:_MAX_MESSAGE], type=str(error["type"]))


def _respond(
    request: Request,
    kind: Kind,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldError] = (),
    status: int | None = None,
) -> Response:
    return problem_response(
        kind,
        detail,
        root_path=request.app.state.root_path,
        headers=headers,
        errors=errors,
        status=status,
    )


def _allowed_methods(request: Request, routes: Sequence[BaseRoute]) -> str:
    # Starlette names the methods of the first route of the path only.
    methods: set[str] = set()
    for route in routes:
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _encode(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
