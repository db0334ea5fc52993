"""Our own reader: one pass over question and window gives all the evidence (``training/``)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from service.reader import Reading, Span
from service.spans import best_span
from service.windows import Window

OUTPUTS = ("start", "end", "sentence", "answerable", "relevance")
MAX_TOKENS = 256
"""Of question and window together; what is longer is cut at the window's end."""


class RecordReader:
    """The network on ONNX Runtime, one window a call, ``threads`` calls side by side.

    ``tokenizer`` holds the bytes of the model's ``tokenizer.json``.
    """

    def __init__(
        self, name: str, session: InferenceSession, tokenizer: bytes, threads: int = 1
    ) -> None:
        self.name = name
        self.threads = threads
        self._session = session
        self._tokenizer = Tokenizer.from_buffer(tokenizer)
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        self._tokenizer.no_padding()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """See ``Reader``."""
        return list(self._pool.map(partial(self._read, question), windows))

    def close(self) -> None:
        """End the threads; what is being read is read to its end."""
        self._pool.shutdown()

    def _read(self, question: str, window: Window) -> Reading:
        encoding = self._tokenizer.encode(question, window.text)
        types = np.asarray([encoding.type_ids], dtype=np.int64)
        ids = np.asarray([encoding.ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        start, end, sentence, answerable, relevance = self._session.run(list(OUTPUTS), feed)
        # The second text begins at its first token of type 1 and ends before the separator.
        inside = np.flatnonzero(types[0])
        first, stop = int(inside[0]), int(inside[-1])
        if first == stop:
            return Reading(window.first, float(relevance[0]), float(answerable[0]))
        score, begin, last = best_span(start[0], end[0], first, stop)
        offsets = np.asarray(encoding.offsets)
        return Reading(
            sentence=window.first + _best_sentence(sentence[0], offsets, first, stop, window),
            relevance=float(relevance[0]),
            answerable=float(answerable[0]),
            span=Span(
                window.start + int(offsets[begin][0]),
                window.start + int(offsets[last][1]),
                score - float(start[0, 0] + end[0, 0]),
            ),
        )


def _best_sentence(
    logits: np.ndarray, offsets: np.ndarray, first: int, stop: int, window: Window
) -> int:
    """The sentence of the highest mean logit over its tokens."""
    begins = offsets[first:stop, 0]
    means = [
        float(of_sentence.mean()) if len(of_sentence) else -np.inf
        for s, e in window.sentences
        for of_sentence in [logits[first:stop][(begins >= s) & (begins < e)]]
    ]
    return int(np.argmax(means))
