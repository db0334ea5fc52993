"""A disk that fills up while an index is built or feedback is stored; run as a child process.

    python -m tests.faults.full_disk FOLDER mount|limit SIZES [--planted]
    unshare -rm python -m tests.faults.full_disk FOLDER mount 50

``mount`` puts a small tmpfs of another size over FOLDER each time and needs the right to mount.
``limit`` sets the longest file that this process may write (RLIMIT_FSIZE), which needs none. Prints
one JSON object: how many builds were tried and refused, and what was wrong.
"""

import argparse
import json
import logging
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index import generations
from index.build import build_index
from index.errors import RecordError
from index.record_store import RecordWriter
from index.search_index import open_index
from service.app import create_app
from service.settings import Settings
from tests.fake_models import WordEmbedder
from tests.fakes import FakeAnswerer

Room = Callable[[int], None]
"""Leaves room for about so many bytes."""
FEEDBACK = {"answer_id": "01M7YAK4Z5MB91P2H8NGSDWS25", "value": "up", "note": "x" * 1_000}


def corpus(folder: Path) -> Path:
    """Documents that make an index of a few hundred kilobytes."""
    folder.mkdir()
    for number in range(80):
        words = " ".join(f"word{number}x{n}" for n in range(60))
        (folder / f"{number:02}.txt").write_text(f"Page {number} says {words}.")
    return folder


def build(source: Path, root: Path) -> str:
    """Build and return the generation's name."""
    made = build_index([source], root, embedder_factory=WordEmbedder)
    return made.generation.manifest.generation


def fill_while_building(source: Path, root: Path, leave: Room, spaces: list[int]) -> list[str]:
    """Build with each of ``spaces`` left; return for each ``published``, ``refused`` or a fault."""
    outcomes = []
    for space in spaces:
        before = generations.current_name(root)
        served = open_index(root)
        leave(space)
        try:
            build(source, root)
            outcome = "published"
        except RecordError as error:
            named = "disk" in str(error) and str(root) in str(error)
            outcome = "refused" if named else f"the disk is not named: {error}"
        except Exception as error:
            outcome = f"no error of ours: {type(error).__name__}: {error}"
        leave(1 << 30)
        if outcome == "refused" and generations.current_name(root) != before:
            outcome = "refused and published all the same"
        if len(served.store.documents()) != 80:
            outcome = "the index in use is gone"
        served.close()
        outcomes.append(_state(root) or outcome)
        if outcomes[-1] not in ("refused", "published"):
            # What follows would start from a damaged index.
            break
    return outcomes


def _state(root: Path) -> str | None:
    """What is wrong with the index on the disk, opened as a service opens it."""
    left = [path.name for path in root.iterdir() if path.name.startswith(("building", ".CURRENT"))]
    if left:
        return f"{left} was left behind"
    try:
        name = generations.current_name(root)
        opened = open_index(root, name)
    except Exception as error:
        return f"the current index cannot be opened: {type(error).__name__}: {error}"
    whole = opened.vectors.size == opened.manifest.counts["passages"] == 80
    opened.close()
    unpublished = [other for other in generations.names(root) if other > name]
    if unpublished:
        return f"{unpublished} lies there unpublished"
    return None if whole else "the current index is not whole"


def fill_while_storing(folder: Path, leave: Room, spaces: list[int]) -> list[str]:
    """Send feedback with each of ``spaces`` left, and ask; return what was seen."""
    outcomes = []
    for number, space in enumerate(spaces):
        path = folder / f"feedback-{number}.sqlite3"
        settings = Settings(index_dir=folder / "index", feedback_db=path)
        with TestClient(create_app(settings, FakeAnswerer())) as client:
            leave(space)
            stored = [client.post("/feedback", json=FEEDBACK).status_code for _ in range(40)]
            asked = client.get("/ask?q=keeper+of+the+lighthouse")
            leave(1 << 30)
            again = client.post("/feedback", json=FEEDBACK).status_code
        if set(stored) - {201, 503}:
            outcomes.append(f"feedback gave {set(stored)}")
        elif (asked.status_code, asked.json()["status"]) != (200, "answered"):
            outcomes.append(f"a question gave {asked.status_code}")
        elif again != 201:
            outcomes.append(f"with room again, feedback gave {again}")
        else:
            outcomes.append("refused" if 503 in stored else "published")
        for file in folder.glob(f"{path.name}*"):
            file.unlink()
    return outcomes


@contextmanager
def small_disk(folder: Path) -> Iterator[Room]:
    """A tmpfs over ``folder``, whose size can be changed while it is in use."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)

    def leave(space: int) -> None:
        status = os.statvfs(folder)
        size = (status.f_blocks - status.f_bfree) * status.f_frsize + space
        subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)

    try:
        yield leave
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def longest_file(space: int) -> None:
    """Let this process write no file longer than ``space``."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (space, resource.RLIM_INFINITY))


def plant_lost_error(patch: pytest.MonkeyPatch) -> None:
    """Write as a library does that hides a full disk: a cut file, and not a word."""
    write_bytes, end = Path.write_bytes, RecordWriter.__exit__

    def unheard_write(path: Path, data: bytes) -> int:
        with suppress(OSError):
            return write_bytes(path, data)
        return len(data)

    def unheard_end(writer: RecordWriter, *how: Any) -> None:
        with suppress(sqlite3.Error):
            end(writer, *how)

    patch.setattr(Path, "write_bytes", unheard_write)
    patch.setattr(RecordWriter, "__exit__", unheard_end)


def run(folder: Path, kind: str, sizes: int, planted: bool) -> dict[str, object]:
    """Fill the disk ``sizes`` times for a build and for feedback; return what was seen."""
    folder.mkdir(parents=True, exist_ok=True)
    source = corpus(folder / "corpus")
    disk = folder / "disk"
    disk.mkdir()

    def fill(leave: Room) -> tuple[list[str], list[str]]:
        root = disk / "index"
        first = root / "generations" / build(source, root)
        files = [file.stat().st_size for file in first.rglob("*") if file.is_file()]
        most = max(files) if kind == "limit" else sum(files)
        # From nothing to rather more than all that a build writes, in whole blocks.
        spaces = [int(most * 1.6 * number / sizes) for number in range(sizes)]
        built = fill_while_building(source, root, leave, spaces)
        # Forty rows with their write-ahead log take about 300 KB.
        store = [600_000 * number // sizes for number in range(sizes)]
        return built, fill_while_storing(disk, leave, store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())
        if planted:
            plant_lost_error(patch)
        if kind == "limit":
            built, stored = fill(longest_file)
        else:
            with small_disk(disk) as leave:
                built, stored = fill(leave)
    shutil.rmtree(folder, ignore_errors=True)
    return {
        "builds": len(built),
        "refused": built.count("refused"),
        "faults": [one for one in built if one not in ("refused", "published")],
        "stores": len(stored),
        "stores_refused": stored.count("refused"),
        "store_faults": [one for one in stored if one not in ("refused", "published")],
    }


def main() -> int:
    """Run one kind and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.full_disk")
    parser.add_argument("folder", type=Path)
    parser.add_argument("kind", choices=("mount", "limit"))
    parser.add_argument("sizes", type=int)
    parser.add_argument("--planted", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print(json.dumps(run(options.folder, options.kind, options.sizes, options.planted)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
