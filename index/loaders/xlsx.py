"""Excel workbooks: each row of each sheet is a document, with openpyxl, row by row."""

import datetime
import io
from collections.abc import Iterator
from typing import Any

import openpyxl

from index.errors import CorpusError
from index.loaders.archive import open_office_zip
from index.loaders.limits import LimitError
from index.loaders.metadata import title_from_path
from index.loaders.raw import RawDocument, Skipped
from index.loaders.source import Source
from index.loaders.table_rows import documents_of_rows

_LAST_ROW = 1_048_576
"""Of any sheet of Excel."""


def load_xlsx(source: Source) -> Iterator[RawDocument | CorpusError | Skipped]:
    """Read one workbook: the values that it shows, of formulas those last worked out."""
    open_office_zip(source)
    book = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=True)
    title = title_from_path(source.file_name)
    several = len(book.worksheets) > 1
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            yield Skipped(f"{source.name}, sheet {sheet.title}", "is hidden in the workbook")
            continue
        # What a sheet says of its size may be wrong by millions of columns.
        sheet.reset_dimensions()
        yield from documents_of_rows(_rows(sheet), title, sheet.title if several else None, source)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > _LAST_ROW:
            raise LimitError(f"sheet {sheet.title!r} has rows beyond {_LAST_ROW:,}; it is damaged")
        if row:
            yield number, [_shown(value) for value in row]


def _shown(value: Any) -> str:
    """A value as a reader would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)
