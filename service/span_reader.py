"""The exact answering words of a passage, and how sure it is that there are any.

Our own network (``training/``): one pass over question and window gives the span and two kinds of
no-answer evidence.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from index.models import ModelFiles
from index.onnx_session import open_session
from index.types import Passage

FloatArray = npt.NDArray[np.float32]
WINDOW_WORDS = 60
"""As long as the windows the network was trained on."""
LONGEST_SPAN = 30
"""Tokens; longer spans are hardly ever answers."""


@dataclass(frozen=True, slots=True)
class SpanReading:
    """The best span of a passage. Logits; higher speaks for an answer."""

    start: int
    end: int
    """Document offsets of the answering words."""
    margin: float
    """Start and end logit of the span less those of "no answer"."""
    answerable: float
    """Logit of the answerability head."""


class SpanReader(Protocol):
    """Finds the answering words; a stage that can be replaced."""

    name: str

    def read(self, question: str, passage: Passage, sentence: int) -> SpanReading | None:
        """Read the sentences around ``sentence``; None when the question leaves no room."""
        ...


class OnnxSpanReader:
    """The shipped network on ONNX Runtime."""

    def __init__(self, model: ModelFiles, max_tokens: int = 192) -> None:
        self.name = model.name
        self._session = open_session(model.weights.read_bytes())
        self._tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        self._tokenizer.no_padding()

    def read(self, question: str, passage: Passage, sentence: int) -> SpanReading | None:
        """See ``SpanReader``."""
        start, end = window(passage, sentence)
        text = passage.text[start - passage.start : end - passage.start]
        encoding = self._tokenizer.encode(question, text)
        ids = np.asarray([encoding.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.asarray([encoding.type_ids], dtype=np.int64),
        }
        starts, ends, answerable = self._session.run(None, feed)
        # The last token of the second text is the separator.
        inside = np.flatnonzero(np.asarray(encoding.type_ids) == 1)[:-1]
        if not len(inside):
            return None
        score, first, last = best_span(starts[0], ends[0], inside)
        offsets = encoding.offsets
        return SpanReading(
            start=start + offsets[first][0],
            end=start + offsets[last][1],
            margin=score - float(starts[0, 0] + ends[0, 0]),
            answerable=float(answerable[0]),
        )


def window(passage: Passage, sentence: int) -> tuple[int, int]:
    """Document offsets of at most 60 words of whole sentences around ``sentence``."""
    lengths = [
        len(passage.text[s - passage.start : e - passage.start].split())
        for s, e in passage.sentences
    ]
    low = high = sentence
    words = lengths[sentence]
    while low > 0 or high < len(lengths) - 1:
        # What comes before explains pronouns, so it is taken first.
        take = low - 1 if low > 0 and (sentence - low <= high - sentence) else high + 1
        if take >= len(lengths):
            take = low - 1
        words += lengths[take]
        if words > WINDOW_WORDS:
            break
        low, high = min(low, take), max(high, take)
    return passage.sentences[low][0], passage.sentences[high][1]


def best_span(
    starts: FloatArray, ends: FloatArray, inside: npt.NDArray[np.int64]
) -> tuple[float, int, int]:
    """Return score, first and last token of the span of highest ``start + end`` logit.

    ``starts`` and ``ends`` are ``(tokens,)``; ``inside`` are the tokens of the passage, which
    follow each other. A span has at most 30 tokens.
    """
    best = (-math.inf, int(inside[0]), int(inside[0]))
    for first in inside:
        stop = min(int(first) + LONGEST_SPAN, int(inside[-1]) + 1)
        last = int(first) + int(np.argmax(ends[first:stop]))
        score = float(starts[first] + ends[last])
        if score > best[0]:
            best = (score, int(first), last)
    return best
