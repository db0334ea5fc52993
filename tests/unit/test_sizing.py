"""The arithmetic of sizes: against numbers worked out by hand, and against an index."""

from pathlib import Path

import pytest

from benchmarks import sizing
from benchmarks.sizing import Record, amount, per_replica, replicas
from index import verified_files
from index.build import build_index
from tests.fake_models import DIM, WordEmbedder

ROOT = Path(__file__).parents[2]


def test_a_million_passages() -> None:
    million = Record(1_000_000)
    assert million.vectors == 1_536_000_000  # 384 * 4
    assert million.sentence_vectors == 3_072_000_000  # 4 * 384 * 2
    assert million.lexical == 480_000_000  # 60 * 8
    assert million.text == 1_450_000_000  # 2 * 600 + 250
    # Vectors of both kinds, BM25, and a graph of 272 bytes a passage.
    assert million.shared_memory == pytest.approx(5_360_129_032, abs=1)
    assert Record(10_000).shared_memory == 0
    # 384 * 4 + 600 + 200 and, in base64, 4 * 384 * 2 + 60 * 8 = 3552: 2336 + 4736 = 7072.
    assert million.engine_row == pytest.approx(7072)
    assert million.engine_memory == pytest.approx(8_486_400_000)


def test_a_graph_is_there_from_where_a_build_makes_one() -> None:
    from index.vector_graph import GraphOptions

    assert (GraphOptions().above, GraphOptions().links) == (sizing.EXACT_UP_TO, sizing.LINKS)
    assert sizing.MAPPED_FROM == verified_files.MAPPED_FROM
    assert Record(50_000).graph == 0
    # 64 links of 4 bytes, 32 of 4 for one in 31, and 12: 256 + 4.129 + 12.
    assert Record(100_000).graph == pytest.approx(27_212_903, abs=1)


def test_the_exact_formulas_are_the_files_of_an_index(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    for number in range(60):
        (tmp_path / "corpus" / f"{number}.txt").write_text(
            f"Pier {number} was built of oak. Its keeper had {number + 100} boats. It burned down."
        )
    report = build_index([tmp_path / "corpus"], tmp_path / "x", embedder_factory=WordEmbedder)
    files = {name: f["bytes"] for name, f in report.generation.manifest.files.items()}
    # 3 sentences; pier, N, built, oak, keeper, M, boat, burn, down and what is not left out of
    # was, of, its, had, it: taken from the index, so that the formula is what is tested.
    postings = (files["lexical/rows.npy"] - 128) / 4 / 60
    record = Record(60, dim=DIM, sentences=3, postings=postings)
    assert 0 < files["passages.faiss"] - record.vectors < 100
    assert files["sentences.npy"] - record.sentence_vectors == 128
    assert files["lexical/scores.npy"] + files["lexical/rows.npy"] - record.lexical == 2 * 128


def test_the_links_of_a_graph_are_as_many_as_the_formula_says() -> None:
    import numpy as np

    from index.vector_graph import GraphOptions, VectorGraph
    from index.vector_index import VectorIndex

    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3_000, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    made = len(VectorGraph.build(VectorIndex.build(rows), GraphOptions()).to_bytes())
    # As for as many as need a graph; a hundredth for the chance by which nodes rise.
    assert made == pytest.approx(Record(300_000).graph / 100, rel=0.01)


def test_replicas_for_a_rate_and_one_more() -> None:
    # A worker at 100 ms answers 10 a second, 7 of them without a long wait.
    assert per_replica(100, 1) == pytest.approx(7)
    assert per_replica(100, 2) == pytest.approx(14)
    assert replicas(10, 100, 1) == 3
    assert replicas(7.1, 100, 1) == 3
    assert replicas(1, 100, 1) == 2


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (999_999, "< 1 MB"), (1e6, "1.0 MB"), (15_360_000, "15 MB"), (2.5e12, "2.5 TB")],
)
def test_amounts(count: float, shown: str) -> None:
    assert amount(count) == shown


def test_the_page_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert sizing.main([]) == 0
    page = (ROOT / "docs" / "sizing.md").read_text("utf-8")
    shown = page.partition("<!-- sizing: begin -->")[2].partition("<!-- sizing: end -->")[0]
    assert shown.strip() == capsys.readouterr().out.strip()


def test_a_number_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        sizing.main(["--passages", "-3"])
    assert "'-3' is not a number above 0" in capsys.readouterr().err
