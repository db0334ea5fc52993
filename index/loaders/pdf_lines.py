"""Lines of a PDF's pages, and telling the text of a page from its running heads and numbers."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EDGE = 0.12
"""Share of a page's height, at its top and at its foot, where running heads and numbers stand."""
_EDGE_LINES = 3
_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|página|pagina|trang|p\.)\s*)?(\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:of|/|von|de|di|sur|trên|\|)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_FIRST_NUMBER = re.compile(r"(\d{1,4})\b")
_LAST_NUMBER = re.compile(r"\b(\d{1,4})$")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text where it stands. Points; the origin is the lower left corner of the page."""

    text: str
    page: int
    """1-based, counted from the first sheet whatever is printed on it."""
    left: float
    right: float
    bottom: float
    """The line on which the letters stand."""
    size: float
    """Of the type."""
    bold: bool = False
    hyphen: bool = False
    """Whether its last word goes on in the next line."""


def without_furniture(pages: Sequence[tuple[float, Sequence[Line]]]) -> list[Line]:
    """The lines of all pages but running heads, running feet and page numbers.

    ``pages`` holds the height and the lines of each page. Only the three highest and the three
    lowest lines of a page are ever left out, within 12 % of its height from the edge, and only

    - a page number alone: at least two pages number themselves with the same distance to their
      true number, or it says so ("Page 3 of 9"), or it is the true number;
    - what stands at the same height on three pages, numbers aside;
    - a line at the very edge that begins or ends with its page's number, where three do.
    """
    edges = {line for height, lines in pages for line in _at_edges(height, lines)}
    numbers = _page_numbers(edges)
    repeated = _repeated(edges)
    numbered = _numbered(edges)
    return [
        line
        for _, lines in pages
        for line in lines
        if line not in edges
        or not (line in numbers or line in numbered or _likeness(line) in repeated)
    ]


def _at_edges(height: float, lines: Sequence[Line]) -> Iterable[Line]:
    by_height = sorted(lines, key=lambda line: line.bottom)
    yield from (x for x in by_height[:_EDGE_LINES] if x.bottom < height * EDGE)
    yield from (x for x in by_height[-_EDGE_LINES:] if x.bottom > height * (1 - EDGE))


def _page_numbers(edges: Iterable[Line]) -> set[Line]:
    found: dict[Line, int] = {}
    for line in edges:
        match = _NUMBER.fullmatch(line.text)
        if match:
            found[line] = _value(match[1]) - line.page
    shifts = Counter(found.values())
    return {
        line
        for line, shift in found.items()
        if shift == 0 or shifts[shift] >= 2 or not line.text.strip(" -–—|·[]()").isalnum()
    }


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    values = [_ROMAN[c] for c in number.lower()]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def _likeness(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text).casefold(), round(line.bottom / 6)


def _repeated(edges: Iterable[Line]) -> set[tuple[str, int]]:
    pages: dict[tuple[str, int], set[int]] = defaultdict(set)
    for line in edges:
        pages[_likeness(line)].add(line.page)
    return {likeness for likeness, found in pages.items() if len(found) >= 3}


def _numbered(edges: Iterable[Line]) -> set[Line]:
    """Running heads that change with the chapter, known by the page number beside them."""
    groups: dict[tuple[int, int], set[Line]] = defaultdict(set)
    for line in edges:
        if len(line.text) <= 120:
            for pattern in (_FIRST_NUMBER.match, _LAST_NUMBER.search):
                match = pattern(line.text)
                if match:
                    groups[int(match[1]) - line.page, round(line.bottom / 6)].add(line)
    kept = [lines for lines in groups.values() if len({line.page for line in lines}) >= 3]
    return set().union(*kept)
