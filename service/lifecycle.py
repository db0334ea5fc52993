"""The running service: loads the index, says whether it can answer, and stops in order."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

from anyio import CapacityLimiter, fail_after, to_thread

from index.errors import IndexNotFound, StoreUnavailable
from index.location import Folder, Location, Store
from service.admission import Admission, RateLimit
from service.answerer import Answerer
from service.answers import Answer, Question
from service.feedback import FeedbackStore
from service.index_watcher import IndexWatcher
from service.logs import log_event
from service.metrics import Metrics
from service.problems import Problem
from service.question_log import QuestionLog
from service.served import Served
from service.settings import Settings
from service.sqlite_file import StoreError

_DETAILS = {
    "loading": "The index is being loaded. Ask again in a moment.",
    "no-index": "There is no index that can be served. Build one with "
    "`python -m index build CORPUS --output DIR` and serve it with "
    "`python -m service --index DIR`.",
    "store-unavailable": "The engine that keeps the record does not answer. Ask again in a moment.",
    "stopping": "The service is being stopped. Ask again in a moment.",
}
_STORE_WAIT_S = 1.0
"""How long feedback waits for a thread; once it has begun it is not interrupted."""


class Lifecycle:
    """Holds what a worker process shares between requests."""

    def __init__(
        self,
        settings: Settings,
        answerer: Answerer | None,
        metrics: Metrics | None = None,
        admission: Callable[[Settings, Metrics], Admission] | None = None,
        record: str = "",
    ) -> None:
        """``record`` is the name of one of several; they share ``admission`` and the process."""
        self.settings = settings
        self.record = record
        self.metrics = metrics or Metrics()
        self._make_admission = admission or new_admission
        self.feedback = FeedbackStore(settings.feedback_path, settings.feedback_max_mb)
        self.questions = _question_log(settings)
        self.rate_limit = RateLimit(settings.rate_limit_per_minute)
        self.stopping = False
        self.admission: Admission
        # Threads of their own: a store that hangs must not take those that serve pages.
        self._storing = CapacityLimiter(4)
        self._given = answerer
        self._served = Served()
        self._condition = "loading"
        self._unreached = False
        self.document_count = 0

    @property
    def unready(self) -> str | None:
        """Why questions are not to be sent here: a kind of problem, or None when they may be."""
        if self.stopping:
            return "stopping"
        if self._unreached:
            return "store-unavailable"
        return None if self._served.current is not None else self._condition

    @property
    def answerer(self) -> Answerer:
        """What answers now, to look at; raises Problem while there is none."""
        answerer = self._served.current
        if answerer is None:
            raise self.problem(self.unready or self._condition)
        return answerer

    @contextmanager
    def lease(self) -> Iterator[Answerer]:
        """Yield what answers and keep it open; raises Problem while there is none.

        To be used in the thread that works, for as short as that takes. Works on while stopping.
        """
        with self._served.lease() as answerer:
            if answerer is None:
                raise self.problem(self.unready or self._condition)
            try:
                yield answerer
            except StoreUnavailable as error:
                self._reached(error)
                raise self.problem("store-unavailable") from error
            except IndexNotFound as error:
                # Dropped from the engine while it was served; the watcher takes up the next.
                log_event("store_dropped", logging.ERROR, reason=str(error))
                raise self.problem("loading") from error

    def ask(self, question: Question) -> Answer:
        """Answer with one index from the beginning to the end, whatever is published meanwhile."""
        with self.lease() as answerer:
            return answerer.ask(question)

    @property
    def generation(self) -> str | None:
        """The generation of the index that is served, if one is."""
        answerer = self._served.current
        return None if answerer is None else answerer.info.generation

    async def store(self, work: Callable[[], None]) -> None:
        """Run ``work`` on a store in a thread; raises StoreError, also when too many wait."""
        try:
            with fail_after(_STORE_WAIT_S):
                await to_thread.run_sync(work, limiter=self._storing)
        except TimeoutError:
            raise StoreError("too many wait to be stored") from None

    def problem(self, condition: str) -> Problem:
        """The 503 for ``condition``."""
        retry = "30" if condition == "no-index" else "1"
        return Problem(condition, _DETAILS[condition], {"Retry-After": retry})

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve until the app stops. The index is loaded meanwhile, so /livez answers at once."""
        settings = self.settings
        self.stopping = False
        self.admission = self._make_admission(settings, self.metrics)
        watching: asyncio.Task[None] | None = None
        if self._given is not None:
            self._served.replace(self._given, owned=False)
            self._taken(self._given)
        else:
            watcher = IndexWatcher(
                location_of(settings),
                self._served,
                self._open,
                self._taken,
                self._refused,
                self._reached,
            )
            watching = asyncio.create_task(watcher.run(settings.reload_interval_s))
        with _DrainedAtSigterm(self._drain, settings.shutdown_delay_s):
            try:
                yield
            finally:
                self.stopping = True
                if watching is not None:
                    watching.cancel()
                await to_thread.run_sync(self._close)

    def _drain(self) -> None:
        self.stopping = True
        log_event("draining", seconds=self.settings.shutdown_delay_s)

    def _open(self, generation: str | None) -> Answerer:
        os.environ.setdefault("OMP_NUM_THREADS", str(self.settings.model_threads))
        return open_answerer(self.settings, generation)

    def _taken(self, answerer: Answerer) -> None:
        self.document_count = answerer.document_count
        self.metrics.ready(answerer.info)
        log_event("ready", generation=answerer.info.generation, model=answerer.info.model)

    def _refused(self, error: Exception) -> None:
        self._condition = "no-index"
        self.metrics.index_refused()
        serving = self.generation
        event = "no_index" if serving is None else "index_refused"
        log_event(event, logging.ERROR, reason=str(error), serving=serving)

    def _reached(self, error: StoreUnavailable | None) -> None:
        before, self._unreached = self._unreached, error is not None
        if error is not None and not before:
            log_event("store_unavailable", logging.ERROR, reason=str(error))
        elif error is None and before:
            log_event("store_available")

    def _close(self) -> None:
        self.feedback.close()
        if self.questions is not None:
            self.questions.close()
        self.metrics.ready(None)
        self.metrics.close()
        self._served.replace(None)
        log_event("stopped")


