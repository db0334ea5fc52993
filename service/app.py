"""The FastAPI application: ``create_app`` puts the parts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from service import operators
from service.access import BearerAuth, read_tokens
from service.admission import ClientGone
from service.answerer import Answerer
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.middleware import BodyLimit, Cors, LastResort, RequestContext
from service.problems import ProblemDetails, install
from service.request_schemas import REQUEST_FIELDS
from service.routes import router
from service.settings import Settings
from service.static_files import static_files
from service.tracing import open_tracing


class Surrounded(Protocol):
    """Of whom the middleware logs and counts the requests."""

    @property
    def metrics(self) -> Metrics:
        """Where they are counted."""

    @property
    def stopping(self) -> bool:
        """Whether connections are to be closed."""

    @property
    def record(self) -> str:
        """One of several records, or empty."""


API_VERSION = "1.0.0"
_DESCRIPTION = (
    "Answers questions over a record of documents with verbatim, cited passages. "
    "No text that is not in the record is ever presented as an answer. "
    "Offsets are 0-based, half-open, and count Unicode code points."
)


def create_app(settings: Settings, answerer: Answerer | None = None) -> FastAPI:
    """The service. Without ``answerer`` it opens the index of ``settings`` when it starts."""
    return build_app(Lifecycle(settings, answerer))


def build_app(lifecycle: Lifecycle) -> FastAPI:
    """The service around ``lifecycle``. Raises TokenFileError when its tokens cannot be read."""
    settings = lifecycle.settings

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with lifecycle.run():
            yield

    app = FastAPI(
        title="Ask the Record",
        version=API_VERSION,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.lifecycle = lifecycle
    app.include_router(router)
    app.include_router(operators.router)
    app.mount("/static", static_files, name="static")
    install(app, [*router.routes, *operators.router.routes], REQUEST_FIELDS)
    app.add_exception_handler(ClientGone, _nobody_reads)
    tokens = None
    if settings.tokens_file is not None:
        tokens = read_tokens(settings.tokens_file, lifecycle.record)
    app.openapi = lambda: _schema(app)  # type: ignore[method-assign]
    return surround(app, settings, lifecycle, tokens)


def surround(
    app: FastAPI, settings: Settings, state: Surrounded, tokens: frozenset[bytes] | None
) -> FastAPI:
    """Put around ``app`` what every request goes through; the last one added is the outermost."""
    app.state.root_path = settings.root_path
    app.add_middleware(
        BodyLimit, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s
    )
    app.add_middleware(LastResort)
    if tokens is not None:
        app.add_middleware(BearerAuth, tokens=tokens, root_path=settings.root_path)
    app.add_middleware(
        Cors,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "HEAD", "POST"),
        allow_headers=("X-Request-ID", *(() if tokens is None else ("Authorization",))),
        expose_headers=("Retry-After", "X-Request-ID"),
    )
    app.add_middleware(
        RequestContext,
        metrics=state.metrics,
        stopping=lambda: state.stopping,
        root_path=settings.root_path,
        record=state.record,
        tracing=None if settings.otlp_endpoint is None else open_tracing(settings.otlp_endpoint),
    )
    return app


async def _nobody_reads(request: Request, error: Exception) -> Response:
    return Response(status_code=499)


def _schema(app: FastAPI) -> dict[str, Any]:
    """FastAPI's schema with our errors in place of its own."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        models = schema["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            models.pop(name, None)
        problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        models.update(problem.pop("$defs"))
        models[ProblemDetails.__name__] = problem
        for path in schema["paths"].values():
            for operation in path.values():
                responses = operation["responses"]
                if "application/json" in responses.get("422", {}).get("content", {}):
                    del responses["422"]
        schema["components"]["schemas"] = dict(sorted(models.items()))
        app.openapi_schema = schema
    return app.openapi_schema
