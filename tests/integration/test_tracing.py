"""Traces: one span a request, in the caller's trace, with its stages and never a question."""

import builtins
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from service import app, tracing
from service.tracing import OpenTelemetry, TracingError, open_tracing
from tests.fakes import BrokenAnswerer
from tests.integration.conftest import Serve

COLLECTOR = "http://127.0.0.1:4318"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traced = OpenTelemetry(provider.get_tracer("test"))
    monkeypatch.setattr(app, "open_tracing", lambda endpoint: traced)
    return exporter


def of(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = [span for span in spans.get_finished_spans() if span.name == name]
    return found


def test_question_is_a_span_with_its_stages_in_the_trace_of_who_asked(
    serve: Serve, spans: InMemorySpanExporter
) -> None:
    client = serve(otlp_endpoint=COLLECTOR)
    header = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    client.get("/ask?q=keeper+of+the+lighthouse", headers=header)
    span = of(spans, "GET /ask")
    assert span.kind is SpanKind.SERVER
    assert span.parent is not None and span.context is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, CALLER)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/ask",
        "http.response.status_code": 200,
        "ask.outcome": "answered",
    }
    for stage in ("embed", "search", "read"):
        child = of(spans, stage)
        assert child.parent is not None and child.parent.span_id == span.context.span_id
        assert child.start_time is not None and child.end_time is not None
        # The fake says .1 ms of each stage.
        assert child.end_time - child.start_time == 100_000
    told = str([span.to_json() for span in spans.get_finished_spans()])
    assert "keeper" not in told and "lighthouse" not in told


def test_refusal_and_fault_are_told_apart(serve: Serve, spans: InMemorySpanExporter) -> None:
    serve(otlp_endpoint=COLLECTOR).get("/ask?q=ceiling")
    refused = of(spans, "GET /ask")
    assert refused.attributes is not None
    assert refused.attributes["ask.reason"] == "below_threshold"
    assert refused.status.status_code is StatusCode.UNSET
    spans.clear()
    serve(BrokenAnswerer(), otlp_endpoint=COLLECTOR).get("/ask?q=x")
    assert of(spans, "GET /ask").status.status_code is StatusCode.ERROR


def test_without_the_setting_nothing_is_traced(serve: Serve, spans: InMemorySpanExporter) -> None:
    serve().get("/ask?q=keeper")
    assert spans.get_finished_spans() == ()


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    received: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_spans_reach_a_collector(
    serve: Serve, collector: tuple[str, list[tuple[str, bytes]]]
) -> None:
    address, received = collector
    client = serve(otlp_endpoint=address)
    client.get("/ask?q=keeper")
    traced = open_tracing(address)
    assert isinstance(traced, OpenTelemetry)
    traced._tracer.span_processor.force_flush()
    assert [path for path, _ in received] == ["/v1/traces"]
    assert b"GET /ask" in received[0][1] and b"ask-the-record" in received[0][1]


def test_missing_libraries_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("opentelemetry.exporter"):
            raise ModuleNotFoundError(name=name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    tracing.open_tracing.cache_clear()
    with pytest.raises(TracingError, match=r"pip install -r requirements/otel\.txt"):
        open_tracing(COLLECTOR)
