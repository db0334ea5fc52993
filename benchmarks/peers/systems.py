"""What is compared: one protocol, and the systems that follow it."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a data set: what is searched for, and the unit in which all are compared."""

    id: str
    title: str
    text: str

    @property
    def titled(self) -> str:
        """The text with its title on a line before it, if there is one."""
        return f"{self.title}\n{self.text}" if self.title else self.text


class System(Protocol):
    """A system under measurement. ``search`` is called from several threads at once."""

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """Index ``passages`` and leave in ``folder`` all that ``open`` needs."""

    def open(self, folder: Path) -> None:
        """Make ready to search what was built in ``folder``, by this or another process."""

    def search(self, question: str, k: int) -> list[str]:
        """Ids of the ``k`` best passages, each once, best first."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A row of the tables."""

    key: str
    label: str
    adapter: str
    """``module:Class``, called with the folder of the embedding model."""
    index: str
    """Contenders of one value search the same index, which is built once."""
    modules: tuple[str, ...] = ()
    """What must be installed for it."""
    distributions: tuple[str, ...] = ()
    """Whose versions the results name."""


BASELINE = "txtai"
"""The contender that the others' differences are of."""

CONTENDERS = (
    Contender(
        "record-read",
        "this project, with its reader",
        "benchmarks.peers.record:ReadingRecord",
        "record",
    ),
    Contender(
        "record-search",
        "this project, retrieval alone",
        "benchmarks.peers.record:SearchingRecord",
        "record",
    ),
    Contender(
        "txtai",
        "txtai, hybrid",
        "benchmarks.peers.txtai_hybrid:TxtaiHybrid",
        "txtai",
        ("txtai",),
        ("txtai",),
    ),
    Contender(
        "haystack",
        "Haystack, hybrid",
        "benchmarks.peers.haystack_hybrid:HaystackHybrid",
        "haystack",
        ("haystack", "haystack_integrations.components.embedders.sentence_transformers"),
        ("haystack-ai", "sentence-transformers-haystack"),
    ),
    Contender(
        "faiss",
        "sentence-transformers and FAISS",
        "benchmarks.peers.faiss_dense:FaissDense",
        "faiss",
        (),
        ("sentence-transformers", "torch", "faiss-cpu"),
    ),
    Contender(
        "bm25s",
        "bm25s",
        "benchmarks.peers.bm25s_words:Bm25sWords",
        "bm25s",
        (),
        ("bm25s", "PyStemmer"),
    ),
)


def load(adapter: str, model: Path, **settings: object) -> System:
    """The system behind ``module:Class``; only now are its libraries imported."""
    module, _, name = adapter.partition(":")
    system: System = getattr(importlib.import_module(module), name)(model, **settings)
    return system
