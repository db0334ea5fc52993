"""Embedding over two nodes of a Ray cluster, one of them killed half-way: nothing lost or twice."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from index import generations
from index.build import BuildReport, build_index
from index.bulk_embedding import EmbedReport, embed
from index.errors import RecordError
from index.generations import Generation
from index.progress import Advance, Silent
from index.ray_cluster import ClusterOptions
from index.vector_journal import VectorJournal
from tests.conftest import RecordFigure
from tests.fake_models import WordEmbedder
from tests.unit.index.test_vector_shards import keys_in

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements/ray.txt")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCUMENTS = 24
SHARD = 4
LOG = "ASK_TEST_ENCODER_LOG"


class SlowEmbedder(WordEmbedder):
    """Takes its time, and writes down which texts it begins with."""

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See ``WordEmbedder``."""
        if LOG in os.environ:
            with Path(os.environ[LOG]).open("a") as file:
                file.write(hashlib.sha256("\n".join(texts).encode()).hexdigest() + "\n")
            time.sleep(0.25)
        return super().encode(texts, progress)


class NoModel(WordEmbedder):
    """Stands for a node that cannot make the vectors."""

    def __init__(self, model: object = None) -> None:
        raise RecordError("node 127.0.0.1: model x is not installed: run `pip install x`")


