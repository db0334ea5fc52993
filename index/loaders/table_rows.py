"""Rows of a table as small documents: each names its columns, so that it can stand alone."""

import re
from collections.abc import Iterable, Iterator, Sequence

from index.errors import CorpusError
from index.loaders.blocks import TextBuilder
from index.loaders.metadata import Metadata, found_metadata
from index.loaders.raw import RawDocument
from index.loaders.source import Source

MAX_CELL = 100_000
"""Characters. A longer cell is the rest of a file after a quotation mark that was never closed."""
_MAX_NAME = 200
_TITLES = ("title", "name", "subject", "tiêu đề", "tên")
_DATES = ("published", "date", "ngày")
_INTERPRETED = {"url": "url", "link": "url", "lang": "lang", "publisher": "publisher"}
_EARLIEST_ROWS = 20


def documents_of_rows(
    rows: Iterable[tuple[int, Sequence[str]]], title: str, sheet: str | None, source: Source
) -> Iterator[RawDocument | CorpusError]:
    """Yield a document for each row of ``rows``, which come with their numbers, 1-based.

    The first row of several names without a number among them names the columns. Rows before
    it, such as a title above the table, are documents without names.
    """
    names: list[str] | None = None
    for at, (number, cells) in enumerate(rows):
        cells = [cell.strip() for cell in cells]
        if not any(any(c.isalnum() for c in cell) for cell in cells):
            continue
        fault = _fault(cells, source)
        if fault is not None:
            yield CorpusError(source.path, fault, number)
        elif names is None and at < _EARLIEST_ROWS and _are_names(cells):
            names = [cell[:_MAX_NAME] for cell in cells]
        else:
            yield _document(cells, names or [], number, title, sheet, source)


def _fault(cells: Sequence[str], source: Source) -> str | None:
    if len(cells) > source.limits.columns:
        return f"row has {len(cells):,} cells, over the limit of {source.limits.columns:,}"
    longest = max(map(len, cells))
    if longest > MAX_CELL:
        return (
            f"row has a cell of {longest:,} characters, over the limit of {MAX_CELL:,}: "
            "is a quotation mark left open?"
        )
    return None


def _are_names(cells: Sequence[str]) -> bool:
    given = [cell for cell in cells if cell]
    return (
        len(given) > 1
        and len({cell.casefold() for cell in given}) == len(given)
        and all(len(cell) <= _MAX_NAME and any(c.isalpha() for c in cell) for cell in given)
        and not any(re.match(r"https?://|.+@.+\..+|\d", cell) for cell in given)
    )


def _document(
    cells: Sequence[str],
    names: Sequence[str],
    number: int,
    title: str,
    sheet: str | None,
    source: Source,
) -> RawDocument:
    lines = []
    for column, cell in enumerate(cells):
        if cell:
            name = names[column] if column < len(names) else ""
            lines.append(f"{name}: {cell}" if name else cell)
    builder = TextBuilder(source.limits.text_mib)
    builder.add("\n".join(lines), "row")
    text, blocks = builder.build()
    place = f"{title}, row {number}" if sheet is None else f"{title}, {sheet}, row {number}"
    part = str(number) if sheet is None else f"{sheet}/{number}"
    metadata = _metadata(names, cells, place)
    return RawDocument(text, blocks, place, metadata, part=part)


def _metadata(names: Sequence[str], cells: Sequence[str], place: str) -> Metadata:
    """What the columns of well-known names say; the text has them too."""
    values: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        key = name.casefold()
        known = _INTERPRETED.get(key) or ("published" if key in _DATES else None)
        if key in _TITLES and len(cell) <= _MAX_NAME:
            known = "title"
        if known and cell:
            # A citation gives the title, so it has to say where the row stands.
            values.setdefault(known, f"{cell} ({place})" if known == "title" else cell)
    return found_metadata({}, **values)
