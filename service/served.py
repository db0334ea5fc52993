"""The answerer in use, and those before it that still answer a question."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.answerer import Answerer


@dataclass(slots=True)
class _Holder:
    answerer: Answerer
    owned: bool
    """Whether it is ours to close."""
    users: int = 0
    retired: bool = False

    def close_if_unused(self) -> None:
        if self.retired and self.owned and not self.users:
            self.answerer.close()


class Served:
    """One answerer at a time; a former one is closed when its last user is done.

    So a question is answered by one generation from its beginning to its end, whatever is
    published meanwhile. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: _Holder | None = None

    @property
    def current(self) -> Answerer | None:
        """The answerer in use, to look at only: it may be closed at any moment."""
        holder = self._holder
        return None if holder is None else holder.answerer

    @contextmanager
    def lease(self) -> Iterator[Answerer | None]:
        """Yield the answerer in use and keep it open meanwhile; None when there is none."""
        with self._lock:
            holder = self._holder
            if holder is not None:
                holder.users += 1
        if holder is None:
            yield None
            return
        try:
            yield holder.answerer
        finally:
            with self._lock:
                holder.users -= 1
                holder.close_if_unused()

    def replace(self, answerer: Answerer | None, owned: bool = True) -> None:
        """From now on ``answerer`` is used; the former one is closed as soon as it can be."""
        with self._lock:
            former = self._holder
            self._holder = None if answerer is None else _Holder(answerer, owned)
            if former is not None:
                former.retired = True
                former.close_if_unused()
