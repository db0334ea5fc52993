"""Cutting documents into passages: whole paragraphs, whole sentences, exact offsets.

A paragraph is a passage, because it is the unit that its author wrote and a reader can judge.
Only when it is too long for the models is it cut, between sentences and into parts of about
equal length; and lines too short to stand alone (list items, table rows) stay with their
neighbours. Sizes count words, since they must not depend on a model's tokenizer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.sentences import split_sentences
from index.types import Block, Document, Passage

_WORD = re.compile(r"\S+")
_MAX_CHARACTERS = 2_000
"""A longer run of characters is cut, even within a word."""


@dataclass(frozen=True, slots=True)
class ChunkingOptions:
    """Passage sizes in words. ``docs/how-it-works.md`` says how they were chosen."""

    max_words: int = 160
    """A longer paragraph is cut; all-MiniLM-L6-v2 reads 256 word pieces, about 190 words."""
    min_words: int = 12
    """A shorter paragraph is joined to the next one under the same heading."""


def passages_of(
    document: Document, options: ChunkingOptions = ChunkingOptions(), first_row: int = 0
) -> list[Passage]:
    """Cut ``document``; rows count up from ``first_row``. Each sentence is in one passage."""
    passages: list[Passage] = []
    for section, paragraph, group in _groups(document, options):
        start, end = group[0].start, group[-1].end
        sentences: list[tuple[int, int]] = []
        for block in group:
            for span in split_sentences(document.text, block.start, block.end):
                sentences += _bounded(document.text, span, options.max_words)
        parts = _parts(document.text, sentences, options.max_words)
        for number, part in enumerate(parts, start=1):
            suffix = f".{number}" if len(parts) > 1 else ""
            begin = start if number == 1 else part[0][0]
            stop = end if number == len(parts) else part[-1][1]
            passages.append(
                Passage(
                    row=first_row + len(passages),
                    passage_id=f"{document.doc_id}#{paragraph}{suffix}",
                    doc_id=document.doc_id,
                    text=document.text[begin:stop],
                    start=begin,
                    end=stop,
                    paragraph=paragraph,
                    sentences=tuple(part),
                    section=section,
                    page=group[0].page,
                )
            )
    return passages


def _groups(
    document: Document, options: ChunkingOptions
) -> Iterator[tuple[str | None, int, list[Block]]]:
    """Yield section, number of the first paragraph, and the paragraphs that stay together."""
    section: str | None = None
    group: list[Block] = []
    number = first = 0
    for block in document.blocks:
        if block.kind == "heading":
            if group:
                yield section, first, group
                group = []
            heading = document.text[block.start : block.end]
            section = None if heading == document.title else heading
            continue
        number += 1
        if group and not _joins(document.text, group, block, options):
            yield section, first, group
            group = []
        if not group:
            first = number
        group.append(block)
    if group:
        yield section, first, group
    if number == 0 and document.blocks:
        # A document of headings only is still quotable.
        yield None, 1, list(document.blocks)


def _joins(text: str, group: list[Block], block: Block, options: ChunkingOptions) -> bool:
    words = _words(text, group[0].start, block.end)
    if words > options.max_words:
        return False
    if block.kind == group[-1].kind and block.kind in ("list_item", "row"):
        return True
    introduces = text.endswith(":", group[-1].start, group[-1].end)
    # A short line joins what follows, as a heading does; never what stands before it.
    short = _words(text, group[0].start, group[-1].end) < options.min_words
    return introduces or (short and block.kind == group[-1].kind)


def _words(text: str, start: int, end: int) -> int:
    return len(_WORD.findall(text, start, end))


def _bounded(text: str, span: tuple[int, int], max_words: int) -> list[tuple[int, int]]:
    """Cut a sentence of over ``max_words`` between words, so that no passage is unbounded."""
    if span[1] - span[0] < min(2 * max_words, _MAX_CHARACTERS):
        return [span]  # A word and the blank behind it take two characters at least.
    words = [(m.start(), m.end()) for m in _WORD.finditer(text, *span)]
    pieces = []
    for i in range(0, len(words), max_words):
        pieces += _bounded_characters(words[i][0], words[min(i + max_words, len(words)) - 1][1])
    return pieces


def _bounded_characters(
    start: int, end: int, limit: int = _MAX_CHARACTERS
) -> list[tuple[int, int]]:
    return [(s, min(s + limit, end)) for s in range(start, end, limit)]


def _parts(
    text: str, sentences: list[tuple[int, int]], max_words: int
) -> list[list[tuple[int, int]]]:
    """Spread the sentences over the fewest parts within ``max_words``, about equally long."""
    lengths = [_words(text, *s) for s in sentences]
    total = sum(lengths)
    count = -(-total // max_words)
    while True:
        parts = _spread(sentences, lengths, total / count)
        longest = max(sum(n for _, n in part) for part in parts)
        if longest <= max_words or count >= len(sentences):
            return [[s for s, _ in part] for part in parts]
        count += 1


def _spread(
    sentences: list[tuple[int, int]], lengths: list[int], target: float
) -> list[list[tuple[tuple[int, int], int]]]:
    parts: list[list[tuple[tuple[int, int], int]]] = [[]]
    done = 0
    for sentence, length in zip(sentences, lengths, strict=True):
        # Begin the next part when this sentence's middle lies beyond the part's share.
        if parts[-1] and done + length / 2 > target * len(parts):
            parts.append([])
        parts[-1].append((sentence, length))
        done += length
    return parts
