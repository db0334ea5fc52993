"""The bill of materials holds what is locked, and an audit that cannot look is a failure."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from index.models import PINNED

ROOT = Path(__file__).resolve().parents[2]


def bill(tmp_path: Path, *options: str) -> dict[str, Any]:
    output = tmp_path / "sbom.json"
    command = [sys.executable, "scripts/sbom", "--output", str(output), *options]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    made: dict[str, Any] = json.loads(output.read_text("utf-8"))
    return made


@pytest.mark.parametrize("lock", ["serve", "test"])
def test_bill_lists_every_locked_library_with_all_of_its_hashes(tmp_path: Path, lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    components = bill(tmp_path, "--lock", lock)["components"]
    libraries = [c for c in components if c["type"] == "library"]
    listed = {(c["name"], c["version"]) for c in libraries}
    assert listed == set(re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", text))
    hashes = {h["content"] for c in libraries for h in c["hashes"]}
    assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", text))


def test_bill_lists_the_weights_by_their_hash(tmp_path: Path) -> None:
    components = bill(tmp_path)["components"]
    weights = {
        c["name"]: c["hashes"][0]["content"]
        for c in components
        if c["type"] == "machine-learning-model"
    }
    assert weights == {name: model.sha256 for name, model in PINNED.items()}


def test_same_locks_give_the_same_bill(tmp_path: Path) -> None:
    first = bill(tmp_path)
    assert bill(tmp_path) == first
    assert first["metadata"]["component"]["name"] == "ask-the-record"


def test_unknown_lock_names_those_there_are() -> None:
    command = [sys.executable, "scripts/sbom", "--lock", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "choose one of base," in done.stderr


def test_audit_that_cannot_look_fails(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"idna==3.10 --hash=sha256:{'0' * 64}\n")
    # As scripts/audit calls it, with nobody at the other end.
    call = re.search(r'-m pip_audit (.+?) \\\n +(.+?) -r "', (ROOT / "scripts/audit").read_text())
    assert call is not None
    options = f"{call[1]} {call[2]}".split()
    assert "--strict" in options
    nobody = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, "--timeout", "3", "-r", str(lock)],
        env=os.environ | nobody,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
