"""From offsets to marked words: what the pages show of a text, without any HTML."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from index.types import Block, Document


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring pieces of text, all marked or all not. ``strong`` pieces are the exact words."""

    marked: bool
    pieces: tuple[tuple[str, bool], ...]
    """``(text, strong)`` in order."""
    number: int = 0
    """1 for the first marked run of the document, and so on; 0 for one that is not marked."""


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block of a document page."""

    kind: str
    level: int
    number: int | None
    """1-based paragraph number as in a citation; None for a heading."""
    page: int | None
    """Set where a new page of the original begins."""
    runs: tuple[Run, ...]
    section: int | None = None
    """1-based number of a heading; None for any other block."""


def mark_runs(text: str, offset: int, marks: Iterable[tuple[int, int, str]]) -> list[Run]:
    """``text``, which stands at ``offset`` of its document, cut at ``(start, end, kind)`` marks.

    The pieces joined are ``text``. ``kind`` is ``"sentence"`` (a mark) or ``"span"`` (strong).
    What reaches beyond ``text`` is cut off.
    """
    spans = [
        (max(0, start - offset), min(len(text), end - offset), kind) for start, end, kind in marks
    ]
    spans = [span for span in spans if span[0] < span[1]]
    edges = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end))})
    runs: list[Run] = []
    for start, end in pairwise(edges):
        kinds = {kind for first, last, kind in spans if first <= start and end <= last}
        piece = (text[start:end], "span" in kinds)
        marked = bool(kinds)
        if runs and runs[-1].marked == marked:
            runs[-1] = Run(marked, (*runs[-1].pieces, piece))
        else:
            runs.append(Run(marked, (piece,)))
    return runs


def block_views(document: Document, marked: Iterable[tuple[int, int]] = ()) -> list[BlockView]:
    """The whole text once, block by block; ``marked`` are ranges of the text."""
    marks = [(start, end, "sentence") for start, end in marked]
    views: list[BlockView] = []
    number = section = found = 0
    page: int | None = None
    for block, is_known in _covering(document):
        heading = block.kind == "heading"
        number += 0 if heading or not is_known else 1
        section += heading
        within = [mark for mark in marks if mark[0] < block.end and mark[1] > block.start]
        runs = mark_runs(document.text[block.start : block.end], block.start, within)
        for i, run in enumerate(runs):
            if run.marked:
                found += 1
                runs[i] = replace(run, number=found)
        views.append(
            BlockView(
                kind=block.kind,
                level=block.level,
                number=None if heading or not is_known else number,
                page=block.page if block.page != page else None,
                runs=tuple(runs),
                section=section if heading else None,
            )
        )
        page = block.page if block.page is not None else page
    return views


def _covering(document: Document) -> Iterator[tuple[Block, bool]]:
    """The blocks in order, cut so that none overlaps; words between them as blocks of their own.

    The second value says whether the block is one of the document's.
    """
    at = 0
    for block in sorted(document.blocks, key=lambda block: (block.start, block.end)):
        if document.text[at : block.start].strip():
            yield Block(at, block.start), False
        if block.end > max(at, block.start):
            yield (
                Block(max(at, block.start), block.end, block.kind, block.level, block.page),
                True,
            )
        at = max(at, block.end)
    if document.text[at:].strip():
        yield Block(at, len(document.text)), False
