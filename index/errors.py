"""What can go wrong with a corpus or an index, each with the value and the remedy."""

from pathlib import Path


class RecordError(Exception):
    """Base of the errors that a command prints as one line."""


class CorpusError(RecordError):
    """A document cannot be used. It is reported and left out; ``--strict`` makes it fatal."""

    def __init__(self, path: str | Path, reason: str, line: int | None = None) -> None:
        self.path = str(path)
        self.reason = reason
        self.line = line
        place = self.path if line is None else f"{self.path}:{line}"
        super().__init__(f"{place}: {reason}")


class IndexNotFound(RecordError):
    """There is no published index where one was asked for."""


class IndexCorrupt(RecordError):
    """A file of a generation is missing, cut or changed."""


class IndexMismatch(RecordError):
    """The index was built with settings or a format that this program cannot serve."""


class ModelError(RecordError):
    """A model's files are missing or are not the ones that were pinned."""


class StoreUnavailable(RecordError):
    """The engine that keeps a record cannot be reached, or did not answer in time."""
