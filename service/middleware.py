"""What surrounds every request, as plain ASGI: request id, log, metrics, limits, last resort."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from service.logs import current_request_id, log_event
from service.metrics import Metrics
from service.problems import KINDS, problem_response
from service.tracing import Tracing

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = {"/livez", "/readyz", "/metrics"}
_DRAIN_BYTES = 1_048_576
_DRAIN_SECONDS = 2.0


class RequestContext:
    """Gives each request an id, and logs and counts its response. HEAD is a GET without a body."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        stopping: Callable[[], bool],
        root_path: str,
        record: str = "",
        tracing: Tracing | None = None,
    ) -> None:
        self.app = app
        self.tracing = tracing
        self.root_path = root_path
        self.metrics = metrics
        self.stopping = stopping
        self.about = {"record": record} if record else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, then log and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, begun = time.perf_counter(), time.time()
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(ULID())
        method = scope["method"]
        inner = dict(scope, method="GET" if method == "HEAD" else method)
        if self.root_path:
            # Some proxies strip the path under which they serve us; ASGI wants it in ``path``.
            kept = f"{scope['path']}/".startswith(f"{self.root_path}/")
            inner["path"] = scope["path"] if kept else self.root_path + scope["path"]
            inner["root_path"] = self.root_path
        inner["state"] = {**scope.get("state", {}), "log": dict(self.about)}
        token = current_request_id.set(request_id)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("Cache-Control", "no-store")
                if self.stopping():
                    headers["Connection"] = "close"
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(inner, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(inner.get("route"), "path", "unmatched")
            # Status 499: the client hung up before there was anything to send.
            self.metrics.request(route, method, status or 499, seconds)
            log_event(
                "request",
                logging.DEBUG if route in _QUIET else logging.INFO,
                method=method if len(method) < 20 else "other",
                route=route,
                status=status or 499,
                duration_ms=round(seconds * 1000, 1),
                **inner["state"]["log"],
            )
            if self.tracing is not None:
                told, log = Headers(scope=scope), inner["state"]["log"]
                self.tracing.request(told, method, route, status or 499, begun, seconds, log)
            current_request_id.reset(token)


class Cors(CORSMiddleware):
    """Starlette's, with a problem for a refused preflight."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The permission, or a problem that says which setting to change."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        kept = {k: v for k, v in response.headers.items() if not k.startswith("content-")}
        detail = "This origin, method or header is not allowed; see the setting cors_origins."
        return problem_response(KINDS["cors"], detail, headers=kept)


class LastResort:
    """Turns an exception that nothing else handled into a problem, and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a fault becomes a 500."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = False

        async def watched_send(message: Message) -> None:
            nonlocal began
            began = began or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception as error:
            log_event("fault", logging.ERROR, exc_info=error)
            if began:
                raise
            await _problem(scope, "internal", "The fault is logged under this request_id.")(
                scope, receive, send
            )


class BodyLimit:
    """Reads the whole body before the app runs: never more than the limit, never for too long.

    It counts the bytes that arrive, so chunked bodies and a wrong Content-Length are held too.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, timeout_s: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then serve the request or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        body = b""
        more = True
        too_large = announced.isdecimal() and int(announced[:19]) > self.max_bytes
        with anyio.move_on_after(self.timeout_s) as deadline:
            while more and not too_large:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
                too_large = len(body) > self.max_bytes
        if too_large:
            detail = f"The body is longer than {self.max_bytes} bytes."
            await self._refuse("body-too-large", detail, scope, receive, send)
        elif deadline.cancelled_caught:
            detail = f"The body did not arrive within {self.timeout_s:g} s."
            await self._refuse("body-timeout", detail, scope, receive, send)
        else:
            await self.app(scope, _replay(body, receive), send)

    async def _refuse(
        self, kind: str, detail: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        response = _problem(scope, kind, detail, {"Connection": "close"})
        content = bytes(response.body)
        start = {"status": response.status_code, "headers": response.raw_headers}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": content, "more_body": True})
        if kind == "body-too-large":
            # A client that is still sending would see a reset instead of the response.
            with anyio.move_on_after(_DRAIN_SECONDS):
                drained = 0
                while drained < _DRAIN_BYTES:
                    message = await receive()
                    drained += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        break
        await send({"type": "http.response.body", "body": b""})


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _problem(
    scope: Scope, kind: str, detail: str, headers: dict[str, Any] | None = None
) -> Response:
    return problem_response(
        KINDS[kind],
        detail,
        root_path=scope["app"].state.root_path,
        headers=headers,
    )
