"""Any Hugging Face extractive question answering model, as ONNX: the words that answer."""

import numpy as np
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from service.reader import Span
from service.spans import best_span
from service.windows import Window

MAX_TOKENS = 384


class ExtractiveQa:
    """Reads one window a call; safe to use from several threads.

    The model takes ``input_ids`` and gives two outputs, the logits of the first and the last
    token, ``(1, tokens)`` each; those of the first token of all stand for "no answer", as SQuAD
    2.0 has it (Devlin et al., 2019).
    """

    def __init__(self, name: str, session: InferenceSession, tokenizer: bytes) -> None:
        self.name = name
        self._session = session
        self._inputs = [i.name for i in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_buffer(tokenizer)
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        self._tokenizer.no_padding()

    def read(self, question: str, window: Window) -> Span | None:
        """Return the best span of ``window``; None when the question leaves no room for it."""
        encoding = self._tokenizer.encode(question, window.text)
        ids = np.asarray([encoding.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.asarray([encoding.type_ids], dtype=np.int64),
        }
        start, end = self._session.run(None, {name: feed[name] for name in self._inputs})[:2]
        # Not by type: RoBERTa's second text has type 0 too.
        inside = [i for i, sequence in enumerate(encoding.sequence_ids) if sequence == 1]
        if not inside:
            return None
        score, first, last = best_span(start[0], end[0], inside[0], inside[-1] + 1)
        return Span(
            window.start + encoding.offsets[first][0],
            window.start + encoding.offsets[last][1],
            score - float(start[0, 0] + end[0, 0]),
        )