class HalfWay(Silent):
    """Calls ``act`` once half of the texts are embedded."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    @contextlib.contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Advance]:
        """See ``Progress``."""
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            if name == "embed" and total and done >= total / 2 and self.act:
                act, self.act = self.act, None
                act()

        yield advance


class Nodes:
    """A head without processors and two nodes of one processor each, on the loopback."""

    def __init__(self, log: Path) -> None:
        from ray.cluster_utils import Cluster

        self.log = log
        """What the encoders of all nodes began with."""
        # A node that says nothing is dead after two seconds; the default is half a minute.
        health = {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 500,
            "health_check_failure_threshold": 4,
        }
        self._cluster: Any = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "_system_config": health, "include_dashboard": False}
            | PLACE,
        )
        self._nodes: list[Any] = []
        self.address: str = self._cluster.address

    def be_two(self) -> None:
        """Start what is missing of two nodes."""
        self.log.unlink(missing_ok=True)
        while len(self._nodes) < 2:
            self._nodes.append(self._cluster.add_node(num_cpus=1, **PLACE))

    def kill_one(self) -> None:
        """SIGKILL to a node and to its workers, as when a machine loses its power."""
        [raylet] = self._nodes.pop(0).all_processes["raylet"]
        pid = raylet.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert workers
        for one in (pid, *map(int, workers)):
            os.kill(one, signal.SIGKILL)

    def close(self) -> None:
        """End every process of the cluster."""
        self._cluster.shutdown()


PLACE = {"node_ip_address": "127.0.0.1", "object_store_memory": 100 * 1024 * 1024}


@pytest.fixture(scope="module", autouse=True)
def on_the_loopback() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        # What the variable does when Ray is imported, and for the processes that it starts.
        patch.setattr("ray._private.ray_constants.ENABLE_RAY_CLUSTER", False)
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("ORT_DISABLE_TELEMETRY", "1")
        patch.setenv("PYTHONPATH", str(ROOT))
        yield patch


@pytest.fixture(scope="module")
def cluster(
    on_the_loopback: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nodes]:
    if not Path("/proc/self/task").is_dir():
        pytest.skip("the processes of a node are found in /proc, which is not here")
    log = tmp_path_factory.mktemp("nodes") / "log"
    on_the_loopback.setenv(LOG, str(log))
    found = Nodes(log)
    found.be_two()
    on_the_loopback.delenv(LOG)
    yield found
    found.close()


@pytest.fixture
def nodes(cluster: Nodes, on_the_loopback: pytest.MonkeyPatch) -> Nodes:
    on_the_loopback.setenv(LOG, str(cluster.log))
    cluster.be_two()
    on_the_loopback.delenv(LOG)
    return cluster


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(DOCUMENTS):
        _, first, second = texts_of(number)
        (folder / f"{number}.md").write_text(f"# Report {number}\n\n{first} {second}")
    return folder


def texts_of(number: int) -> tuple[str, str, str]:
    """What is embedded of a document: its one passage and its two sentences."""
    first = f"The pier {number} was built of oak in {1800 + number}."
    second = f"Its keeper had {number} boats."
    return f"Report {number}\n{first} {second}", first, second


def built(corpus: Path, output: Path) -> BuildReport:
    return build_index([corpus], output, embedder_factory=SlowEmbedder)


def vectors_of(report: BuildReport) -> dict[str, str]:
    return vectors_in(report.generation)


def vectors_in(generation: Generation) -> dict[str, str]:
    """The SHA-256 of the files of vectors."""
    files = generation.manifest.files
    return {name: files[name]["sha256"] for name in ("passages.faiss", "sentences.npy")}


def over(nodes: Nodes, corpus: Path, output: Path, **options: Any) -> EmbedReport:
    progress = options.pop("progress", None)
    given = ClusterOptions(nodes.address, **options)
    return embed([corpus], output, cluster=given, shard_size=SHARD, progress=progress,
                 embedder_factory=SlowEmbedder)  # fmt: skip


def test_this_machine_alone_needs_no_cluster(corpus: Path, tmp_path: Path, full: bool) -> None:
    if not full:
        pytest.skip("starts another cluster: with --full")
    output = tmp_path / "x"
    given = ClusterOptions("local")
    made = embed([corpus], output, cluster=given, embedder_factory=SlowEmbedder)
    assert (made.embedded, made.shards, len(made.nodes)) == (3 * DOCUMENTS, 2, 1)
    assert all(name.startswith("127.0.0.1/") for name in made.nodes)
    assert built(corpus, output).embedded == 0


def test_a_node_killed_half_way_loses_nothing_and_gives_nothing_twice(
    nodes: Nodes, corpus: Path, tmp_path: Path, figure: RecordFigure
) -> None:
    killer = HalfWay(nodes.kill_one)
    made = over(nodes, corpus, tmp_path / "x", progress=killer)
    assert killer.act is None
    # A passage and two sentences of each document.
    texts = 3 * DOCUMENTS
    begun = nodes.log.read_text().split()
    keys = keys_of(tmp_path / "x")
    report = built(corpus, tmp_path / "x")
    plain = built(corpus, tmp_path / "plain")
    same = vectors_of(report) == vectors_of(plain)
    lost, twice = report.embedded, len(keys) - len(set(keys))
    again = len(begun) - made.shards
    figure(
        1,
        "Embedding over two Ray nodes, one killed half-way: vectors lost; there twice; files of "
        "vectors that differ from those of a plain build",
        f"{lost}; {twice}; {0 if same else 'some'}, of {texts} vectors in {made.shards} shards, "
        f"{again} of which began again",
    )
    assert (made.embedded, made.taken, len(keys)) == (texts, texts, texts)
    assert len(made.nodes) == 2, "only one node worked: the kill proves nothing"
    assert again > 0, "the node had nothing in hand when it was killed: the kill proves nothing"
    assert (lost, twice, same) == (0, 0, True)


def keys_of(output: Path) -> list[bytes]:
    """Every key in the journal, as often as it stands there."""
    path = output / "embeddings" / "journal"
    return keys_in(VectorJournal(path, path.read_bytes()[8:40]))


def test_without_retries_a_death_is_told_and_what_the_nodes_wrote_is_kept(
    nodes: Nodes, corpus: Path, tmp_path: Path
) -> None:
    """The planted fault of the test above; and the other way in which vectors come back."""
    killer = HalfWay(nodes.kill_one)
    with pytest.raises(RecordError, match="given up after 0 retries") as told:
        over(nodes, corpus, tmp_path / "x", progress=killer, retries=0, shared_folder=True)
    assert "what was made is kept" in str(told.value)
    again = over(nodes, corpus, tmp_path / "x", retries=0, shared_folder=True)
    assert 0 < again.embedded <= 3 * DOCUMENTS / 2
    assert again.taken == 3 * DOCUMENTS
    keys = keys_of(tmp_path / "x")
    assert len(keys) == len(set(keys)) == 3 * DOCUMENTS
    assert built(corpus, tmp_path / "x").embedded == 0


def test_a_node_without_the_model_is_told_with_the_remedy(
    nodes: Nodes, corpus: Path, tmp_path: Path
) -> None:
    given = ClusterOptions(nodes.address)
    with pytest.raises(RecordError) as told:
        embed([corpus], tmp_path / "x", cluster=given, embedder_factory=NoModel)
    assert str(told.value).startswith("node 127.0.0.1: model x is not installed: run `pip install")


def test_the_real_model_over_nodes_gives_the_bits_of_a_plain_build(
    nodes: Nodes, corpus: Path, tmp_path: Path, record_index: Path, full: bool
) -> None:
    over_nodes, plain = tmp_path / "nodes", tmp_path / "plain"
    for output in (over_nodes, plain):
        # In full length the encoder is exported by each command, else taken over from a build.
        if not full:
            shutil.copytree(record_index, output)
    texts = len({text for n in range(DOCUMENTS) for text in texts_of(n)})
    where = ("--ray", nodes.address, "--shard-size", "16")
    made = run("embed", corpus, over_nodes, *where)
    assert re.match(rf"{texts} texts embedded in \d+ shards on 2 nodes, {texts} vectors", made)
    assert f" {DOCUMENTS} passages, 0 texts embedded, {texts} " in run("build", corpus, over_nodes)
    assert f", {texts} texts embedded, 0 " in run("build", corpus, plain)
    first, second = generations.current(over_nodes), generations.current(plain)
    assert first.manifest.model["vectors"]["method"] == "onnxruntime"
    assert vectors_in(first) == vectors_in(second)


def run(command: str, corpus: Path, output: Path, *options: str) -> str:
    """What a command of the index printed."""
    done = subprocess.run(
        [sys.executable, "-m", "index", command, str(corpus), "--output", str(output), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nobody_at_the_address_is_told_with_the_address_and_the_remedy(
    corpus: Path, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = f"127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(RecordError) as told:
            embed([corpus], tmp_path / "x", cluster=ClusterOptions(free),
                  embedder_factory=SlowEmbedder)  # fmt: skip
    assert f"no Ray cluster answers at {free}" in str(told.value)
    assert "`ray start --head --port=" in str(told.value)


@pytest.mark.parametrize("address", ["somewhere", "host:x", "ray://10.0.0.1:10001", ":6379"])
def test_an_address_that_is_none_is_told(corpus: Path, tmp_path: Path, address: str) -> None:
    with pytest.raises(RecordError, match="neither auto, local nor HOST:PORT"):
        embed([corpus], tmp_path / "x", cluster=ClusterOptions(address),
              embedder_factory=SlowEmbedder)  # fmt: skip


def test_a_machine_outside_any_cluster_is_told(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionError("Could not find any running Ray instance.\nAnd more.")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(RecordError) as told:
        embed([corpus], tmp_path / "x", embedder_factory=SlowEmbedder)
    assert "'auto' cannot be joined (Could not find any running Ray instance.): " in str(told.value)
    assert "`ray start --head` on the first machine" in str(told.value)
