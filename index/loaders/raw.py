"""What a loader returns, before the document has an id that is checked for duplicates."""

from dataclasses import dataclass

from index.loaders.metadata import Metadata
from index.types import Block, Document


@dataclass(frozen=True, slots=True)
class RawDocument:
    """Stored text with its blocks; ``title`` is used when the metadata has none."""

    text: str
    blocks: tuple[Block, ...]
    title: str
    metadata: Metadata = Metadata()
    line: int | None = None
    """The line of a JSON Lines file it came from, 1-based."""
    part: str | None = None
    """Which row of a table it is, such as ``12`` or ``Sheet1/12``."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A finished document, and whether it named its id itself or has it from its path."""

    document: Document
    own_id: bool


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is no document for us; named, and no error even with ``--strict``."""

    path: str
    reason: str
