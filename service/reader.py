"""Reading: what a window of a passage says to a question.

Two kinds of reader stand behind one protocol: our own network, which gives everything in one pass
(``record_reader.py``), and any cross-encoder, with or without an extractive question answering
model beside it (``paired_reader.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from service.windows import Window


@dataclass(frozen=True, slots=True)
class Span:
    """The words of a window that look most like the answer."""

    start: int
    end: int
    """Document offsets."""
    margin: float
    """Start and end logit of the span less those of "no answer"; above 0 it is believed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one window. Logits; higher speaks for an answer."""

    sentence: int
    """Number of the best sentence in ``passage.sentences``."""
    relevance: float
    """How well the window answers the question."""
    answerable: float = 0.0
    """Whether the window answers it at all; 0 from a reader that does not judge it."""
    span: Span | None = None


class Reader(Protocol):
    """Reads windows for a question; a stage that can be replaced."""

    name: str
    threads: int
    """How many windows it reads side by side."""

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Return one reading a window, in their order."""
        ...

    def close(self) -> None:
        """End its threads."""
        ...
