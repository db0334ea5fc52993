"""Small builds of two documents with an embedder that remembers what it was asked."""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.build import BuildOptions, BuildReport, build_index
from tests.fake_models import WordEmbedder

HARBOUR = "# Harbour\n\nThe pier was built in 1911. It is made of oak.\n\nFerries leave at noon."
TOWER = "# Tower\n\nThe tower is ninety metres high. It was built of brick.\n"


class Recorder(WordEmbedder):
    """Remembers what it was asked to embed; ``space`` stands for another model."""

    seen: list[str]

    def __init__(self, model: object = None) -> None:
        super().__init__(model)
        self.seen = []

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See ``WordEmbedder``."""
        self.seen += texts
        return super().encode(texts, progress)


class Recorder2(Recorder):
    """Another embedder, whose vectors must never be mixed with those of the first."""


def build(
    corpus: Path,
    output: Path,
    options: BuildOptions = BuildOptions(),
    embedder: type[Recorder] = Recorder,
) -> tuple[BuildReport, list[str]]:
    """Build; return the report and all texts that were embedded."""
    made = embedder()
    report = build_index([corpus], output, options, embedder_factory=lambda _: made)
    assert report.embedded == len(made.seen)
    return report, made.seen


def parts(report: BuildReport) -> dict[str, object]:
    """All of a generation but its name and time; files by their SHA-256."""
    values = dataclasses.asdict(report.generation.manifest)
    del values["generation"], values["built_at"]
    return values


def assert_as_built_from_nothing(report: BuildReport, corpus: Path, scratch: Path) -> None:
    with tempfile.TemporaryDirectory(dir=scratch) as fresh:
        whole, _ = build(corpus, Path(fresh))
        assert parts(report) == parts(whole)


def add(corpus: Path) -> None:
    (corpus / "bell.md").write_text("# Bell\n\nThe bell was cast in Hue.")
