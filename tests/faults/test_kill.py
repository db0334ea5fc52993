"""kill -9 at any moment of building, publishing and cleaning up, with a reader beside it."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index import generations
from index.errors import IndexNotFound
from index.search_index import open_index
from tests.conftest import RecordFigure
from tests.fake_models import WordEmbedder

ROOT = Path(__file__).parents[2]
KILLS = 25
BUILDER = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from index.build import build_index
from tests.fake_models import WordEmbedder
corpus, output = Path(sys.argv[1]), Path(sys.argv[2])
{fault}
for number in range(int(sys.argv[3]), 10**6):
    (corpus / "a.txt").write_text(f"Edition {{number}} of the text. It says number {{number}}.")
    made = build_index([corpus], output, embedder_factory=WordEmbedder)
    print(number, made.generation.manifest.generation, flush=True)
"""
NOT_ATOMIC = """
import dataclasses
from index import generations
def in_place(root, folder, manifest, keep=3):
    import os, shutil, time
    target = root / "generations" / "only"
    (root / "CURRENT").write_text("only")
    target.mkdir(parents=True, exist_ok=True)
    only = dataclasses.replace(manifest, generation="only")
    (folder / "manifest.json").write_bytes(only.to_json())
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        place = target / path.relative_to(folder)
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, place)
        time.sleep(0.01)
    return generations.open_generation(root, "only")
generations.publish = in_place
"""


@pytest.fixture(autouse=True)
def words_for_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())


def kill_again_and_again(tmp_path: Path, kills: int, fault: str = "") -> list[str]:
    """Return what went wrong: unreadable or mixed indexes, acknowledged generations lost."""
    corpus, output = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    script = BUILDER.format(root=str(ROOT), fault=fault)
    rng, wrong, number = random.Random(0), list[str](), 0
    acknowledged = -1
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(corpus), str(output), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        begun = time.monotonic()
        line = process.stdout.readline()
        # Any moment of a whole round of building, publishing and cleaning up, at its own speed.
        round_s = time.monotonic() - begun
        acknowledged = max(acknowledged, int(line.split()[0]))
        time.sleep(rng.uniform(0, round_s))
        os.kill(process.pid, signal.SIGKILL)
        for line in process.stdout.read().splitlines():
            if len(line.split()) == 2:
                acknowledged = max(acknowledged, int(line.split()[0]))
        process.wait()
        number = acknowledged + 1
        wrong += check(output, acknowledged)
    return wrong


def check(output: Path, acknowledged: int) -> list[str]:
    """Open the current generation as a service does and compare its parts."""
    try:
        name = generations.current_name(output)
        problems = generations.verify(generations.open_generation(output, name))
        if problems:
            return problems
        opened = open_index(output)
    except IndexNotFound:
        return [] if acknowledged < 0 else ["an acknowledged generation is gone"]
    except Exception as error:
        return [str(error)]
    (document,) = opened.store.documents()
    shown = int(document.text.split()[1])
    terms_agree = opened.lexical.document_frequency(str(shown)) == 1
    opened.close()
    if not terms_agree:
        return [f"text says {shown}, the words of the index do not"]
    return [] if shown >= acknowledged else [f"{acknowledged} was acknowledged, {shown} is served"]


@pytest.mark.slow
def test_no_kill_leaves_a_mixed_index_or_loses_an_acknowledged_one(
    tmp_path: Path, full: bool, figure: RecordFigure
) -> None:
    kills = 1000 if full else KILLS
    wrong = kill_again_and_again(tmp_path, kills)
    figure(
        1,
        "`kill -9` at any moment of building, publishing and cleaning up: the index mixed, "
        "unreadable, or an acknowledged generation lost",
        f"{len(wrong)} of {kills:,}",
    )
    assert wrong == []


@pytest.mark.slow
def test_the_harness_catches_a_publish_that_writes_in_place(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path, 12, NOT_ATOMIC) != []
