"""Any cross-encoder with one logit for a question and a text, as ONNX."""

import numpy as np
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

MAX_TOKENS = 256


class CrossEncoder:
    """Scores one pair a call; safe to use from several threads.

    An int8 export scales each call by its largest value, so in a batch a score would depend on
    its neighbours.
    """

    def __init__(self, name: str, session: InferenceSession, tokenizer: bytes) -> None:
        self.name = name
        self._session = session
        self._inputs = [i.name for i in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_buffer(tokenizer)
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        self._tokenizer.no_padding()

    def score(self, question: str, text: str) -> float:
        """Return the logit of ``text``; higher is more relevant."""
        encoding = self._tokenizer.encode(question, text)
        ids = np.asarray([encoding.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.asarray([encoding.type_ids], dtype=np.int64),
        }
        output = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        return float(np.ravel(output)[0])
