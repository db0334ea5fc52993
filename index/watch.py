"""Keeping an index up with its corpus: look again and again, build when all is quiet.

Polling needs no library and works on every file system, network shares included. A change is built
only when nothing has changed for a moment more, so a copy in progress is not indexed by halves.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

State = dict[str, tuple[int, int, int]]
"""For each file its time of change in ns, its size and its number on the disk."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """All in seconds."""

    every_s: float = 2.0
    """Between two looks at the corpus."""
    settle_s: float = 2.0
    """How long nothing may change before a build begins."""
    retry_s: float = 60.0
    """After a build that failed, when nothing changes meanwhile."""


def watch(
    corpora: Sequence[Path],
    build: Callable[[], None],
    say: Callable[[str], None],
    options: WatchOptions = WatchOptions(),
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call ``build`` now and after every change of ``corpora``, until KeyboardInterrupt.

    An error of ``build`` is said and does not end it: the build is tried again when the corpus
    changes, or after ``retry_s``. KeyboardInterrupt passes through.
    """
    built: State | None = None
    failed_at: float | None = None
    while True:
        seen = look(corpora)
        due = failed_at is not None and clock() - failed_at >= options.retry_s
        if seen != built or due:
            quiet_since = clock()
            while built is not None and clock() - quiet_since < options.settle_s:
                sleep(min(options.every_s, options.settle_s))
                now = look(corpora)
                if now != seen:
                    seen, quiet_since = now, clock()
            # The state from before the build: a change during it is built next.
            built, failed_at = seen, None
            try:
                build()
            except Exception as error:
                failed_at = clock()
                say(f"the build failed, the index stays as it was: {error}")
        sleep(options.every_s)


def look(corpora: Sequence[Path]) -> State:
    """The state of every file below ``corpora``; what vanishes meanwhile is left out."""
    state: State = {}
    for corpus in corpora:
        if corpus.is_dir():
            for folder, subfolders, names in os.walk(corpus):
                subfolders[:] = [s for s in subfolders if not s.startswith(".")]
                for name in names:
                    if not name.startswith("."):
                        _add(state, os.path.join(folder, name))
        else:
            _add(state, str(corpus))
    return state


def _add(state: State, path: str) -> None:
    try:
        found = os.stat(path)
    except OSError:
        return
    state[path] = (found.st_mtime_ns, found.st_size, found.st_ino)
