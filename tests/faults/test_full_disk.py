"""On a full disk nothing is published, the index in use goes on, and the message names the disk."""

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RecordFigure

ROOT = Path(__file__).parents[2]
SIZES = 8


@cache
def mount_command() -> tuple[str, ...] | None:
    """What to put before a command so that it may mount, or None when nobody here may."""
    if shutil.which("mount") is None:
        return None
    probe = ["sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    for before in (("unshare", "-rm"), ("unshare", "-m")):
        if (
            shutil.which("unshare")
            and not subprocess.run([*before, *probe], capture_output=True).returncode
        ):
            return before
    return None


def fill(folder: Path, kind: str, sizes: int, *more: str) -> dict[str, Any]:
    before = mount_command() if kind == "mount" else ()
    if before is None:
        pytest.skip(
            "no file system may be mounted here (neither `unshare -rm` nor as root); the variant "
            "that limits the length of files ran"
        )
    folder.mkdir(exist_ok=True)
    command = [*before, sys.executable, "-m", "tests.faults.full_disk", str(folder), kind]
    done = subprocess.run(
        [*command, str(sizes), *more], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


KINDS = {
    "mount": "a disk (tmpfs) that fills up",
    "limit": "a limit on the length of files, as a quota sets it,",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_full_disk_publishes_nothing_and_the_index_in_use_goes_on(
    tmp_path: Path, kind: str, full: bool, figure: RecordFigure
) -> None:
    seen = fill(tmp_path / "full", kind, 50 if full else SIZES)
    figure(
        3,
        f"Builds against {KINDS[kind]} at {seen['builds']} sizes: something half published or "
        "left behind, the index in use lost, or an error that does not name the disk",
        f"{len(seen['faults'])} of {seen['refused']} that ran out of space",
    )
    figure(
        3,
        f"Feedback against {KINDS[kind]} at {seen['stores']} sizes: an answer lost, or an error "
        "other than 503",
        f"{len(seen['store_faults'])} of {seen['stores_refused']} that ran out of space",
    )
    assert seen["faults"] == []
    assert seen["store_faults"] == []
    # Some sizes are too small and some are not, else nothing was shown.
    assert seen["builds"] / 2 < seen["refused"] < seen["builds"]
    assert 0 < seen["stores_refused"] < seen["stores"]


@pytest.mark.slow
def test_the_harness_catches_a_writer_that_hides_a_full_disk(tmp_path: Path) -> None:
    assert fill(tmp_path / "full", "limit", SIZES, "--planted")["faults"]
