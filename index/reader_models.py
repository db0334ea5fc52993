"""The models that read: made ready for ONNX Runtime at build, opened when a service starts."""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from index.errors import IndexMismatch, ModelError
from index.models import ModelFiles, find_model
from index.onnx_session import open_session
from index.query_embedder import GenerationFiles

log = logging.getLogger(__name__)

Role = Literal["reader", "span_reader"]
SAMPLE = ("Who opened the harbour?", "The harbour was opened by Mary Jones in 1911, people said.")
TOLERANCE = 1e-2
"""Largest difference of a logit between a model and its export."""


@dataclass(frozen=True, slots=True)
class ReaderModel:
    """An ONNX model and its tokenizer, verified and in memory."""

    name: str
    weights: bytes
    tokenizer: bytes


def make_ready(name: str, role: Role, folder: Path) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` to ``folder`` unless the model is ONNX already.

    A ``reader`` is a sequence classifier with one logit, a ``span_reader`` an extractive question
    answering model. Raises ModelError when it is neither, or its export does not give the same.
    """
    model = find_model(name, onnx=True)
    if model.weights.suffix == ".onnx":
        if not _tokenizer(model).is_file():
            raise ModelError(f"model {name!r}: {model.folder} holds no tokenizer.json")
        return
    folder.mkdir(parents=True)
    _export(model, role, folder)


def load(generation: GenerationFiles, role: Role, name: str) -> ReaderModel:
    """Open the model that ``generation`` was built for.

    Raises IndexMismatch when another one of that name is installed now.
    """
    if f"{role}/model.onnx" in generation.manifest.files:
        return ReaderModel(
            name, generation.read(f"{role}/model.onnx"), generation.read(f"{role}/tokenizer.json")
        )
    remedy = "build the index again"
    try:
        model = find_model(name, onnx=True)
    except ModelError as error:
        raise IndexMismatch(f"the index is to be read by {error}; or {remedy}") from error
    expected = generation.manifest.settings[f"{role}_sha256"]
    if model.sha256 != expected:
        raise IndexMismatch(
            f"the index was built for {name} of SHA-256 {expected[:12]}…, here it is "
            f"{model.sha256[:12]}…: {remedy}"
        )
    return ReaderModel(name, model.weights.read_bytes(), _tokenizer(model).read_bytes())


def _tokenizer(model: ModelFiles) -> Path:
    return model.folder / "tokenizer.json"


def _export(model: ModelFiles, role: Role, folder: Path) -> None:
    import torch
    from transformers import (
        AutoModelForQuestionAnswering,
        AutoModelForSequenceClassification,
        AutoTokenizer,
    )

    kind: Any = (
        AutoModelForSequenceClassification if role == "reader" else AutoModelForQuestionAnswering
    )
    tokenizer: Any = AutoTokenizer.from_pretrained(model.folder)
    if not tokenizer.is_fast:
        raise ModelError(f"model {model.name!r} has no tokenizer.json: choose one that has")
    network: Any = kind.from_pretrained(model.folder, use_safetensors=True).eval()
    if role == "reader" and network.config.num_labels != 1:
        raise ModelError(
            f"model {model.name!r} gives {network.config.num_labels} logits for a pair of texts: "
            "a reader must be a cross-encoder that gives one"
        )
    encoded = tokenizer(*SAMPLE, return_tensors="pt")
    names = list(encoded)
    outputs = ["relevance"] if role == "reader" else ["start", "end"]

    class Exported(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *inputs: Any) -> Any:
            found = self.network(**dict(zip(names, inputs, strict=True)))
            if role == "reader":
                return found.logits[:, 0]
            return found.start_logits, found.end_logits

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        expected = Exported()(*encoded.values())
        torch.onnx.export(
            Exported().eval(),
            tuple(encoded.values()),
            str(folder / "model.onnx"),
            input_names=names,
            output_names=outputs,
            dynamic_axes={n: {0: "batch", 1: "tokens"} for n in names}
            | {n: {0: "batch"} | ({1: "tokens"} if n != "relevance" else {}) for n in outputs},
            opset_version=17,
            dynamo=False,
        )
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    session = open_session((folder / "model.onnx").read_bytes())
    given = session.run(None, {n: np.asarray(v) for n, v in encoded.items()})
    wanted = expected if isinstance(expected, tuple) else (expected,)
    worst = max(float(np.abs(g - w.numpy()).max()) for g, w in zip(given, wanted, strict=True))
    if worst > TOLERANCE:
        raise ModelError(f"model {model.name!r}: its ONNX export differs by {worst:.3f}")
    log.info("exported %s; its logits agree to %.1e", model.name, worst)
