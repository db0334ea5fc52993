"""The record's index, built once, and a real service over it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def record_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of docs_corpus: the one that stands in index-data, else built for this run."""
    standing = ROOT / "index-data"
    if (standing / "CURRENT").is_file():
        return standing
    folder = tmp_path_factory.mktemp("record") / "index"
    command = [sys.executable, "-m", "index", "build", "docs_corpus", "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder
