"""When a question is given up: its time is over, or nobody waits for its answer any more.

A thread cannot be stopped from outside, so the stages of answering look here between their steps.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class GivenUp(Exception):
    """Raised by ``check`` when the question is not to be worked on any longer."""


class Deadline:
    """Passes ``seconds`` after it was made, or when it is cancelled."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._cancelled = False

    def cancel(self) -> None:
        """Let it pass now; from any thread."""
        self._cancelled = True

    @property
    def passed(self) -> bool:
        """Whether it has."""
        return self._cancelled or time.monotonic() > self._at

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Hold what runs inside, in this thread, to the deadline."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def check() -> None:
    """Raise GivenUp if there is a deadline and it has passed."""
    deadline = _current.get()
    if deadline is not None and deadline.passed:
        raise GivenUp
