"""How much reading one file may cost."""

from dataclasses import dataclass

MIB = 1024 * 1024


class LimitError(Exception):
    """A document is beyond a limit; the text says which, and the remedy."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take. ``docs/documents.md`` says how each is changed."""

    file_mib: int = 64
    """Size of the file itself."""
    unpacked_mib: int = 256
    """Sum of what an archive or office file unpacks to, archives within archives included."""
    memory_mib: int = 1024
    """Address space of the process that reads."""
    seconds: int = 60
    """Processor time; three times as long is waited by the clock."""
    text_mib: int = 64
    """Sum of the documents that the file gives, as they are handed over."""
    ratio: int = 200
    """Unpacked to packed size of one member of an archive, for members over 1 MiB."""
    members: int = 10_000
    """Members of one archive."""
    depth: int = 3
    """Archives and messages within each other."""
    pages: int = 20_000
    """Pages of a PDF."""
    columns: int = 1_000
    """Columns of a table."""

    @property
    def wall_s(self) -> float:
        """Seconds by the clock."""
        return 3.0 * self.seconds
