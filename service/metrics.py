"""Prometheus metrics, with a registry for each app."""

import os
from datetime import datetime
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    multiprocess,
)

from service.answers import Answer, IndexInfo

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Set before ``prometheus_client`` is imported, it makes all workers add up in one folder."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class Metrics:
    """What is counted. Labels never hold what a client sent, so their number is bounded."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "http_request_duration_seconds",
            "Time from the first byte of a request to the last of its response.",
            ("route", "method", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answers = Counter(
            "ask_answers_total",
            "Questions that were answered or refused; reason is empty for an answer.",
            ("status", "reason"),
            registry=self.registry,
        )
        self._stages = Histogram(
            "ask_stage_duration_seconds",
            "Time of a stage of answering.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._rejected = Counter(
            "ask_rejected_total",
            "Questions that were not worked on, by the kind of problem.",
            ("kind",),
            registry=self.registry,
        )
        self._feedback = Counter(
            "feedback_total", "Feedback by what became of it.", ("value",), registry=self.registry
        )
        self._queue = Gauge(
            "ask_queue_depth",
            "Questions that wait for a free slot.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._running = Gauge(
            "ask_running",
            "Questions that are being answered.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._ready = Gauge(
            "ask_ready_workers",
            "Workers whose index is loaded and whose models are warm.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._index = Gauge(
            "ask_index_info",
            "1 for the index that is served, named by the labels; 0 for a former one.",
            ("generation", "fingerprint", "model", "built_at"),
            multiprocess_mode="livemax",
            registry=self.registry,
        )
        self._built = Gauge(
            "ask_index_built_timestamp_seconds",
            "When the index that is served was built, in seconds since 1970.",
            multiprocess_mode="livemin",
            registry=self.registry,
        )
        self._loads = Counter(
            "ask_index_loads_total",
            "Generations of the index by what became of them: taken or refused.",
            ("outcome",),
            registry=self.registry,
        )
        self._served: tuple[str, ...] | None = None
        if DIRECTORY_VARIABLE not in os.environ:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one HTTP request."""
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).observe(seconds)

    def answer(self, answer: Answer) -> None:
        """Count one answer or refusal and the time of its stages."""
        self._answers.labels(answer.status, answer.reason or "").inc()
        for stage, milliseconds in answer.timing_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def rejected(self, kind: str) -> None:
        """Count a question that was turned away."""
        self._rejected.labels(kind).inc()

    def feedback(self, value: str) -> None:
        """Count feedback: ``up``, ``down`` or ``failed``."""
        self._feedback.labels(value).inc()

    def load(self, waiting: int, running: int) -> None:
        """How many questions wait and run now."""
        self._queue.set(waiting)
        self._running.set(running)

    def ready(self, info: IndexInfo | None) -> None:
        """Say which index is served, or that none is."""
        self._ready.set(0 if info is None else 1)
        if info is None:
            return
        labels = (info.generation, info.fingerprint, info.model, info.built_at)
        if self._served not in (None, labels):
            if DIRECTORY_VARIABLE in os.environ:
                # What a worker has once written in the common folder cannot be taken back.
                self._index.labels(*self._served).set(0)
            else:
                self._index.remove(*self._served)
        self._served = labels
        self._index.labels(*labels).set(1)
        self._built.set(datetime.fromisoformat(info.built_at).timestamp())
        self._loads.labels("taken").inc()

    def index_refused(self) -> None:
        """Count a generation that could not be served."""
        self._loads.labels("refused").inc()

    def render(self) -> tuple[bytes, str]:
        """The metrics of all workers, and their media type."""
        registry = self.registry
        if DIRECTORY_VARIABLE in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def close(self) -> None:
        """Take the gauges of this worker out of the sum."""
        folder = os.environ.get(DIRECTORY_VARIABLE)
        if folder and Path(folder).is_dir():
            multiprocess.mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]
