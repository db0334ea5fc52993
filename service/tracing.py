"""Traces by OpenTelemetry, for those who run a collector: a span a request, and one a stage.

Needs the libraries of requirements/otel.txt. A span holds what a line of the log holds, and never
a question. The SDK's own variables (``OTEL_SERVICE_NAME``, ``OTEL_TRACES_SAMPLER``, ...) apply.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

_NS = 1_000_000_000


class TracingError(RuntimeError):
    """The libraries are not installed."""


class Tracing(Protocol):
    """Where finished requests are told to."""

    def request(
        self,
        headers: Mapping[str, str],
        method: str,
        route: str,
        status: int,
        begun: float,
        seconds: float,
        log: Mapping[str, Any],
    ) -> None:
        """One request: ``begun`` is seconds since 1970, ``log`` what its line in the log says."""


class OpenTelemetry:
    """Tells an OpenTelemetry tracer, within the trace of whoever asked (W3C Trace Context)."""

    def __init__(self, tracer: Any) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._tracer = tracer
        self._propagator = TraceContextTextMapPropagator()

    def request(
        self,
        headers: Mapping[str, str],
        method: str,
        route: str,
        status: int,
        begun: float,
        seconds: float,
        log: Mapping[str, Any],
    ) -> None:
        """See ``Tracing``. Attributes are named by the semantic conventions for HTTP servers."""
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        attributes: dict[str, Any] = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        attributes |= {f"ask.{n}": log[n] for n in ("record", "outcome", "reason") if log.get(n)}
        end = int((begun + seconds) * _NS)
        span = self._tracer.start_span(
            f"{method} {route}",
            context=self._propagator.extract(headers),
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=int(begun * _NS),
        )
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        stages = {n: ms for n, ms in log.get("timing_ms", {}).items() if n != "total"}
        # They follow one another, and the response is written when the last one ends.
        at = end - int(sum(stages.values()) * _NS / 1000)
        for stage, milliseconds in stages.items():
            child = self._tracer.start_span(stage, context=set_span_in_context(span), start_time=at)
            at += int(milliseconds * _NS / 1000)
            child.end(at)
        span.end(end)


@cache
def open_tracing(endpoint: str) -> Tracing:
    """Send traces to the collector at ``endpoint``, in the background; a lost one is not missed.

    Raises TracingError when the libraries are not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingError(
            f"{error.name} is not installed: pip install -r requirements/otel.txt"
        ) from error
    name = os.environ.get("OTEL_SERVICE_NAME", "ask-the-record")
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OpenTelemetry(provider.get_tracer("ask_record"))
