"""Prometheus metrics, with a registry for each app."""

import copy
import os
from datetime import datetime
from pathlib import Path
from typing import TypeVar

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

Family = TypeVar("Family", Counter, Gauge, Histogram)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class Metrics:
    """What is counted. Labels never hold what a client sent, so their number is bounded.

    With ``by_record`` every metric has the label ``record`` too; use ``of`` to fill it in.
    """

    def __init__(self, by_record: bool = False) -> None:
        self.registry = CollectorRegistry()
        self._record: dict[str, str] = {}
        common = ("record",) if by_record else ()
        self._requests = Histogram(
            "http_request_duration_seconds",
            "Time from the first byte of a request to the last of its response.",
            ("route", "method", "status", *common),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answers = Counter(
            "ask_answers_total",
            "Questions that were answered or refused; reason is empty for an answer.",
            ("status", "reason", *common),
            registry=self.registry,
        )
        self._stages = Histogram(
            "ask_stage_duration_seconds",
            "Time of a stage of answering.",
            ("stage", *common),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._rejected = Counter(
            "ask_rejected_total",
            "Questions that were not worked on, by the kind of problem.",
            ("kind", *common),
            registry=self.registry,
        )
        self._feedback = Counter(
            "feedback_total",
            "Feedback by what became of it.",
            ("value", *common),
            registry=self.registry,
        )
        self._queue = Gauge(
            "ask_queue_depth",
            "Questions that wait for a free slot.",
            common,
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._running = Gauge(
            "ask_running",
            "Questions that are being answered.",
            common,
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._ready = Gauge(
            "ask_ready_workers",
            "Workers whose index is loaded and whose models are warm.",
            common,
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._index = Gauge(
            "ask_index_info",
            "1 for the index that is served, named by the labels; 0 for a former one.",
            ("generation", "fingerprint", "model", "built_at", *common),
            multiprocess_mode="livemax",
            registry=self.registry,
        )
        self._built = Gauge(
            "ask_index_built_timestamp_seconds",
            "When the index that is served was built, in seconds since 1970.",
            common,
            multiprocess_mode="livemin",
            registry=self.registry,
        )
        self._loads = Counter(
            "ask_index_loads_total",
            "Generations of the index by what became of them: taken or refused.",
            ("outcome", *common),
            registry=self.registry,
        )
        self._served: dict[str, str] | None = None
        if DIRECTORY_VARIABLE not in os.environ:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)

    def of(self, record: str) -> "Metrics":
        """The same metrics, counted for one of several records; empty for the process."""
        view = copy.copy(self)
        view._record = {"record": record}
        return view

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one HTTP request."""
        method = method if method in _METHODS else "other"
        self._labelled(self._requests, route=route, method=method, status=str(status)).observe(
            seconds
        )

    def answer(self, answer: Answer) -> None:
        """Count one answer or refusal and the time of its stages."""
        self._labelled(self._answers, status=answer.status, reason=answer.reason or "").inc()
        for stage, milliseconds in answer.timing_ms.items():
            self._labelled(self._stages, stage=stage).observe(milliseconds / 1000)

    def rejected(self, kind: str) -> None:
        """Count a question that was turned away."""
        self._labelled(self._rejected, kind=kind).inc()

    def feedback(self, value: str) -> None:
        """Count feedback: ``up``, ``down`` or ``failed``."""
        self._labelled(self._feedback, value=value).inc()

    def load(self, waiting: int, running: int) -> None:
        """How many questions wait and run now."""
        self._labelled(self._queue).set(waiting)
        self._labelled(self._running).set(running)

    def ready(self, info: IndexInfo | None) -> None:
        """Say which index is served, or that none is."""
        self._labelled(self._ready).set(0 if info is None else 1)
        if info is None:
            return
        labels = {
            "generation": info.generation,
            "fingerprint": info.fingerprint,
            "model": info.model,
            "built_at": info.built_at,
        }
        if self._served is not None and self._served != labels:
            if DIRECTORY_VARIABLE in os.environ:
                # What a worker has once written in the common folder cannot be taken back.
                self._labelled(self._index, **self._served).set(0)
            else:
                self._index.remove_by_labels(self._served | self._record)
        self._served = labels
        self._labelled(self._index, **labels).set(1)
        self._labelled(self._built).set(datetime.fromisoformat(info.built_at).timestamp())
        self._labelled(self._loads, outcome="taken").inc()

    def index_refused(self) -> None:
        """Count a generation that could not be served."""
        self._labelled(self._loads, outcome="refused").inc()

    def _labelled(self, family: Family, **labels: str) -> Family:
        labels |= self._record
        return family.labels(**labels) if labels else family

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
