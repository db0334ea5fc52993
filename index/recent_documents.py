"""The documents that were asked for last: one that is quoted is asked for several times."""

import threading
from collections import OrderedDict

from index.types import Document

CHARACTERS = 8_000_000


class RecentDocuments:
    """Keeps documents of at most ``limit`` characters in all. Safe to use from several threads.

    The newest is kept however long it is: a book is read from the store once a question, not once
    a passage.
    """

    def __init__(self, limit: int = CHARACTERS) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, doc_id: str) -> Document | None:
        """The document, if it is kept."""
        with self._lock:
            if doc_id in self._kept:
                self._kept.move_to_end(doc_id)
            return self._kept.get(doc_id)

    def add(self, document: Document) -> None:
        """Keep ``document``; those not asked for the longest time go."""
        with self._lock:
            if document.doc_id in self._kept:
                return
            self._kept[document.doc_id] = document
            self._size += len(document.text)
            while self._size > self._limit and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone.text)
