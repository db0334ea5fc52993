"""Vectors made elsewhere are those of a build, which then makes none; told without a cluster.

``tests/faults/test_ray_nodes.py`` does the same over real nodes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index import encoders
from index.build import BuildOptions
from index.bulk_embedding import EmbedReport, embed
from index.errors import CorpusError, RecordError
from index.models import ModelFiles
from index.node_encoder import EncoderFiles, NodeError, Recipe
from index.ray_cluster import ClusterOptions, Made
from index.vector_shards import ShardPlan, write_shard
from index.vector_sources import DTYPES
from tests.unit.index.small_builds import (
    HARBOUR,
    Recorder,
    Recorder2,
    add,
    assert_as_built_from_nothing,
    build,
)

MODEL = ModelFiles("all-MiniLM-L6-v2", Path("x"), Path("x/model"), "a" * 64)


pytestmark = pytest.mark.usefixtures("models_hashed_once")


class Here:
    """Does the work of a cluster in this process; dies after ``most`` shards."""

    joined = 0

    def __init__(self, most: int = 1000) -> None:
        self.most = most

    @contextmanager
    def __call__(self, options: ClusterOptions, space: bytes, folder: Path) -> Iterator["Here"]:
        self.joined += 1
        yield self

    def embed(
        self, plans: Iterator[ShardPlan], recipe: Recipe, files: EncoderFiles | None
    ) -> Iterator[Made]:
        embedder = recipe.open(lambda: files, "here")  # type: ignore[arg-type, return-value]
        for number, plan in enumerate(plans):
            if number == self.most:
                raise RecordError("the cluster is gone")
            rows = embedder.encode(plan.texts).astype(DTYPES[plan.kind])
            yield Made(plan, rows, f"node {number % 2}")


def run(
    corpus: Path, output: Path, monkeypatch: pytest.MonkeyPatch, here: Here | None = None
) -> EmbedReport:
    monkeypatch.setattr("index.ray_cluster.cluster", here or Here())
    return embed([corpus], output, shard_size=2, embedder_factory=Recorder)


def test_a_build_after_it_embeds_nothing_and_is_a_build_from_nothing(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(corpus, tmp_path / "x", monkeypatch)
    # Two passages in one shard, five sentences in three.
    assert (made.embedded, made.shards, made.taken) == (7, 4, 7)
    assert sum(made.nodes.values()) == 7 and set(made.nodes) == {"node 0", "node 1"}
    report, seen = build(corpus, tmp_path / "x")
    assert seen == [] and (report.embedded, report.reused) == (0, 7)
    assert_as_built_from_nothing(report, corpus, tmp_path)
    assert list((tmp_path / "x" / "embeddings").iterdir()) == []


def test_nothing_is_published_by_it(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(corpus, tmp_path / "x")
    now = (tmp_path / "x" / "CURRENT").read_text()
    add(corpus)
    assert run(corpus, tmp_path / "x", monkeypatch).embedded == 2
    assert (tmp_path / "x" / "CURRENT").read_text() == now
    assert [p.name for p in (tmp_path / "x").glob("building-*")] == []


def test_what_is_there_is_not_made_again_and_no_cluster_is_joined(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(corpus, tmp_path / "x", monkeypatch)
    here = Here()
    again = run(corpus, tmp_path / "x", monkeypatch, here)
    assert (again.embedded, again.shards, here.joined) == (0, 0, 0)
    build(corpus, tmp_path / "x")
    assert run(corpus, tmp_path / "x", monkeypatch, here).embedded == 0
    assert here.joined == 0


@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_run_that_failed_goes_on_where_it_was(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    with pytest.raises(RecordError, match="the cluster is gone"):
        run(corpus, tmp_path / "x", monkeypatch, Here(most))
    shards = list((tmp_path / "x" / "embeddings").glob("shards/*.vectors"))
    assert len(shards) == most
    # The first two shards to fill up hold sentences and passages, two texts each.
    again = run(corpus, tmp_path / "x", monkeypatch)
    assert again.embedded == 7 - 2 * most
    assert again.taken == 7
    report, seen = build(corpus, tmp_path / "x")
    assert seen == []
    assert_as_built_from_nothing(report, corpus, tmp_path)


def test_a_build_takes_over_what_a_failed_run_left(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RecordError, match="the cluster is gone"):
        run(corpus, tmp_path / "x", monkeypatch, Here(2))
    report, seen = build(corpus, tmp_path / "x")
    assert len(seen) == 3
    assert_as_built_from_nothing(report, corpus, tmp_path)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(bytes(data))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink])
def test_a_damaged_or_lost_shard_costs_its_own_texts_and_no_more(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: object
) -> None:
    with pytest.raises(RecordError, match="the cluster is gone"):
        run(corpus, tmp_path / "x", monkeypatch, Here(3))
    path = min((tmp_path / "x" / "embeddings" / "shards").iterdir())
    damage(path)  # type: ignore[operator]
    assert run(corpus, tmp_path / "x", monkeypatch).embedded == 7 - 4
    report, seen = build(corpus, tmp_path / "x")
    assert seen == []
    assert_as_built_from_nothing(report, corpus, tmp_path)


def test_a_shard_damaged_before_it_is_taken_over_is_told_and_made_by_the_next_run(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_cut(*given: object) -> Path:
        path = write_shard(*given)  # type: ignore[arg-type]
        cut(path)
        return path

    with monkeypatch.context() as patch:
        patch.setattr("index.bulk_embedding.write_shard", write_and_cut)
        with pytest.raises(RecordError, match="7 of 7 texts have no vector"):
            run(corpus, tmp_path / "x", patch)
    assert run(corpus, tmp_path / "x", monkeypatch).embedded == 7


def test_vectors_of_another_encoder_are_not_taken(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(corpus, tmp_path / "x", monkeypatch)
    _, seen = build(corpus, tmp_path / "x", embedder=Recorder2)
    assert len(seen) == 7


def test_full_embeds_all_in_spite_of_them(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(corpus, tmp_path / "x", monkeypatch)
    _, seen = build(corpus, tmp_path / "x", BuildOptions(reuse=False))
    assert len(seen) == 7


def test_no_document_is_an_error_and_so_is_a_bad_one_when_strict(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    with pytest.raises(CorpusError, match="holds no document"):
        embed([tmp_path / "corpus"], tmp_path / "x")
    (tmp_path / "corpus" / "good.md").write_text(HARBOUR)
    (tmp_path / "corpus" / "bad.jsonl").write_text("{")
    with pytest.raises(CorpusError, match=r"bad\.jsonl"):
        embed([tmp_path / "corpus"], tmp_path / "x", BuildOptions(strict=True))


def test_a_build_holds_the_lock_against_it(corpus: Path, tmp_path: Path) -> None:
    from index.generations import building

    with building(tmp_path / "x"), pytest.raises(RecordError, match="locked by another build"):
        embed([corpus], tmp_path / "x", embedder_factory=Recorder)


def facts(**changed: object) -> dict[str, object]:
    values = {
        "method": "onnxruntime",
        "weights": "float32",
        "libraries": encoders.versions(),
        "device": "cpu",
    }
    return {**values, **changed}


def refused() -> EncoderFiles:
    raise AssertionError("nothing is to be fetched")


def test_a_node_with_another_library_is_told_which_and_what_to_install() -> None:
    libraries = {**encoders.versions(), "onnxruntime": "0.1"}
    recipe = Recipe(facts(libraries=libraries), MODEL, "b" * 64)
    with pytest.raises(NodeError) as told:
        recipe.open(refused, "10.0.0.7")
    assert "node 10.0.0.7: onnxruntime 1" in str(told.value)
    assert "`pip install onnxruntime==0.1`" in str(told.value)


def test_a_node_needs_no_library_that_only_makes_the_export() -> None:
    libraries = {**encoders.versions(), "torch": "0.1"}
    files = EncoderFiles(b"model", b"tokenizer", 8)
    recipe = Recipe(facts(libraries=libraries), MODEL, "b" * 64)
    with pytest.raises(NodeError, match="arrived with SHA-256"):
        recipe.open(lambda: files, "n")


def test_a_node_without_the_model_is_told_how_to_get_it() -> None:
    gone = ModelFiles("no-such-model", Path("x"), Path("x/model"), "a" * 64)
    with pytest.raises(NodeError, match="node n: model 'no-such-model' is neither"):
        Recipe(facts(method="sentence-transformers"), gone).open(refused, "n")


def test_a_node_with_another_model_of_that_name_is_refused() -> None:
    with pytest.raises(NodeError, match="copy the model's folder to the node"):
        Recipe(facts(method="sentence-transformers"), MODEL).open(refused, "n")


def test_a_node_without_the_gpu_of_the_build_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "has_gpu", lambda: False)
    recipe = Recipe(facts(method="sentence-transformers", device="cuda"), MODEL)
    assert recipe.on_gpu
    with pytest.raises(NodeError, match="on a GPU where the index is built"):
        recipe.open(refused, "n")


def test_without_ray_the_remedy_is_told(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ray_cluster.importlib.util.find_spec", lambda _: None)
    with pytest.raises(RecordError, match=r"Ray, which is not installed: `pip install -r"):
        embed([corpus], tmp_path / "x", embedder_factory=Recorder)
    assert list((tmp_path / "x").glob("building-*")) == []