def new_admission(settings: Settings, metrics: Metrics) -> Admission:
    """The bound on questions at a time that ``settings`` ask for."""
    return Admission(
        settings.max_concurrent_questions,
        settings.max_queued_questions,
        settings.queue_timeout_s,
        metrics.load,
        settings.answer_timeout_s,
    )


def _question_log(settings: Settings) -> QuestionLog | None:
    """The log of questions, without those that are too old; None when nobody may read it."""
    if settings.operator_token is None:
        return None
    log = QuestionLog(
        settings.questions_path,
        settings.feedback_max_mb,
        settings.questions_days,
        settings.questions_keep_words,
    )
    try:
        log.forget()
    except StoreError as error:
        log_event("question_log_failed", logging.ERROR, reason=str(error))
    return log


def open_answerer(settings: Settings, generation: str | None = None) -> Answerer:
    """The answerer of the current index, or of the generation of that name.

    Raises RecordError when it cannot be served.
    """
    from service.pipeline import QuestionAnswerer

    location = location_of(settings)
    try:
        return QuestionAnswerer.open(
            location, threads=settings.model_threads, generation=generation
        )
    finally:
        location.close()


def location_of(settings: Settings) -> Location:
    """Where the record is: in a folder, or in the engine that ``settings`` name."""
    if settings.store is None:
        return Folder(settings.index_dir)
    return Store(settings.store_url, settings.index_dir)


class _DrainedAtSigterm:
    """While entered, SIGTERM first calls ``drain`` and, ``delay_s`` later, who handled it before.

    So a load balancer sees the service unready while it still accepts connections. A second
    signal does not wait.
    """

    def __init__(self, drain: Callable[[], None], delay_s: float) -> None:
        self._drain = drain
        self._delay_s = delay_s
        self._usable = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> None:
        if not self._usable:
            return
        before = signal.getsignal(signal.SIGTERM)
        loop = asyncio.get_running_loop()

        def pass_on(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGTERM, before)
            if callable(before):
                before(number, frame)
            else:
                signal.raise_signal(number)

        def handle(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGTERM, before)
            loop.call_soon_threadsafe(self._drain)
            if self._delay_s:
                loop.call_soon_threadsafe(loop.call_later, self._delay_s, pass_on, number, frame)
            else:
                pass_on(number, frame)

        signal.signal(signal.SIGTERM, handle)

    def __exit__(self, *_: object) -> None:
        # Who runs the app puts back the handlers that it found.
        return
