"""Cutting a passage into windows of whole sentences, short enough to be read at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from index.types import Passage


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences ``[first, end)`` of a passage."""

    passage: Passage
    first: int
    end: int

    @property
    def start(self) -> int:
        """Document offset of the first character."""
        return self.passage.sentences[self.first][0]

    @property
    def text(self) -> str:
        """The window's words as they stand in the document."""
        begin = self.passage.start
        return self.passage.text[
            self.start - begin : self.passage.sentences[self.end - 1][1] - begin
        ]

    @property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Offsets of the sentences within ``text``."""
        inside = self.passage.sentences[self.first : self.end]
        return tuple((s - self.start, e - self.start) for s, e in inside)


def windows_of(passage: Passage, longest: int) -> list[Window]:
    """All windows of at most ``longest`` words, in order; together they hold each sentence once."""
    lengths = [
        len(passage.text[s - passage.start : e - passage.start].split())
        for s, e in passage.sentences
    ]
    return [Window(passage, first, end) for first, end in runs(lengths, longest)]


def runs(lengths: Sequence[int], longest: int) -> list[tuple[int, int]]:
    """Cut sentences of these ``lengths``, in words, into runs of about equal length.

    Returns ``[first, end)`` sentence numbers. A run has at most ``longest`` words unless a single
    sentence has more. There are as few runs as equal lengths allow, so that none is a stump.
    """
    if not lengths:
        return []
    count = math.ceil(max(1, sum(lengths)) / longest)
    target = sum(lengths) / count
    found: list[tuple[int, int]] = []
    first, held = 0, 0
    for number, length in enumerate(lengths):
        # A sentence goes where the run's length ends up nearer to the target.
        over = held + length - target
        if number > first and (held + length > longest or over > target - held):
            found.append((first, number))
            first, held = number, 0
        held += length
    found.append((first, len(lengths)))
    return found
