"""Several records on one service: each under ``/r/NAME/``, with an index and stores of its own.

Every record is a whole service in itself. They have in common only the process, the bound on
questions at a time, the metrics (each with its label) and the models' weights; nothing that an
answer is made of.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access import read_tokens
from service.admission import Admission
from service.app import build_app, create_app, surround
from service.lifecycle import Lifecycle, new_admission
from service.metrics import Metrics
from service.problems import Problem, install
from service.settings import Settings

_PATH = re.compile(r"/r/(?P<record>[^/]+)(?P<rest>/.*)?", re.DOTALL)


class Records:
    """The ASGI application: hands each request to the record that its path names."""

    def __init__(self, settings: Settings) -> None:
        families = Metrics(by_record=True)
        common: list[Admission] = []

        def shared(one: Settings, metrics: Metrics) -> Admission:
            # Made when the first record starts, in its event loop.
            if not common:
                common.append(new_admission(one, families.of("")))
            return common[0]

        self._root_path = settings.root_path
        self._apps: dict[str, FastAPI] = {}
        for number, (name, folder) in enumerate(settings.record_folders):
            one = settings.for_record(name, folder, drains=number == 0)
            lifecycle = Lifecycle(one, None, families.of(name), shared, name)
            self._apps[name] = build_app(lifecycle)
        records = [app.state.lifecycle for app in self._apps.values()]
        tokens = None if settings.tokens_file is None else read_tokens(settings.tokens_file, None)
        self._front = surround(
            _front(records, families), settings, _Front(records, families), tokens
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the process."""
        if scope["type"] != "http":
            await self._front(scope, receive, send)
            return
        path: str = scope["path"]
        if f"{path}/".startswith(f"{self._root_path}/"):
            path = path[len(self._root_path) :]
        match = _PATH.fullmatch(path)
        app: ASGIApp | None = match and self._apps.get(match["record"])
        if match is None or app is None:
            await self._front(scope, receive, send)
            return
        # The record's own middleware puts its prefix before the path again.
        await app(dict(scope, path=match["rest"] or "/"), receive, send)


class _Front:
    """The process as a whole."""

    record = ""

    def __init__(self, records: list[Lifecycle], families: Metrics) -> None:
        self._records = records
        self.metrics = families.of("")

    @property
    def stopping(self) -> bool:
        """As soon as one record drains, all do."""
        return any(one.stopping for one in self._records)


def _front(records: list[Lifecycle], metrics: Metrics) -> FastAPI:
    """What belongs to no record: health and metrics."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for one in records:
                await stack.enter_async_context(one.run())
            yield

    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    async def readyz() -> dict[str, str]:
        # One record without an index must not take the others out of service.
        conditions = {one.unready for one in records}
        if conditions & {"loading", "stopping"} or None not in conditions:
            first = next(
                c
                for c in ("stopping", "loading", "store-unavailable", "no-index")
                if c in conditions
            )
            raise records[0].problem(first)
        return {"status": "ready"}

    def all_metrics() -> Response:
        content, media_type = metrics.render()
        return Response(content, headers={"Content-Type": media_type})

    async def elsewhere(request: Request) -> Response:
        raise Problem("not-found", "Each record has an address of its own, /r/RECORD/.")

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_api_route("/livez", livez)
    app.add_api_route("/readyz", readyz)
    app.add_api_route("/metrics", all_metrics)
    app.add_api_route("/", elsewhere)
    install(app, [r for r in app.routes if isinstance(r, APIRoute)], {})
    return app


def application(settings: Settings) -> ASGIApp:
    """The service of one record, or of several."""
    return Records(settings) if settings.records else create_app(settings)


def application_from_environment() -> ASGIApp:
    """The service with the settings of the environment, for a worker process."""
    from service.logs import configure_logging

    settings = Settings()
    configure_logging(settings.log_level)
    return application(settings)
