"""From the lines of a PDF to its paragraphs and headings."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from index.loaders.pdf_lines import Line
from index.sentences import split_sentences

_ENDS = re.compile(r"[.!?…。！？:;][\"'”’»)\]]*$")
_BULLET = re.compile(r"([•▪■●○◦‣–—*·\-])\s+(?=\S)|\(?(?:\d{1,2}|[a-z])[.)]\s+(?=\S)")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEADER = re.compile(r"(?:\s?[.…·_]){4,}\s*(?=\S)")
"""The dots between an entry and its number in a list of contents or of prices."""
_LARGER = 1.12
"""Ratio of type sizes from which a line is a heading."""
_LONGEST_HEADING = 160


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that belongs together, and the page on which it begins."""

    text: str
    page: int
    kind: str = "paragraph"
    level: int = 0
    size: float = 0.0


def paragraphs_of_lines(
    lines: Sequence[Line], outline: Mapping[tuple[int, str], int] = {}
) -> list[Paragraph]:
    """Put ``lines`` together. ``outline`` gives the level of titles by page and ``title_key``.

    A word cut at the end of a line is joined. Where a paragraph goes on over a page's end, its
    first part ends with the sentence that does, so that each part is on the page it names.
    """
    if not lines:
        return []
    words = _vocabulary(lines)
    body = _body_size(lines)
    bold_body = sum(len(x.text) for x in lines if x.bold) * 2 > sum(len(x.text) for x in lines)
    groups = list(_groups(lines))
    found: list[Paragraph] = []
    for group in groups:
        text = _joined(group, words)
        level = outline.get((group[0].page, title_key(text)), 0)
        larger = group[0].size > body * _LARGER
        bold = all(x.bold for x in group) and not bold_body and len(group) <= 2
        if level or (_reads_like_a_title(text) and len(group) <= 4 and (larger or bold)):
            found.append(Paragraph(text, group[0].page, "heading", level, group[0].size))
        else:
            found += _by_page(group, text, words)
    return list(_with_levels(found))


