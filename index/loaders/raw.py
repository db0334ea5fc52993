"""What a loader returns, before the document has an id that is checked for duplicates."""

from dataclasses import dataclass

from index.loaders.metadata import Metadata
from index.types import Block


@dataclass(frozen=True, slots=True)
class RawDocument:
    """Stored text with its blocks; ``title`` is used when the metadata has none."""

    text: str
    blocks: tuple[Block, ...]
    title: str
    metadata: Metadata = Metadata()
    line: int | None = None
    """The line of a JSON Lines file it came from, 1-based."""
