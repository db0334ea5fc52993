"""Reading: which sentence of which candidate answers the question, and how well.

A cross-encoder reads sentences, not passages. Measured on squad-dev's answerable questions, the
passage of the best sentence is the right one more often than the best passage read as a whole,
and sentences are shorter, so reading them costs less (``docs/how-it-works.md``).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from tokenizers import Encoding, Tokenizer

from index.models import ModelFiles
from index.onnx_session import open_session
from index.types import Passage


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader found in one passage."""

    sentence: int
    """Index of the best sentence in ``passage.sentences``."""
    relevance: float
    """Logit of that sentence; higher is more relevant."""


class Reader(Protocol):
    """Reads candidate passages for a question; a stage that can be replaced."""

    name: str

    def read(
        self, question: str, passages: Sequence[Passage], promise: Sequence[Sequence[float]]
    ) -> list[Reading | None]:
        """Return one reading a passage, None where no sentence was worth reading.

        ``promise[i][j]``, higher is better, says how likely sentence ``j`` of passage ``i`` is to
        win; a reader may leave out the least promising.
        """
        ...


class CrossEncoderReader:
    """A cross-encoder of the ms-marco kind on ONNX Runtime: one logit for a pair of texts."""

    def __init__(
        self, model: ModelFiles, threads: int = 1, budget: int = 6, max_tokens: int = 256
    ) -> None:
        self.name = model.name
        self._budget = budget
        self._session = open_session(model.weights.read_bytes())
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")
        self._inputs = [i.name for i in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        self._tokenizer.no_padding()

    def read(
        self, question: str, passages: Sequence[Passage], promise: Sequence[Sequence[float]]
    ) -> list[Reading | None]:
        """See ``Reader``. Reads at most ``budget`` sentences in all."""
        order = sorted(
            ((i, j) for i, row in enumerate(promise) for j in range(len(row))),
            key=lambda place: (-promise[place[0]][place[1]], place),
        )[: self._budget]
        texts = []
        for i, j in order:
            start, end = passages[i].sentences[j]
            texts.append(passages[i].text[start - passages[i].start : end - passages[i].start])
        readings: list[Reading | None] = [None] * len(passages)
        for (i, j), relevance in zip(order, self.score(question, texts), strict=True):
            best = readings[i]
            if best is None or relevance > best.relevance:
                readings[i] = Reading(j, relevance)
        return readings

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the logit of each text; higher is more relevant.

        One pair a call, ``threads`` calls side by side. The int8 export scales each call by its
        largest value, so in a batch a score would depend on its neighbours.
        """
        encodings = self._tokenizer.encode_batch([(question, text) for text in texts])
        return list(self._pool.map(self._score, encodings))

    def _score(self, encoding: Encoding) -> float:
        feed = {
            "input_ids": np.asarray([encoding.ids], dtype=np.int64),
            "attention_mask": np.asarray([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.asarray([encoding.type_ids], dtype=np.int64),
        }
        output = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        return float(np.ravel(output)[0])
