"""What makes the vectors of a build, and what will encode the questions to it.

Questions are encoded by ONNX Runtime from an export in float32. The vectors of passages and
sentences are made by the same export in 8-bit integers, several texts at once; on a machine with a
GPU, and for a model that cannot be exported, by sentence-transformers. Which it was, with all
versions that matter, is recorded with the vectors, and vectors made another way are never mixed.

PyTorch takes seconds to import, so nothing here needs it when the generation before was made
alike: its export is taken over, checked against its hash.
"""

import functools
import hashlib
import importlib.metadata
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from index.embedding import (
    EXPORT_RECIPE,
    SAMPLES,
    Embedder,
    OnnxEmbedder,
    SentenceTransformerEmbedder,
    export_onnx,
)
from index.errors import ModelError, RecordError
from index.generations import Generation
from index.models import ModelFiles
from index.quantised_encoder import RECIPE, quantise

MIN_QUANTISED_COSINE = 0.99
MODEL, TOKENIZER = "encoder/model.onnx", "encoder/tokenizer.json"
_LIBRARIES = ("sentence-transformers", "transformers", "torch", "onnx", "onnxruntime", "tokenizers")
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Encoder:
    """How the vectors of a build are made."""

    facts: Mapping[str, Any]
    """Recorded in the manifest; part of every vector's key."""
    export: Mapping[str, Any] | None
    """What to know of the query encoder in ``encoder/``; None when there is none."""
    open: Callable[[], Embedder]
    """Gives the embedder, always the same one; called only when there is something to embed."""
    hashes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The manifest's entries of files that were taken over and checked."""


def prepare(model: ModelFiles, folder: Path, cache: Path, previous: Generation | None) -> Encoder:
    """Write the query encoder to ``folder/encoder`` and say what makes the vectors.

    ``previous`` is a generation to take the export over from if it was made alike. ``cache`` is a
    folder where the quantised encoder is kept.
    """
    circumstances = {
        "libraries": versions(),
        "device": "cuda" if has_gpu() else "cpu",
        "export": EXPORT_RECIPE,
    }
    if previous is not None:
        try:
            return _taken_over(model, folder, cache, previous, circumstances)
        except _OtherError as error:
            log.info("the encoder is exported again: %s", error)
            shutil.rmtree(folder / "encoder", ignore_errors=True)
    return _exported(model, folder, cache, circumstances)


class _OtherError(Exception):
    """The encoder of the generation before cannot be taken over."""


def _taken_over(
    model: ModelFiles,
    folder: Path,
    cache: Path,
    previous: Generation,
    circumstances: Mapping[str, Any],
) -> Encoder:
    recorded = previous.manifest.model
    facts, export = recorded.get("vectors"), recorded.get("export")
    if recorded["sha256"] != model.sha256 or not isinstance(facts, dict):
        raise _OtherError("another model")
    if any(facts.get(name) != value for name, value in circumstances.items()):
        raise _OtherError("other libraries, another device or another export")
    if facts["weights"] == "int8" and facts["recipe"] != RECIPE:
        raise _OtherError("another way to quantise")
    if export is None or facts["method"] != "onnxruntime":
        weights = None
    elif facts["weights"] == "int8":
        weights = _kept(cache, facts["weights_sha256"]) or _again(previous, cache, facts, export)
    else:
        weights = _read(previous, MODEL)
    hashes: dict[str, Mapping[str, Any]] = {}
    for name in (MODEL, TOKENIZER) if export is not None else ():
        try:
            hashes[name] = previous.copy(name, folder / name)
        except RecordError as error:
            raise _OtherError(str(error)) from error
    if weights is None or export is None:
        torch = functools.cache(lambda: SentenceTransformerEmbedder(model))
        return Encoder(facts, export, torch, hashes)
    tokenizer = (folder / TOKENIZER).read_bytes()
    return Encoder(facts, export, _onnx(weights, tokenizer, export["max_tokens"]), hashes)


def _again(
    previous: Generation, cache: Path, facts: Mapping[str, Any], export: Mapping[str, Any]
) -> bytes:
    """Quantise the export of ``previous`` again, when the cache has lost the result."""
    quantised = quantise(_read(previous, MODEL), _read(previous, TOKENIZER), export["max_tokens"])
    if hashlib.sha256(quantised).hexdigest() != facts["weights_sha256"]:
        raise _OtherError("quantised on this machine it is another one")
    _keep(cache, quantised)
    return quantised


