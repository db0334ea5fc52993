"""What was read last and is likely to be wanted again, kept within bounds."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from cachetools import LRUCache

K = TypeVar("K")
V = TypeVar("V")


class RecentlyUsed(Generic[K, V]):
    """Keeps values of at most ``limit`` in all, each as large as ``size`` says.

    What was not asked for the longest time goes first. A value that alone is over the limit is kept
    by itself: a book is read from the store once a question, not once a passage. Safe to use from
    several threads.
    """

    def __init__(self, limit: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[K, V] = LRUCache(limit, lambda v: min(limit, max(1, size(v))))

    def get(self, key: K) -> V | None:
        """The value of ``key``, if it is kept."""
        with self._lock:
            return self._kept.get(key)

    def add(self, key: K, value: V) -> None:
        """Keep ``value``."""
        self._add_all({key: value})

    def get_all(
        self, keys: Sequence[K], fetch: Callable[[Sequence[K]], Mapping[K, V]]
    ) -> dict[K, V]:
        """The values of ``keys``, those not kept by one call of ``fetch``."""
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            fetched = fetch(missing)
            found |= fetched
            self._add_all(fetched)
        return found

    def _add_all(self, values: Mapping[K, V]) -> None:
        with self._lock:
            if self._kept.maxsize:
                self._kept.update(values)
