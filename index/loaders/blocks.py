"""Assembling the stored text of a document from its blocks, with exact offsets."""

import hashlib
import re
from collections.abc import Iterable, Iterator

from index.loaders.limits import MIB, LimitError
from index.types import Block

SEPARATOR = "\n\n"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SENTENCE_END = re.compile(r"[.!?…。！？:;][\"'”’)\]/]*\.?$")
_LONG_LINE = 90
"""Characters; hard-wrapped text has shorter lines, one-line paragraphs longer ones."""


class TextBuilder:
    """Joins blocks with a blank line and remembers where each one came to stand."""

    def __init__(self, limit_mib: int = 64) -> None:
        self._limit = limit_mib * MIB
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(
        self, text: str, kind: str = "paragraph", level: int = 0, page: int | None = None
    ) -> None:
        """Append a block; text without a letter or digit is left out.

        Raises LimitError when the text grows beyond the limit.
        """
        text = without_surrogates(text).strip()
        if not any(c.isalnum() for c in text):
            return
        if self._parts:
            self._parts.append(SEPARATOR)
            self._length += len(SEPARATOR)
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        if self._length > self._limit:
            raise LimitError(f"holds more than {self._limit:,} characters of text; split it")
        self._blocks.append(Block(start, self._length, kind, level, page))

    def build(self) -> tuple[str, tuple[Block, ...]]:
        """Return the stored text and its blocks."""
        return "".join(self._parts), tuple(self._blocks)


def paragraphs_of_plain_text(text: str) -> tuple[Block, ...]:
    """Find the paragraphs of plain text, which is stored as it stands.

    Blank lines separate paragraphs. Within such a run, each line is a paragraph of its own when
    the lines look like whole paragraphs (long, or all ending as sentences do); otherwise the run
    was wrapped by hand and stays together.
    """
    return tuple(_paragraphs(text))


def _paragraphs(text: str) -> Iterator[Block]:
    for run in re.finditer(r"[^\n]+(?:\n(?![^\S\n]*\n)[^\n]+)*", text):
        lines = list(_lines(text, run.start(), run.end()))
        if len(lines) > 1 and _lines_are_paragraphs([text[s:e] for s, e in lines]):
            spans = lines
        else:
            spans = [(lines[0][0], lines[-1][1])] if lines else []
        for start, end in spans:
            if any(c.isalnum() for c in text[start:end]):
                yield Block(start, end)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for line in re.finditer(r"[^\n]+", text[start:end]):
        stripped = line.group().strip()
        if stripped:
            begin = start + line.start() + line.group().index(stripped)
            yield begin, begin + len(stripped)


def _lines_are_paragraphs(lines: list[str]) -> bool:
    long = sum(len(line) > _LONG_LINE for line in lines)
    ended = sum(bool(_SENTENCE_END.search(line)) for line in lines)
    return long * 2 >= len(lines) or ended == len(lines)


def without_surrogates(text: str) -> str:
    """``text`` with halves of surrogate pairs joined, and those that stand alone as U+FFFD."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def text_sha256(text: str) -> str:
    """Hexadecimal SHA-256 of ``text`` in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def plain(parts: Iterable[str]) -> str:
    """Join inline parts and collapse runs of white space, as a browser would show them."""
    return re.sub(r"[^\S\n]+", " ", "".join(parts)).strip()
