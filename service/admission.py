"""Which questions are let in: a few run, a few wait, the rest are told at once to come back.

Without a bound a busy server answers everyone late; with it those who are let in are answered in
time, and health checks never wait.
"""

import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio import to_thread
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from service.deadline import Deadline, GivenUp
from service.problems import Problem

Result = TypeVar("Result")
_LONGEST_RETRY_S = 10


class ClientGone(Exception):
    """The client hung up while its question waited. Nothing was computed."""


class Admission:
    """Runs blocking work in threads: at most ``running`` at a time, at most ``queued`` waiting."""

    def __init__(
        self,
        running: int,
        queued: int,
        timeout_s: float,
        on_change: Callable[[int, int], None] = lambda waiting, running: None,
        answer_timeout_s: float = math.inf,
    ) -> None:
        self._slots = anyio.Semaphore(running)
        self._threads = anyio.CapacityLimiter(running)
        self._queued = queued
        self._timeout_s = timeout_s
        self._answer_timeout_s = answer_timeout_s
        self._usual_s = 0.0
        self._on_change = on_change
        self.capacity = running
        self.waiting = 0

    @property
    def running(self) -> int:
        """How many are being worked on."""
        return self.capacity - self._slots.value

    async def run(
        self, work: Callable[[], Result], disconnected: Callable[[], Awaitable[None]]
    ) -> Result:
        """Wait for a free slot, then return ``work()``, computed in a thread.

        ``disconnected`` returns when the client hangs up. Raises ``Problem`` (overloaded) when the
        queue is full or the wait is or would be too long, and ClientGone; ``work`` is then never
        called. Once begun, it is told by ``service.deadline`` to give up when the client hangs up
        (ClientGone) or when it takes too long (Problem timeout).
        """
        await self._enter(disconnected)
        try:
            if await _already(disconnected):
                raise ClientGone
            self._changed()
            started = time.monotonic()
            result = await self._work(work, disconnected)
            self._learn(time.monotonic() - started)
            return result
        finally:
            self._slots.release()
            self._changed()

    async def _work(
        self, work: Callable[[], Result], disconnected: Callable[[], Awaitable[None]]
    ) -> Result:
        deadline = Deadline(self._answer_timeout_s)
        results: list[Result] = []
        failure: Exception | None = None
        gone = False

        def limited() -> None:
            nonlocal failure
            try:
                with deadline.applied():
                    results.append(work())
            except Exception as error:
                # Raised outside of the task group, which would wrap it up.
                failure = error

        async def watch() -> None:
            nonlocal gone
            await disconnected()
            gone = True
            deadline.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            # Not abandoned when cancelled: a thread cannot be stopped, so its slot stays taken.
            await to_thread.run_sync(limited, limiter=self._threads)
            group.cancel_scope.cancel()
        if isinstance(failure, GivenUp):
            if gone:
                raise ClientGone
            limit = f"{self._answer_timeout_s:g} s"
            headers = {"Retry-After": str(_LONGEST_RETRY_S)}
            raise Problem("timeout", f"It took more than {limit}.", headers)
        if failure is not None:
            raise failure
        return results[0]

    def refuse_if_full(self) -> None:
        """Raise ``Problem`` (overloaded) if a question that came now could not be let in.

        It costs next to nothing, so that those who are let in keep the cores to themselves.
        """
        if self._slots.value:
            return
        if self.waiting >= self._queued:
            raise self._overloaded("Too many questions are waiting.")
        # On average the work under way is half done. Nobody is made to wait in vain.
        if (self.waiting + 0.5) * self._usual_s / self.capacity > self._timeout_s:
            raise self._overloaded("The questions that wait take too long.")

    async def _enter(self, disconnected: Callable[[], Awaitable[None]]) -> None:
        try:
            self._slots.acquire_nowait()
            return
        except anyio.WouldBlock:
            pass
        self.refuse_if_full()
        entered = gone = False
        self.waiting += 1
        self._changed()
        try:
            async with anyio.create_task_group() as group:

                async def watch() -> None:
                    nonlocal gone
                    await disconnected()
                    gone = True
                    group.cancel_scope.cancel()

                group.start_soon(watch)
                with anyio.move_on_after(self._timeout_s):
                    await self._slots.acquire()
                    entered = True
                group.cancel_scope.cancel()
        except BaseException:
            if entered:
                self._slots.release()
            raise
        finally:
            self.waiting -= 1
            self._changed()
        if gone:
            if entered:
                self._slots.release()
            raise ClientGone
        if not entered:
            raise self._overloaded("The question waited too long.")

    def _learn(self, seconds: float) -> None:
        weight = 0.2 if self._usual_s else 1.0
        self._usual_s += weight * (seconds - self._usual_s)

    def _changed(self) -> None:
        self._on_change(self.waiting, self.running)

    def _overloaded(self, why: str) -> Problem:
        ahead = self.running + self.waiting
        seconds = math.ceil(ahead * self._usual_s / self.capacity)
        retry = str(min(max(seconds, 1), _LONGEST_RETRY_S))
        return Problem("overloaded", f"{why} Ask again in {retry} s.", {"Retry-After": retry})


async def _already(event: Callable[[], Awaitable[None]]) -> bool:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await event()
        return True
    return False


class RateLimit:
    """At most ``per_minute`` calls in any minute from one address; 0 allows any number."""

    def __init__(self, per_minute: int) -> None:
        self._limit = parse(f"{per_minute}/minute") if per_minute else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, address: str) -> None:
        """Count one call of ``address``; raises ``Problem`` (rate-limit) at one too many."""
        if self._limit is None or self._limiter.hit(self._limit, address):
            return
        reset = self._limiter.get_window_stats(self._limit, address).reset_time
        retry = str(max(1, math.ceil(reset - time.time())))
        raise Problem("rate-limit", f"Ask again in {retry} s.", {"Retry-After": retry})
