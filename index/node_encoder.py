"""What another machine needs to make the very vectors that a build here would make.

The encoder's files travel as bytes and are checked by their SHA-256 on arrival. A model that is run
by sentence-transformers is found on the node itself, by its SHA-256. Libraries that decide what
comes out must have the same versions there, or the vectors would belong to another space.

Light to import: ONNX Runtime is loaded on a node only after its telemetry was turned off.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from index.errors import ModelError, RecordError

if TYPE_CHECKING:
    from index.embedding import Embedder
    from index.models import ModelFiles

_OF_ONNX = ("onnxruntime", "tokenizers")
"""The libraries that the exported encoder is run by; those of its making are not on a node."""


class NodeError(RecordError):
    """A node cannot make the vectors; told with its address and the remedy."""


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """The bytes of the exported encoder, and how it is opened."""

    model: bytes
    tokenizer: bytes
    max_tokens: int

    @property
    def sha256(self) -> str:
        """Hexadecimal, over both files."""
        return hashlib.sha256(self.model + self.tokenizer).hexdigest()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a node makes vectors. Small: the files of the encoder travel apart from it."""

    facts: Mapping[str, Any]
    """Of ``Encoder``; part of every vector's key."""
    model: "ModelFiles"
    """As found where the build is made."""
    files_sha256: str | None = None
    """Of the exported encoder; None for a model that is found on the node."""
    factory: "Callable[[ModelFiles], Embedder] | None" = field(default=None, compare=False)
    """Gives the embedder instead of a model, for tests."""

    @property
    def name(self) -> str:
        """The same for recipes that give the same embedder."""
        return f"{self.model.sha256} {self.files_sha256} {sorted(self.facts.items())}"

    @property
    def on_gpu(self) -> bool:
        """Whether the vectors are made on a GPU."""
        return self.facts.get("device") == "cuda"

    def open(self, fetch: Callable[[], EncoderFiles], node: str) -> "Embedder":
        """The embedder on this machine, called ``node``; ``fetch`` gives the encoder's files.

        Raises NodeError when a library, the model or the device is not that of the build.
        """
        # Read by ONNX Runtime when it is first imported.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        if self.factory is not None:
            return self.factory(self.model)
        try:
            from index import encoders
            from index.embedding import OnnxEmbedder, SentenceTransformerEmbedder
            from index.models import find_model
        except ImportError as error:
            raise NodeError(
                f"node {node}: {error}: install there what an index is built with, "
                "`pip install -r requirements/base.txt`"
            ) from None
        self._same_libraries(encoders.versions(), node)
        if self.files_sha256 is not None:
            files = fetch()
            if files.sha256 != self.files_sha256:
                raise NodeError(
                    f"node {node}: the encoder arrived with SHA-256 {files.sha256[:12]}…, not "
                    f"{self.files_sha256[:12]}…: run the same command again"
                )
            return OnnxEmbedder(files.model, files.tokenizer, files.max_tokens)
        if encoders.has_gpu() != self.on_gpu:
            raise NodeError(
                f"node {node}: vectors are made on a {'GPU' if self.on_gpu else 'processor'} where "
                "the index is built and cannot be made so here: use machines that are alike"
            )
        try:
            model = find_model(self.model.name)
        except ModelError as error:
            raise NodeError(f"node {node}: {error}") from None
        if model.sha256 != self.model.sha256:
            raise NodeError(
                f"node {node}: model {model.name} has SHA-256 {model.sha256[:12]}…, the index is "
                f"built with {self.model.sha256[:12]}…: copy the model's folder to the node"
            )
        return SentenceTransformerEmbedder(model)

    def _same_libraries(self, found: Mapping[str, str], node: str) -> None:
        wanted = self.facts["libraries"]
        for name in wanted if self.files_sha256 is None else _OF_ONNX:
            if found.get(name) != wanted.get(name):
                raise NodeError(
                    f"node {node}: {name} {found.get(name, 'is not installed')}, the index is "
                    f"built with {wanted.get(name)}: install that version there, "
                    f"`pip install {name}=={wanted.get(name)}`"
                )
