"""The HTTP interface: each path, in the order in which a reader meets them."""

import logging
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from ulid import ULID

from index.types import Document
from service import pages
from service.answers import Answer, Question
from service.asking import address_of, answer_question, check_query
from service.html import page, page_language, prefers_html
from service.json_body import JsonRoute
from service.lifecycle import Lifecycle
from service.logs import log_event
from service.problems import MEDIA_TYPE, Problem, ProblemDetails
from service.reference import render_reference_page
from service.request_schemas import AskQuery, AskRequest, FeedbackRequest
from service.schemas import (
    AskResponse,
    DocumentResponse,
    DocumentsResponse,
    DocumentSummary,
    FeedbackResponse,
    HealthResponse,
    SuggestionsResponse,
)
from service.sqlite_file import StoreError
from service.static_files import static_files
from service.text_search import MAX_WORDS

Responses = dict[int | str, dict[str, Any]]


def _problems(*statuses: int) -> Responses:
    schema = {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}
    described = {
        404: "There is no such document.",
        413: "The body is too large.",
        415: "The body is not JSON.",
        422: "The request is not valid; `errors` says why.",
        429: "Too many requests from one address; see `Retry-After`.",
        503: "Overloaded, loading, without an index or its engine; see `Retry-After`.",
    }
    return {s: {"description": described[s], "content": {MEDIA_TYPE: schema}} for s in statuses}


_HTML = {"content": {"text/html": {"schema": {"type": "string"}}}}
_PAGE: Responses = {200: _HTML}
_PAGE_THAT_SAYS_WHY: Responses = {
    s: {"description": "The page, which says why there is no answer.", **_HTML}
    for s in (422, 429, 503)
}

router = APIRouter(route_class=JsonRoute)


async def _lifecycle(request: Request) -> Lifecycle:
    # Not a plain function: those are called in a thread, and /readyz must not wait for one.
    lifecycle: Lifecycle = request.app.state.lifecycle
    return lifecycle


Service = Annotated[Lifecycle, Depends(_lifecycle)]


@router.post(
    "/ask", tags=["answers"], summary="Ask a question", responses=_problems(413, 415, 422, 429, 503)
)
async def ask(request: Request, service: Service, body: AskRequest) -> AskResponse:
    """Answers with quotations from the record, or says that the record does not answer."""
    question = body.to_question()
    return await _respond(
        request, service, question, await answer_question(request, service, question)
    )


@router.get(
    "/ask", tags=["answers"], summary="Ask from an address", responses=_problems(422, 429, 503)
)
async def ask_by_query(
    request: Request, service: Service, query: Annotated[AskQuery, Query()]
) -> AskResponse:
    """The same as POST, for a browser or curl. Unknown or repeated parameters are refused."""
    check_query(request)
    question = query.to_question()
    return await _respond(
        request, service, question, await answer_question(request, service, question)
    )


@router.get("/suggestions", tags=["answers"], responses=_problems(503))
async def suggestions(service: Service) -> SuggestionsResponse:
    """Questions that this index can answer."""
    return SuggestionsResponse(suggestions=list(service.answerer.suggestions))


@router.post(
    "/feedback", tags=["answers"], status_code=201, responses=_problems(413, 415, 422, 429, 503)
)
async def feedback(request: Request, service: Service, body: FeedbackRequest) -> FeedbackResponse:
    """Stores whether an answer helped. When it cannot be stored, answers are not affected."""
    service.rate_limit.check(address_of(request))
    feedback_id = str(ULID())
    add = partial(
        service.feedback.add,
        feedback_id,
        body.answer_id,
        body.value,
        body.passage_id,
        body.tags,
        body.note,
        service.generation,
    )
    try:
        await service.store(add)
    except StoreError as error:
        service.metrics.feedback("failed")
        log_event("feedback_failed", level=logging.ERROR, reason=str(error))
        raise Problem(
            "feedback-store", "The feedback could not be stored.", {"Retry-After": "60"}
        ) from None
    service.metrics.feedback(body.value)
    return FeedbackResponse(feedback_id=feedback_id)


Format = Annotated[
    Literal["json", "html"] | None, Query(description="Overrides the header Accept.")
]


Words = Annotated[
    str,
    Query(
        max_length=MAX_WORDS,
        description="Words to find in the text, whatever their case and accents.",
    ),
]


@router.get(
    "/documents",
    tags=["record"],
    response_model=DocumentsResponse,
    responses=_PAGE | _problems(422, 503),
)
def documents(
    request: Request,
    service: Service,
    format: Format = None,
    lang: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    q: Words = "",
) -> Response | DocumentsResponse:
    """The documents of the record, or those that hold `q`: JSON, or a page for a browser."""
    as_page = _wants_page(request, format)
    limit = min(limit, pages.DOCUMENTS_ON_A_PAGE) if as_page else limit
    with service.lease() as answerer:
        shown, total = answerer.documents(q.strip(), offset, limit)
    if as_page:
        return page(
            request,
            pages.render_documents_page(
                shown,
                total,
                offset,
                q=q.strip(),
                title=service.settings.title,
                lang=page_language(request, lang),
                root=service.settings.root_path,
            ),
        )
    return DocumentsResponse(
        documents=[DocumentSummary.of(document) for document in shown], total=total
    )


