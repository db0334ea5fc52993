"""The embedder that belongs to a generation's vectors, wherever its files are."""

from typing import Protocol

from index.embedding import Embedder, OnnxEmbedder, SentenceTransformerEmbedder
from index.errors import IndexMismatch
from index.manifest import Manifest
from index.models import find_model


class GenerationFiles(Protocol):
    """A generation's manifest and its files."""

    @property
    def manifest(self) -> Manifest:
        """What the generation was made of."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes of a file, verified. Raises IndexCorrupt."""
        ...


def open_query_embedder(generation: GenerationFiles) -> Embedder:
    """The export that the generation holds, or the model it was built with.

    Raises IndexMismatch when another model of that name is installed here.
    """
    export = generation.manifest.model["export"]
    if export is not None:
        return OnnxEmbedder(
            generation.read("encoder/model.onnx"),
            generation.read("encoder/tokenizer.json"),
            export["max_tokens"],
        )
    model = find_model(generation.manifest.model["name"])
    if model.sha256 != generation.manifest.model["sha256"]:
        raise IndexMismatch(
            f"the index was built with {model.name} of SHA-256 "
            f"{generation.manifest.model['sha256'][:12]}…, here it is {model.sha256[:12]}…: "
            "build the index again"
        )
    return SentenceTransformerEmbedder(model)
