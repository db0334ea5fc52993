"""CSV: tables as text, with commas, semicolons, tabs or bars between the cells."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from index.errors import CorpusError
from index.loaders.formats import suffix_of
from index.loaders.metadata import title_from_path
from index.loaders.raw import RawDocument
from index.loaders.reading import decode
from index.loaders.source import Source
from index.loaders.table_rows import documents_of_rows

_SAMPLE_LINES = 30


def load_csv(source: Source) -> Iterator[RawDocument | CorpusError]:
    """Read one table; each row is a document, numbered by the line on which it ends."""
    text = decode(source.data, source.path)
    # Never the reason to stop: a cell that is too long is named and the next rows are read.
    csv.field_size_limit(len(text) + 1)
    delimiter = "\t" if suffix_of(source.name) == ".tsv" else _delimiter(text)
    title = title_from_path(source.file_name)
    yield from documents_of_rows(_rows(text, delimiter), title, None, source)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in reader:
        if row:
            yield reader.line_num, row


def _delimiter(text: str) -> str:
    """The sign that cuts the first lines into the same number of cells, and most of them."""
    sample = "\n".join(text[:100_000].split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES])
    best, score = ",", (0, 0)
    for sign in ",;\t|":
        counts = Counter(len(row) for row in csv.reader(sample.split("\n"), delimiter=sign) if row)
        for cells, rows in counts.items():
            if cells > 1 and (rows, cells) > score:
                best, score = sign, (rows, cells)
    return best