@router.get(
    "/documents/{doc_id:path}",
    tags=["record"],
    response_model=DocumentResponse,
    responses=_PAGE | _problems(404, 422, 503),
)
def document(
    request: Request,
    service: Service,
    doc_id: str,
    format: Format = None,
    lang: str | None = None,
    start: Annotated[int | None, Query(description="Where the marked words begin.")] = None,
    end: Annotated[int | None, Query(description="Where the marked words end.")] = None,
    q: Words = "",
) -> Response | DocumentResponse:
    """One document: JSON, or a page that marks the words from `start` to `end`, or `q`."""
    with service.lease() as answerer:
        found: Document | None = answerer.document(doc_id)
    if found is None:
        raise Problem("not-found", "There is no document of this id; /documents lists them.")
    if _wants_page(request, format):
        return page(
            request,
            pages.render_document_page(
                found,
                start,
                end,
                q=q.strip(),
                title=service.settings.title,
                lang=page_language(request, lang),
                root=service.settings.root_path,
            ),
        )
    return DocumentResponse.of(found)


@router.get("/", tags=["pages"], response_class=HTMLResponse, responses=_PAGE_THAT_SAYS_WHY)
async def chat(
    request: Request, service: Service, q: str | None = None, lang: str | None = None
) -> HTMLResponse:
    """The chat page. With `q` it holds the answer, for a browser without scripts."""
    answer: Answer | None = None
    reply: str | None = None
    problem: str | None = None
    status = 200
    headers: dict[str, str] = {}
    if q is not None and q.strip():
        try:
            asked = AskQuery(q=q).to_question()
            answer = await answer_question(request, service, asked)
            reply = (await _respond(request, service, asked, answer)).model_dump_json()
        except (ValidationError, RequestValidationError):
            status, problem = 422, "Ask a question of 1 to 1,000 characters."
        except Problem as error:
            status, problem, headers = error.kind.status, error.detail, error.headers
    ready = service.generation is not None
    content = pages.render_chat_page(
        title=service.settings.title,
        suggestions=service.answerer.suggestions if ready else (),
        index_info=service.answerer.info if ready else None,
        documents=service.document_count,
        answer=answer,
        question=(q or "").strip()[:1_000],
        problem=problem,
        reply=reply,
        lang=page_language(request, lang),
        root=service.settings.root_path,
    )
    response = page(request, content, status)
    response.headers.update(headers)
    return response


@router.get("/embed", tags=["pages"], response_class=HTMLResponse)
async def embed(request: Request, service: Service, lang: str | None = None) -> HTMLResponse:
    """The conversation alone, for an iframe."""
    content = pages.render_embed_page(
        title=service.settings.title,
        suggestions=service.answerer.suggestions if service.generation else (),
        lang=page_language(request, lang),
        root=service.settings.root_path,
    )
    return page(request, content)


@router.get("/widget", tags=["pages"], response_class=HTMLResponse)
async def widget_page(request: Request, service: Service, lang: str | None = None) -> HTMLResponse:
    """For site owners: the tag with its hash, its settings, a preview and a policy."""
    root = service.settings.root_path
    content = pages.render_widget_page(
        title=service.settings.title,
        address=f"{request.url.scheme}://{request.url.netloc}{root}",
        lang=page_language(request, lang),
        root=root,
    )
    return page(request, content)


@router.get("/docs", tags=["pages"], response_class=HTMLResponse)
async def docs(request: Request, service: Service) -> HTMLResponse:
    """This reference as a page."""
    content = render_reference_page(
        request.app.openapi(), title=service.settings.title, root=service.settings.root_path
    )
    return page(request, content)


@router.get(
    "/widget.js",
    tags=["pages"],
    response_class=Response,
    responses={200: {"content": {"text/javascript": {"schema": {"type": "string"}}}}},
)
async def widget(request: Request) -> Response:
    """The widget, for one `<script>` tag on another site."""
    return await static_files.get_response("widget.js", request.scope)


@router.get("/livez", tags=["operation"])
async def livez() -> HealthResponse:
    """Whether the process works. Never waits for a question."""
    return HealthResponse(status="ok")


@router.get("/readyz", tags=["operation"], responses=_problems(503))
async def readyz(service: Service) -> HealthResponse:
    """Whether questions can be answered: the index is loaded and the models are warm."""
    if service.unready is not None:
        raise service.problem(service.unready)
    return HealthResponse(status="ready")


@router.get(
    "/metrics",
    tags=["operation"],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(service: Service) -> Response:
    """Prometheus metrics, of all workers together."""
    if service.record:
        # They are those of the whole process, and so of the other records too.
        raise Problem("not-found", "The metrics of all records are at the root of the service.")
    content, media_type = service.metrics.render()
    return Response(content, headers={"Content-Type": media_type})


async def _respond(
    request: Request, service: Lifecycle, question: Question, answer: Answer
) -> AskResponse:
    response = AskResponse.of(answer, service.document_count)
    request.scope["state"]["log"]["answer_id"] = response.answer_id
    if service.questions is not None:
        try:
            keep = partial(service.questions.add, response.answer_id, question, answer)
            await service.store(keep)
        except StoreError as error:
            log_event("question_log_failed", level=logging.ERROR, reason=str(error))
    return response


def _wants_page(request: Request, format: Literal["json", "html"] | None) -> bool:
    return format == "html" or (format is None and prefers_html(request))
