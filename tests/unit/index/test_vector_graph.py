"""Large indexes: a graph finds what exact search finds, and says how much of it."""

import logging
from pathlib import Path

import numpy as np
import pytest

from index import verified_files
from index.build import BuildOptions, BuildReport, build_index
from index.errors import IndexCorrupt
from index.row_file import RowFile
from index.search_index import open_index
from index.vector_graph import GraphOptions, VectorGraph
from index.vector_index import FloatArray, VectorIndex
from tests.fake_models import WordEmbedder

SIZE, DIM = 2_000, 32


@pytest.fixture(autouse=True)
def words_for_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())


def rows(count: int, seed: int = 0) -> FloatArray:
    """Unit vectors in forty groups, as texts on forty matters have."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((40, DIM))
    made = centres[rng.integers(0, 40, count)] + 0.5 * rng.standard_normal((count, DIM))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def vectors() -> VectorIndex:
    return VectorIndex.build(rows(SIZE))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(60):
        text = f"Boat {number} carries cargo {number * 7 % 60} to harbour {number * 11 % 60}."
        (folder / f"{number:02}.txt").write_text(text)
    return folder


def build(corpus: Path, output: Path, **graph: float) -> BuildReport:
    options = BuildOptions(graph=GraphOptions(**({"above": 20} | graph)))  # type: ignore[arg-type]
    return build_index([corpus], output, options, embedder_factory=WordEmbedder)


def test_graph_finds_what_exact_search_finds(vectors: VectorIndex) -> None:
    graph = VectorGraph.build(vectors, GraphOptions())
    facts = graph.measure(rows(100, seed=1), 0.95)
    assert facts.recall >= 0.95
    assert facts.queries == 100
    for query in rows(20, seed=2):
        cosines, found = graph.search(query, 10)
        exact, nearest = vectors.search(query, 10)
        assert len(set(found) & set(nearest)) >= 8
        assert list(cosines) == sorted(cosines, reverse=True)
        assert cosines[0] == pytest.approx(exact[0], abs=1e-5)


def test_equal_vectors_give_an_equal_graph_and_it_survives_its_bytes(vectors: VectorIndex) -> None:
    first = VectorGraph.build(vectors, GraphOptions())
    data = first.to_bytes()
    assert VectorGraph.build(vectors, GraphOptions()).to_bytes() == data
    # Without the vectors, whose 2,000 x 32 numbers of 4 bytes are stored once already.
    assert len(data) < SIZE * 32 * 2 * 4 + 100_000
    again = VectorGraph.from_bytes(data, vectors, first.width)
    query = rows(1, seed=3)[0]
    assert list(again.search(query, 10)[1]) == list(first.search(query, 10)[1])


def test_graph_that_finds_too_little_is_a_warning(
    vectors: VectorIndex, caplog: pytest.LogCaptureFixture
) -> None:
    poor = VectorGraph.build(vectors, GraphOptions(links=2, build_width=2))
    with caplog.at_level(logging.WARNING):
        facts = poor.measure(rows(100, seed=1), 1.0)
    assert facts.recall < 1.0
    assert "--exact-up-to" in caplog.text


def test_small_index_has_no_graph(corpus: Path, tmp_path: Path) -> None:
    made = build(corpus, tmp_path / "x", above=60).generation
    assert "graph.faiss" not in made.manifest.files
    assert made.manifest.model["search"] == {"method": "exact"}


def test_large_index_is_searched_by_its_graph_and_filters_exactly(
    corpus: Path, tmp_path: Path
) -> None:
    made = build(corpus, tmp_path / "x").generation
    search = made.manifest.model["search"]
    assert search["method"] == "hnsw" and search["recall"] >= 0.95
    with_graph = open_index(tmp_path / "x")
    assert with_graph.graph is not None
    query = with_graph.embedder.encode(["Which boat carries cargo 14?"])[0]
    exact = with_graph.vectors.search(query, 5)[1]
    assert set(with_graph.nearest(query, 5)) == set(exact)
    few = np.asarray([3, 17, 42], dtype=np.int64)
    assert set(with_graph.nearest(query, 5, few)) == {3, 17, 42}
    with_graph.close()


def test_damaged_graph_is_found_before_it_is_used(corpus: Path, tmp_path: Path) -> None:
    path = build(corpus, tmp_path / "x").generation.folder / "graph.faiss"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(IndexCorrupt, match=r"graph\.faiss"):
        open_index(tmp_path / "x")


def test_graph_of_unchanged_vectors_is_taken_over(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(corpus, tmp_path / "x").generation
    built: list[int] = []
    whole = VectorGraph.build.__func__  # type: ignore[attr-defined]

    def counted(cls: type[VectorGraph], vectors: VectorIndex, options: GraphOptions) -> VectorGraph:
        built.append(vectors.size)
        graph: VectorGraph = whole(cls, vectors, options)
        return graph

    monkeypatch.setattr(VectorGraph, "build", classmethod(counted))
    second = build(corpus, tmp_path / "x").generation
    assert built == []
    assert second.manifest.files["graph.faiss"] == first.manifest.files["graph.faiss"]
    assert second.manifest.model["search"] == first.manifest.model["search"]
    # Other settings, and other vectors, give another graph.
    build(corpus, tmp_path / "x", links=8)
    (corpus / "60.txt").write_text("Boat 60 carries nothing at all.")
    build(corpus, tmp_path / "x", links=8)
    assert built == [60, 61]


def test_large_files_are_mapped_and_answer_alike(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(corpus, tmp_path / "x")
    read = open_index(tmp_path / "x")
    monkeypatch.setattr(verified_files, "MAPPED_FROM", 0)
    mapped = open_index(tmp_path / "x")
    assert isinstance(mapped.sentence_vectors, RowFile)
    assert isinstance(read.sentence_vectors, np.ndarray)
    np.testing.assert_array_equal(mapped.sentence_vectors, read.sentence_vectors)
    query = read.embedder.encode(["Which boat carries cargo 14?"])[0]
    assert list(mapped.nearest(query, 5)) == list(read.nearest(query, 5))
    pool = np.arange(60)
    np.testing.assert_array_equal(
        mapped.vectors.cosines(query, pool), read.vectors.cosines(query, pool)
    )
    read.close()
    mapped.close()


def test_damaged_file_is_found_before_it_is_mapped(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(corpus, tmp_path / "x").generation.folder
    monkeypatch.setattr(verified_files, "MAPPED_FROM", 0)
    for name in ("passages.faiss", "graph.faiss", "sentences.npy", "record.sqlite"):
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-4] + bytes(4))
        with pytest.raises(IndexCorrupt, match=name):
            open_index(tmp_path / "x")
        path.write_bytes(whole)
