"""JSON Lines: one document a line; a bad line is named and the others are still read."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from index.errors import CorpusError
from index.loaders.blocks import paragraphs_of_plain_text
from index.loaders.metadata import parse_metadata
from index.loaders.raw import RawDocument
from index.loaders.reading import clean, decode
from index.loaders.source import Source

MAX_LINE_BYTES = 16 * 1024 * 1024


def load_json_lines(source: Source) -> Iterator[RawDocument | CorpusError]:
    """Read JSON Lines that lie in memory, as those of an archive do."""
    return _documents(io.BytesIO(source.data), source.path)


def stream_json_lines(path: Path) -> Iterator[RawDocument | CorpusError]:
    """Read a ``.jsonl`` file line by line, in bounded memory whatever its size."""
    try:
        with path.open("rb") as lines:
            yield from _documents(lines, str(path))
    except OSError as error:
        yield CorpusError(path, f"cannot be read: {error.strerror or error}")


def _documents(lines: IO[bytes], path: str) -> Iterator[RawDocument | CorpusError]:
    number = 0
    while data := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(data) > MAX_LINE_BYTES:
            yield CorpusError(path, f"line is over {MAX_LINE_BYTES:,} bytes", number)
            while data and not data.endswith(b"\n"):
                data = lines.readline(MAX_LINE_BYTES)
        elif data.strip():
            try:
                yield _document(data, path, number)
            except CorpusError as error:
                yield error


def _document(data: bytes, path: str, number: int) -> RawDocument:
    try:
        values: Any = json.loads(decode(data, f"{path}:{number}"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise CorpusError(path, f"bad JSON: {error}", number) from error
    if not isinstance(values, dict):
        raise CorpusError(path, f"expected a JSON object, found {type(values).__name__}", number)
    for key in ("id", "text"):
        if not isinstance(values.get(key), str) or not values[key].strip():
            raise CorpusError(path, f"{key}: expected text, found {values.get(key)!r:.60}", number)
    try:
        metadata = parse_metadata(values, keep_extra=False)
        values["text"].encode("utf-8")
    except UnicodeEncodeError as error:
        raise CorpusError(path, "text holds a lone surrogate, which is no character", number) from (
            error
        )
    except ValueError as error:
        raise CorpusError(path, str(error), number) from error
    text = clean(values["text"]).strip()
    return RawDocument(text, paragraphs_of_plain_text(text), metadata.id or "", metadata, number)
