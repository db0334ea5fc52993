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
    """One line a stage, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextlib.contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Advance]:
        """See ``Progress``."""
        done, begun = 0, time.monotonic()

        def advance(count: int) -> None:
            nonlocal done
            done += count

        yield advance
        self.stage(name, f"{done} in {time.monotonic() - begun:.1f} s")

    def stage(self, name: str, detail: str) -> None:
        """See ``Progress``."""
        print(f"{name}: {detail}", file=self._stream, flush=True)


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
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=self._console) as bars:
            task = bars.add_task(name, total=total)
            yield lambda count: bars.advance(task, count)

    def stage(self, name: str, detail: str) -> None:
        """See ``Progress``."""
        self._console.print(f"{name:<16} {detail}", highlight=False, markup=False)


def for_stream(stream: TextIO = sys.stderr) -> Progress:
    """Bars when ``stream`` is a terminal, lines otherwise."""
    return Bars() if stream.isatty() else Lines(stream)
