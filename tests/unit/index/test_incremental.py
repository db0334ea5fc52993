"""A build after a change embeds what changed and gives the index of a build of everything."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import BuildOptions, BuildReport, build_index
from index.chunking import ChunkingOptions
from index.record_store import RecordStore
from index.vectors import CACHE
from tests.unit.index.small_builds import (
    TOWER,
    Recorder,
    Recorder2,
    add,
    assert_as_built_from_nothing,
    build,
    parts,
)

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("models_hashed_once")


def test_nothing_is_embedded_when_nothing_changed(corpus: Path, tmp_path: Path) -> None:
    first, seen = build(corpus, tmp_path / "x")
    assert len(seen) == 7  # two passages, five sentences
    second, seen = build(corpus, tmp_path / "x")
    assert seen == []
    assert (second.embedded, second.reused) == (0, 7)
    assert parts(first) == parts(second)


def change(corpus: Path) -> None:
    (corpus / "tower.md").write_text(TOWER.replace("ninety", "eighty"))


def remove(corpus: Path) -> None:
    (corpus / "tower.md").unlink()


def rename(corpus: Path) -> None:
    (corpus / "tower.md").rename(corpus / "a-tower.md")


def swap_order(corpus: Path) -> None:
    (corpus / "harbour.md").rename(corpus / "z.md")


def new_heading(corpus: Path) -> None:
    (corpus / "tower.md").write_text(TOWER.replace("# Tower", "# Lighthouse"))


CHANGES: dict[Callable[[Path], None], list[str]] = {
    add: ["Bell\nThe bell was cast in Hue.", "The bell was cast in Hue."],
    change: [
        "Tower\nThe tower is eighty metres high. It was built of brick.",
        "The tower is eighty metres high.",
    ],
    remove: [],
    rename: [],
    swap_order: [],
    # The same text under another heading: the passage is embedded again, its sentences are not.
    new_heading: ["Lighthouse\nThe tower is ninety metres high. It was built of brick."],
}


@pytest.mark.parametrize("work", CHANGES, ids=lambda work: work.__name__)
def test_only_what_changed_is_embedded_and_the_index_is_that_of_a_full_build(
    corpus: Path, tmp_path: Path, work: Callable[[Path], None]
) -> None:
    build(corpus, tmp_path / "x")
    work(corpus)
    report, seen = build(corpus, tmp_path / "x")
    assert sorted(seen) == sorted(CHANGES[work])
    assert_as_built_from_nothing(report, corpus, tmp_path)


def test_a_removed_document_is_gone_and_may_come_back(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "x")
    remove(corpus)
    report, _ = build(corpus, tmp_path / "x")
    store = RecordStore(report.generation.folder / "record.sqlite")
    assert [d.doc_id for d in store.documents()] == ["harbour"]
    store.close()
    (corpus / "tower.md").write_text(TOWER)
    report, seen = build(corpus, tmp_path / "x")
    assert len(seen) == 3
    assert_as_built_from_nothing(report, corpus, tmp_path)


def test_full_embeds_everything_again(corpus: Path, tmp_path: Path) -> None:
    first, _ = build(corpus, tmp_path / "x")
    second, seen = build(corpus, tmp_path / "x", BuildOptions(reuse=False))
    assert len(seen) == 7
    assert parts(first) == parts(second)


def test_vectors_made_in_another_way_are_not_taken_over(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "x")
    _, seen = build(corpus, tmp_path / "x", embedder=Recorder2)
    assert len(seen) == 7
    _, seen = build(corpus, tmp_path / "x")
    assert seen == []  # those of the generation before the current one are still there


def test_other_passage_sizes_take_over_the_sentences(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "x")
    options = BuildOptions(chunking=ChunkingOptions(max_words=8, min_words=1))
    _, seen = build(corpus, tmp_path / "x", options)
    assert sorted(seen) == [
        "Harbour\nFerries leave at noon.",
        "Harbour\nIt is made of oak.",
        "Harbour\nThe pier was built in 1911.",
        "Tower\nIt was built of brick.",
        "Tower\nThe tower is ninety metres high.",
    ]


@pytest.mark.parametrize("name", ["passages.faiss", "sentences.npy", "record.sqlite"])
def test_damaged_vectors_are_made_again(corpus: Path, tmp_path: Path, name: str) -> None:
    made, _ = build(corpus, tmp_path / "x")
    path = made.generation.folder / name
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(bytes(data))
    report, seen = build(corpus, tmp_path / "x")
    assert len(seen) == 7
    assert parts(report) == parts(made)


def test_equal_texts_are_embedded_once(corpus: Path, tmp_path: Path) -> None:
    (corpus / "copy.md").write_text(TOWER)
    report, seen = build(corpus, tmp_path / "x")
    assert len(seen) == 7
    assert (report.embedded, report.reused) == (7, 3)


class Failing(Recorder):
    """Fails after ``left`` texts; only one block at a time is asked of it."""

    left = 0

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See ``WordEmbedder``."""
        Failing.left -= len(texts)
        if Failing.left < 0:
            raise MemoryError("planted")
        return super().encode(texts, progress)


