"""A cross-encoder for the sentences and, beside it, a question answering model for the words."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from service.cross_encoder import CrossEncoder
from service.extractive_qa import ExtractiveQa
from service.reader import Reading
from service.windows import Window


class PairedReader:
    """Any two models in the place of our own reader: more passes, so slower."""

    def __init__(
        self, cross_encoder: CrossEncoder, answering: ExtractiveQa | None, threads: int = 1
    ) -> None:
        self.name = cross_encoder.name + (f"+{answering.name}" if answering else "")
        self.threads = threads
        self._cross_encoder = cross_encoder
        self._answering = answering
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """See ``Reader``."""
        return list(self._pool.map(partial(self._read, question), windows))

    def close(self) -> None:
        """End the threads; what is being read is read to its end."""
        self._pool.shutdown()

    def _read(self, question: str, window: Window) -> Reading:
        scores = [
            self._cross_encoder.score(question, window.text[s:e]) for s, e in window.sentences
        ]
        best = max(range(len(scores)), key=lambda number: scores[number])
        span = self._answering.read(question, window) if self._answering else None
        return Reading(window.first + best, scores[best], span.margin if span else 0.0, span)