def title_key(text: str) -> str:
    """``text`` as the outline and the page have it alike: letters and digits, one case."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _reads_like_a_title(text: str) -> bool:
    return (
        len(text) <= _LONGEST_HEADING
        and text[-1] not in ".,;:"
        and sum(c.isalpha() for c in text) >= 2
        and not ((bullet := _BULLET.match(text)) and bullet[1])
        and not _LEADER.search(text)
    )


def _with_levels(found: Sequence[Paragraph]) -> Iterator[Paragraph]:
    """Headings that the outline does not name get the rank of their size, 1 to 6."""
    sizes = sorted({round(p.size) for p in found if p.kind == "heading"}, reverse=True)
    for p in found:
        if p.kind == "heading" and not p.level:
            yield Paragraph(p.text, p.page, p.kind, min(6, sizes.index(round(p.size)) + 1), p.size)
        else:
            yield p


def _body_size(lines: Sequence[Line]) -> float:
    characters: Counter[float] = Counter()
    for line in lines:
        characters[round(line.size * 2) / 2] += len(line.text)
    return characters.most_common(1)[0][0]


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    gaps = [
        a.bottom - b.bottom
        for a, b in itertools.pairwise(lines)
        if a.page == b.page and 0.3 * b.size < a.bottom - b.bottom < 2.5 * b.size
    ]
    spacing = median(gaps) if gaps else 0.0
    group = [lines[0]]
    for i in range(1, len(lines)):
        if _begins(group, lines[i], spacing, _column(lines, i - 1)):
            yield group
            group = []
        group.append(lines[i])
    yield group


def _column(lines: Sequence[Line], i: int) -> float:
    """Where lines beside line ``i`` that begin where it begins end, the odd longer one aside."""
    line = lines[i]
    rights = sorted(
        x.right
        for x in lines[max(0, i - 12) : i + 13]
        if x.page == line.page and abs(x.left - line.left) < 2 * line.size
    )
    return rights[int(0.8 * (len(rights) - 1))]


def _begins(group: Sequence[Line], line: Line, spacing: float, column: float) -> bool:
    """Whether ``line`` begins a paragraph rather than going on with ``group``."""
    last = group[-1]
    if last.hyphen:
        return False
    larger = max(last.size, line.size) > _LARGER * min(last.size, line.size)
    # A stray bold word at the start of a line is no new paragraph.
    goes_on_in_bold = last.page == line.page and not larger and _goes_on(last, line)
    if larger or (last.bold != line.bold and not goes_on_in_bold):
        return True
    if last.page != line.page:
        return not _goes_on(last, line)
    down = last.bottom - line.bottom
    if abs(down) < 0.3 * line.size:
        return False
    if down < 0:
        return not _goes_on(last, line)  # the top of the next column
    if _BULLET.match(line.text) or _LEADER.search(last.text):
        return True
    if spacing and down > 1.35 * max(spacing, 0.9 * line.size):
        return True
    if _goes_on(last, line):
        return False
    if _ENDS.search(last.text) and line.left > last.left + 0.8 * line.size and len(group) > 1:
        return True
    # The first word of this line had room in the one before: the break was meant.
    width = (last.right - last.left) / max(1, len(last.text))
    return column - last.right > width * (len(line.text.split(" ")[0]) + 3)


def _goes_on(last: Line, line: Line) -> bool:
    return line.text[0].islower() and not _ENDS.search(last.text)


def _by_page(group: Sequence[Line], text: str, words: Counter[str]) -> list[Paragraph]:
    """``group`` as a paragraph; one that crosses pages is cut after the sentence that does."""
    bullet = _BULLET.match(text)
    kind = "list_item" if bullet else "paragraph"
    shown = text[bullet.end() :] if bullet and bullet[1] else text
    crossing = next((i for i, x in enumerate(group) if x.page != group[0].page), None)
    if _LEADER.search(text):
        return [Paragraph(_LEADER.sub(" … ", text), group[0].page, "row")]
    if crossing is None:
        return [Paragraph(shown, group[0].page, kind)]
    before = len(_joined(group[:crossing], words))
    cut = next((end for _, end in split_sentences(text) if end >= before), len(text))
    first = Paragraph(text[len(text) - len(shown) : cut], group[0].page, kind)
    rest = text[cut:].strip()
    return [first, Paragraph(rest, group[crossing].page)] if rest else [first]


def _vocabulary(lines: Sequence[Line]) -> Counter[str]:
    """Words of the document, those cut at the end of a line left out."""
    words: Counter[str] = Counter()
    cut = False
    for line in lines:
        found = [w.casefold() for w in _WORDS.findall(line.text)]
        words.update(found[1 if cut else 0 : -1 if line.hyphen else None])
        cut = line.hyphen
    return words


def _joined(group: Sequence[Line], words: Counter[str]) -> str:
    text = group[0].text
    for last, line in itertools.pairwise(group):
        text = _without_hyphen(text, line.text, words) if last.hyphen else f"{text} {line.text}"
    return text


def _without_hyphen(text: str, following: str, words: Counter[str]) -> str:
    """Join a word that was cut: "infor-" and "mation", but "well-" and "known".

    The document itself knows better than a rule. If it has the word elsewhere in one of the two
    spellings, that one is right; if it has both halves as words, they are a compound.
    """
    first, second = (
        re.search(r"[^\W\d_]*$", text.removesuffix("-")),
        re.match(r"[^\W\d_]*", following),
    )
    left, right = (first[0] if first else "").casefold(), (second[0] if second else "").casefold()
    whole, compound = words[left + right], words[f"{left}-{right}"]
    halves = words[left] and words[right] and len(right) > 2
    keep = not right or not following[0].islower() or compound > whole or (not whole and halves)
    return text.removesuffix("-") + ("-" if keep else "") + following