def test_a_build_that_failed_goes_on_where_it_was(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.vectors.BLOCK", 1)
    Failing.left = 5
    with pytest.raises(MemoryError):
        build_index([corpus], tmp_path / "x", embedder_factory=Failing)
    assert (tmp_path / "x" / CACHE / "journal").exists()
    Failing.left = 99
    report, seen = build(corpus, tmp_path / "x", embedder=Failing)
    assert len(seen) == 2
    assert not (tmp_path / "x" / CACHE / "journal").exists()
    whole, _ = build(corpus, tmp_path / "y", embedder=Failing)
    assert parts(report) == parts(whole)


def test_full_forgets_what_a_failed_build_left(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.vectors.BLOCK", 1)
    Failing.left = 5
    with pytest.raises(MemoryError):
        build_index([corpus], tmp_path / "x", embedder_factory=Failing)
    Failing.left = 99
    _, seen = build(corpus, tmp_path / "x", BuildOptions(reuse=False), Failing)
    assert len(seen) == 7


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
import index.vectors
from index.build import build_index
from tests.unit.index.small_builds import Recorder
index.vectors.BLOCK = 1
class Killed(Recorder):
    def encode(self, texts, progress=None):
        if len(self.seen) == {after}:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, progress)
Killed.__qualname__ = "Recorder"
build_index([Path(sys.argv[1])], Path(sys.argv[2]), embedder_factory=Killed)
"""


@pytest.mark.parametrize("after", [0, 3, 6])
def test_a_build_that_was_killed_goes_on_where_it_was(
    corpus: Path, tmp_path: Path, after: int
) -> None:
    command = [sys.executable, "-c", KILLED.format(root=str(ROOT), after=after)]
    done = subprocess.run([*command, str(corpus), str(tmp_path / "x")], timeout=60)
    assert done.returncode == -signal.SIGKILL
    report, seen = build(corpus, tmp_path / "x")
    assert len(seen) == 7 - after
    assert os.listdir(tmp_path / "x" / CACHE) == []
    assert_as_built_from_nothing(report, corpus, tmp_path)


def texts(report: BuildReport) -> set[str]:
    """All that has a vector in the generation of ``report``."""
    store = RecordStore(report.generation.folder / "record.sqlite")
    found = {text for passage, sentences in store.texts() for text in (passage, *sentences)}
    store.close()
    return found


WORDS = ("pier", "oak", "built", "in", "1911", "Hue", "bell", "tower", "Ngô", "stone")
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(
    lambda words: f"The {' '.join(words)}."
)
DOCUMENT = st.lists(st.lists(SENTENCE, min_size=1, max_size=3), min_size=1, max_size=3).map(
    lambda paragraphs: "\n\n".join(" ".join(p) for p in paragraphs)
)
CORPUS = st.dictionaries(st.sampled_from("abcde"), DOCUMENT, min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(st.lists(CORPUS, min_size=2, max_size=4))
def test_whatever_was_built_before_the_index_is_that_of_a_full_build(
    corpora: list[dict[str, str]],
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(scratch, "corpus")
        corpus.mkdir()
        before = set[str]()
        for documents in corpora:
            for old in corpus.iterdir():
                old.unlink()
            for name, text in documents.items():
                (corpus / f"{name}.txt").write_text(text)
            report, seen = build(corpus, Path(scratch, "x"))
            now = texts(report)
            assert sorted(seen) == sorted(now - before)
            before = now
        assert_as_built_from_nothing(report, corpus, Path(scratch))
