"""Showing how far a build is: bars on a terminal, a plain line a stage elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TextIO

Advance = Callable[[int], None]


class Progress(Protocol):
    """Told of stages and of items done in them."""

    def task(self, name: str, total: int | None) -> contextlib.AbstractContextManager[Advance]:
        """A stage with countable items; ``total`` is None when it is not known before."""
        ...

    def stage(self, name: str, detail: str) -> None:
        """A stage without countable items."""
        ...


class Silent:
    """Shows nothing."""

    @contextlib.contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Advance]:
        """See ``Progress``."""
        yield lambda _: None

    def stage(self, name: str, detail: str) -> None:
        """See ``Progress``."""


class Lines:
    """One line a stage, for logs and pipes; a long stage says now and then how far it is."""

    def __init__(
        self,
        stream: TextIO,
        every_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._every_s = every_s
        self._clock = clock

    @contextlib.contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Advance]:
        """See ``Progress``."""
        done, begun = 0, self._clock()
        told = begun

        def advance(count: int) -> None:
            nonlocal done, told
            done += count
            now = self._clock()
            if now - told >= self._every_s:
                told = now
                self.stage(name, _how_far(done, total, now - begun))

        yield advance
        passed = self._clock() - begun
        self.stage(name, f"{done} in {passed:.1f} s{_rate(done, passed)}")

    def stage(self, name: str, detail: str) -> None:
        """See ``Progress``."""
        print(f"{name}: {detail}", file=self._stream, flush=True)


def _rate(done: int, passed_s: float) -> str:
    return f", {done / passed_s:.0f} a second" if passed_s >= 1.0 and done else ""


def _how_far(done: int, total: int | None, passed_s: float) -> str:
    if total is None:
        return f"{done}{_rate(done, passed_s)}"
    left_s = (total - done) * passed_s / done if done else 0.0
    return f"{done} of {total}{_rate(done, passed_s)}, about {left_s:.0f} s left"


class Bars:
    """Bars with rate and time left."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)

    @contextlib.contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Advance]:
        """See ``Progress``."""
        from rich import progress

        columns = (
            progress.TextColumn("{task.description:<16}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[rate]}"),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=self._console) as bars:
            task = bars.add_task(name, total=total, rate="")

            def advance(count: int) -> None:
                bars.advance(task, count)
                speed = bars.tasks[0].speed
                bars.update(task, rate=f"{speed:.0f}/s" if speed else "")

            yield advance

    def stage(self, name: str, detail: str) -> None:
        """See ``Progress``."""
        self._console.print(f"{name:<16} {detail}", highlight=False, markup=False)


def for_stream(stream: TextIO = sys.stderr) -> Progress:
    """Bars when ``stream`` is a terminal, lines otherwise."""
    return Bars() if stream.isatty() else Lines(stream)
