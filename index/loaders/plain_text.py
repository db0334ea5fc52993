"""Plain text: stored as it stands, paragraphs found by blank lines or by whole-paragraph lines."""

from index.loaders.blocks import paragraphs_of_plain_text
from index.loaders.metadata import title_from_path
from index.loaders.raw import RawDocument
from index.loaders.reading import decode
from index.loaders.source import Source


def load_plain_text(source: Source) -> RawDocument:
    """Read one text file. The title is its first line when that reads like one, else its name."""
    text = decode(source.data, source.path).strip()
    blocks = paragraphs_of_plain_text(text)
    title = title_from_path(source.file_name)
    if len(blocks) > 1:
        first = text[blocks[0].start : blocks[0].end]
        if len(first) <= 120 and "\n" not in first and first[-1] not in ".!?:;,":
            title = first
    return RawDocument(text=text, blocks=blocks, title=title)
