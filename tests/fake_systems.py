"""Systems to measure that are small enough to know what they answer. Imported by measured ones."""

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.systems import Passage


class FixedRanking:
    """Answers every question with the same ranking, written to and read from its folder."""

    ranking: list[str]

    def __init__(self, model: Path) -> None:
        """``model`` is not used."""

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """Keep the ids."""
        (folder / "ids.json").write_text(json.dumps([p.id for p in passages]))

    def open(self, folder: Path) -> None:
        """Read the ids."""
        self.ranking = json.loads((folder / "ids.json").read_text())

    def search(self, question: str, k: int) -> list[str]:
        """The ids as they were given."""
        return self.ranking[:k]


class UnsafeWithThreads(FixedRanking):
    """Ranks the other way round while two threads search, and fails for one question."""

    def __init__(self, model: Path) -> None:
        self._inside = 0
        self._lock = threading.Lock()

    def search(self, question: str, k: int) -> list[str]:
        """Wrong as soon as another search runs."""
        with self._lock:
            self._inside += 1
        time.sleep(0.005)
        with self._lock:
            busy, self._inside = self._inside, self._inside - 1
        return self.ranking[::-1] if busy > 1 else self.ranking


class Failing(FixedRanking):
    """Cannot answer the second question."""

    def search(self, question: str, k: int) -> list[str]:
        """Raises ValueError for it."""
        if question == "two":
            raise ValueError("no")
        return self.ranking


class Calling(FixedRanking):
    """Tries to reach a machine."""

    def open(self, folder: Path) -> None:
        """Connect to a port of this machine."""
        import socket

        socket.create_connection(("127.0.0.1", 9), timeout=1)