def _read(previous: Generation, name: str) -> bytes:
    try:
        return previous.read(name)
    except RecordError as error:
        raise _OtherError(str(error)) from error


def _exported(
    model: ModelFiles, folder: Path, cache: Path, circumstances: Mapping[str, Any]
) -> Encoder:
    embedder = SentenceTransformerEmbedder(model)
    (folder / "encoder").mkdir()
    export = export_onnx(embedder, folder / "encoder")
    if export is None:
        shutil.rmtree(folder / "encoder")
    if export is None or circumstances["device"] != "cpu":
        facts = {"method": "sentence-transformers", "weights": "float32", **circumstances}
        return Encoder(facts, export, lambda: embedder)
    weights, tokenizer = (folder / MODEL).read_bytes(), (folder / TOKENIZER).read_bytes()
    quantised = quantise(weights, tokenizer, export["max_tokens"])
    expected = embedder.encode(SAMPLES)
    given = OnnxEmbedder(quantised, tokenizer, export["max_tokens"]).encode(SAMPLES)
    worst = float(np.min((given * expected).sum(axis=1)))
    facts = {"method": "onnxruntime", "weights": "float32", **circumstances}
    if worst < MIN_QUANTISED_COSINE:
        log.warning("in 8-bit integers the model differs (cosine %.4f); float32 is used", worst)
        return Encoder(facts, export, _onnx(weights, tokenizer, export["max_tokens"]))
    sha256 = _keep(cache, quantised)
    facts |= {
        "weights": "int8",
        "weights_sha256": sha256,
        "recipe": RECIPE,
        "min_cosine": round(worst, 4),
    }
    return Encoder(facts, export, _onnx(quantised, tokenizer, export["max_tokens"]))


def weights_of(facts: Mapping[str, Any], folder: Path, cache: Path) -> bytes | None:
    """The ONNX weights that make the vectors after ``prepare`` was run with the same folders.

    None when they are made by sentence-transformers. Raises ModelError when the file is damaged.
    """
    if facts["method"] != "onnxruntime":
        return None
    if facts["weights"] == "float32":
        return (folder / MODEL).read_bytes()
    data = _kept(cache, facts["weights_sha256"])
    if data is None:
        raise ModelError(
            f"{cache / _kept_name(facts['weights_sha256'])} is damaged or gone: run the command "
            "again, it is then made anew"
        )
    return data


def kept_files(encoder: Mapping[str, Any]) -> set[str]:
    """The names in the cache's folder that vectors with these facts are made from."""
    return {_kept_name(encoder["weights_sha256"])} if "weights_sha256" in encoder else set()


def _kept_name(sha256: str) -> str:
    return f"encoder-{sha256[:16]}.onnx"


def _keep(cache: Path, quantised: bytes) -> str:
    sha256 = hashlib.sha256(quantised).hexdigest()
    cache.mkdir(parents=True, exist_ok=True)
    # Written aside, so that a kill leaves no half of it; a damaged one is found by its hash.
    part = cache / "encoder.part"
    part.write_bytes(quantised)
    os.replace(part, cache / _kept_name(sha256))
    return sha256


def _kept(cache: Path, sha256: str) -> bytes | None:
    try:
        data = (cache / _kept_name(sha256)).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def _onnx(model: bytes, tokenizer: bytes, max_tokens: int) -> Callable[[], Embedder]:
    # Opened at once: that takes a quarter of a second, beside what the build does meanwhile.
    embedder = OnnxEmbedder(model, tokenizer, max_tokens, workers=cores())
    return lambda: embedder


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def has_gpu() -> bool:
    """Whether PyTorch can use a GPU of this machine."""
    # PyTorch takes seconds to import: it is asked only where there is a device at all.
    if not any(Path(device).exists() for device in _GPU_DEVICES):
        return False
    import torch

    return bool(torch.cuda.is_available())


def versions() -> dict[str, str]:
    """The libraries that decide what a vector is, those that are installed."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
