"""Each recipe of docs/operations.md: the fault is made, its commands run, and all is well."""

import dataclasses
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from index import generations
from index.location import Store
from index.stores.url import parse
from tests.product.conftest import ROOT, published_again, serving, wait_until
from tests.stores import records

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
QUESTION = "Who is the Chairwoman of the VFDA?"


def recipe(section: str, number: int = 0) -> str:
    """The ``number``-th block of commands of a section."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", SECTIONS[section], re.S)
    return blocks[number]


@pytest.fixture
def index(record_index: Path, tmp_path: Path) -> Path:
    """A copy of the record's index that may be broken."""
    copy = tmp_path / "data" / "index"
    shutil.copytree(record_index, copy)
    return copy


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """One short document, so that building again is quick."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.md").write_text("# The pier\n\nThe pier was rebuilt by Nora Lund in 1931.\n")
    return folder


def store_of(index: Path) -> str:
    """An engine beside an index."""
    return f"milvus+lite://{index.parent}/engine.db/record"


def run(
    commands: str, index: Path, corpus: Path, limit: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run commands as an operator would, in a shell that stops at the first failure."""
    environment = os.environ | {
        "INDEX": str(index),
        "CORPUS": str(corpus),
        "BACKUP": str(index.parent.parent / "backup"),
        "STORE": store_of(index),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{limit}\n{commands}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def served(address: str) -> str | None:
    response = httpx.post(f"{address}/ask", json={"question": QUESTION}, timeout=30)
    return response.json()["index"]["generation"] if response.status_code == 200 else None


def test_every_recipe_is_tested() -> None:
    tested = set(re.findall(r"recipe\(\"([^\"]+)\"", Path(__file__).read_text("utf-8")))
    assert tested == {name for name, text in SECTIONS.items() if "```sh" in text}


def test_index_that_is_gone_is_built_again(index: Path, corpus: Path) -> None:
    shutil.rmtree(index)
    with serving(index, until="no-index") as address:
        done = run(recipe("The index is gone"), index, corpus)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: served(address), "the new index was never served")


def test_engine_that_lost_its_data_is_given_the_record_again(tmp_path: Path, corpus: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus_lite is not installed")
    generation = records.build(tmp_path / "built", documents=3)
    index = generation.folder.parent.parent
    done = run(recipe("The engine that keeps the record is away"), index, corpus)
    assert done.returncode == 0, done.stderr
    store = Store(parse(store_of(index)))
    assert store.current() == generation.manifest.generation
    store.close()


def test_damaged_generation_is_named_and_built_again(index: Path, corpus: Path) -> None:
    damaged = generations.current(index).folder / "passages.faiss"
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    with serving(index, until="no-index") as address:
        done = run(recipe("A generation is damaged"), index, corpus)
        assert done.returncode == 0, done.stderr
        assert "passages.faiss" in done.stdout + done.stderr
        wait_until(lambda: served(address), "the new index was never served")


def test_generation_that_is_wrong_is_left_for_the_one_before(index: Path, corpus: Path) -> None:
    before = generations.current_name(index)
    wrong = published_again(index, f"{before}-wrong")
    with serving(index) as address:
        assert served(address) == wrong
        done = run(recipe("A generation is damaged", 1), index, corpus)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: served(address) == before, "the service did not go back")


def test_full_disk_publishes_nothing_and_leaves_the_service_alone(
    index: Path, corpus: Path
) -> None:
    before = generations.current_name(index)
    with serving(index) as address:
        # No file may grow beyond 1 MiB, which the shell's limit counts in blocks of 1,024 bytes.
        failed = run(recipe("The disk is full"), index, corpus, limit="ulimit -f 1024")
        assert failed.returncode != 0
        assert generations.current_name(index) == before
        assert served(address) == before
        done = run(recipe("The disk is full"), index, corpus)
        assert done.returncode == 0, done.stderr
        assert not list(index.glob("building-*"))
        wait_until(lambda: served(address) != before, "the new index was never served")


def test_index_of_another_model_is_built_again(index: Path, corpus: Path) -> None:
    now = generations.current(index)
    settings = dict(now.manifest.settings) | {"reader_sha256": "0" * 64}
    other = dataclasses.replace(now.manifest, settings=settings)
    (now.folder / generations.MANIFEST).write_bytes(other.to_json())
    with serving(index, until="no-index") as address:
        done = run(recipe("The index was built with another model"), index, corpus)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: served(address), "the new index was never served")


def test_backup_is_whole_and_restored_while_serving(index: Path, corpus: Path) -> None:
    before = generations.current_name(index)
    backup = index.parent.parent / "backup"
    with serving(index) as address:
        vote = {"answer_id": "01M7YAK4Z5MB91P2H8NGSDWS25", "value": "up"}
        assert httpx.post(f"{address}/feedback", json=vote).status_code == 201
        done = run(recipe("Back up while serving"), index, corpus)
        assert done.returncode == 0, done.stderr
        with sqlite3.connect(f"{backup}.feedback.sqlite3") as db:
            assert db.execute("SELECT value FROM feedback").fetchall() == [("up",)]
        lost = published_again(index, f"{before}-lost")
        wait_until(lambda: served(address) == lost, "the later generation was never served")
        shutil.rmtree(index / "generations" / before)
        done = run(recipe("Restore while serving"), index, corpus)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: served(address) == before, "the copy was never served")
