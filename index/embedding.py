"""Text to unit vectors: sentence-transformers to build an index, ONNX Runtime to ask it.

Importing PyTorch and sentence-transformers takes several seconds and half a gigabyte; a service
that encodes one short question at a time needs neither. So a build also exports the model, checks
that the export gives the same vectors, and stores it with the index.
"""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from index.models import ModelFiles
from index.onnx_session import open_session

FloatArray = npt.NDArray[np.float32]
MIN_EXPORT_COSINE = 0.9999
EXPORT_RECIPE = "unpadded-1"
"""Recorded with the vectors; raise the number when ``export_onnx`` gives something else."""
SAMPLES = (
    "Who opened the meeting?",
    "A roundtable was held at a university in March.",
    "word",
    "Ngô Phương Lan, 30 năm, US$3.5 million; (1995-2025).",
    "A much longer text, " + "with clause after clause, " * 30 + "to its end.",
)
log = logging.getLogger(__name__)


class Embedder(Protocol):
    """Encodes texts as float32 ``(n, dim)`` with rows of length 1."""

    dim: int

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> FloatArray:
        """Encode ``texts``; ``progress`` is told how many more are done after each batch."""
        ...


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, on the CPU or on a GPU when there is one."""

    def __init__(self, model: ModelFiles, batch_size: int = 64) -> None:
        # Imported here because it takes seconds and serving does without.
        from sentence_transformers import SentenceTransformer

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _quiet_transformers()
            self.model = SentenceTransformer(str(model.folder), local_files_only=True)
        self.dim = int(self.model.get_embedding_dimension() or 0)
        self._batch_size = batch_size

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> FloatArray:
        """See ``Embedder``. Long texts are cut at the model's limit."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        # Sorted by length, a batch holds texts of like length and wastes little on padding.
        order = np.argsort([len(t) for t in texts], kind="stable")
        for first in range(0, len(texts), self._batch_size):
            rows = order[first : first + self._batch_size]
            vectors[rows] = self.model.encode(
                [texts[i] for i in rows],
                batch_size=self._batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            if progress is not None:
                progress(len(rows))
        return vectors


class OnnxEmbedder:
    """The exported model on ONNX Runtime; no PyTorch."""

    def __init__(self, model: bytes, tokenizer: bytes, max_tokens: int, workers: int = 1) -> None:
        """``workers`` is how many texts are encoded at once, each by one thread."""
        from tokenizers import Tokenizer

        self._session = open_session(model)
        self._workers = workers
        self._inputs = [i.name for i in self._session.get_inputs()]
        self.dim = int(self._session.get_outputs()[0].shape[-1])
        self._tokenizer = Tokenizer.from_str(tokenizer.decode("utf-8"))
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()

    def vocabulary(self) -> list[str]:
        """The tokens of the model."""
        return list(self._tokenizer.get_vocab(with_added_tokens=False))

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> FloatArray:
        """See ``Embedder``. One text a call, so its vector never depends on its neighbours.

        It costs no time either: padding costs more than a batch gains.
        """
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        encodings = self._tokenizer.encode_batch(list(texts))

        def encode_one(row: int) -> None:
            ids = np.asarray([encodings[row].ids], dtype=np.int64)
            feed = {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            }
            vectors[row] = self._session.run(None, {n: feed[n] for n in self._inputs})[0][0]

        # The longest first, so that no worker is left alone with one at the end.
        order = sorted(range(len(texts)), key=lambda row: -len(encodings[row]))
        with contextlib.ExitStack() as stack:
            if self._workers > 1 and len(texts) > 1:
                pool = stack.enter_context(ThreadPoolExecutor(self._workers))
                done: Iterator[None] = pool.map(encode_one, order)
            else:
                done = map(encode_one, order)
            for _ in done:
                if progress is not None:
                    progress(1)
        return vectors


def export_onnx(embedder: SentenceTransformerEmbedder, folder: Path) -> dict[str, Any] | None:
    """Write ``model.onnx`` and ``tokenizer.json`` into ``folder``; return what to know of them.

    Returns None, with a warning in the log, for a model that is not a transformer with mean or
    first-token pooling, or whose export does not give the same vectors (cosine of at least
    0.9999 on sample texts); such a model is asked through sentence-transformers.
    """
    import torch

    model = embedder.model
    names = [type(module).__name__ for module in model]
    pooling = getattr(model[1], "pooling_mode", None) if len(names) > 1 else None
    if names[:2] != ["Transformer", "Pooling"] or pooling not in ("mean", "cls"):
        log.warning("the model's modules %s are not exported; it is asked through torch", names)
        return None
    if len(names) > 3 or names[2:] not in ([], ["Normalize"]):
        log.warning("the model's modules %s are not exported; it is asked through torch", names)
        return None
    transformer: Any = model[0].auto_model

    class Exported(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any) -> Any:
            # Texts are encoded one by one, so nothing is padded and nothing is to be masked.
            states = self.transformer(input_ids=input_ids).last_hidden_state
            pooled = states[:, 0] if pooling == "cls" else states.mean(dim=1)
            return torch.nn.functional.normalize(pooled, dim=1)

    example = torch.ones(1, 9, dtype=torch.long, device=model.device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Exported().eval(),
            (example,),
            str(folder / "model.onnx"),
            input_names=["input_ids"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": {1: "tokens"}},
            opset_version=17,
            dynamo=False,
        )
    model.tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    facts: dict[str, Any] = {"max_tokens": int(model.max_seq_length or 512), "dim": embedder.dim}
    exported = OnnxEmbedder(
        (folder / "model.onnx").read_bytes(),
        (folder / "tokenizer.json").read_bytes(),
        facts["max_tokens"],
    )
    cosines = (exported.encode(SAMPLES) * embedder.encode(SAMPLES)).sum(axis=1)
    if float(cosines.min()) < MIN_EXPORT_COSINE:
        log.warning("the exported model differs (cosine %.5f); not used", float(cosines.min()))
        return None
    facts["min_cosine"] = round(float(cosines.min()), 5)
    return facts


def _quiet_transformers() -> None:
    from transformers.utils import logging as transformers_logging

    quiet: Any = transformers_logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
