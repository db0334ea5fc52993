"""What tests of small builds share."""

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.models import find_model
from tests.unit.index.small_builds import HARBOUR, TOWER


@pytest.fixture(scope="module")
def models_hashed_once() -> Iterator[None]:
    """Hashes and flushes are most of such a small build, and not what is tested by it."""
    with pytest.MonkeyPatch.context() as patch:
        cached = functools.cache(find_model)
        for module in ("build", "bulk_embedding", "reader_models"):
            patch.setattr(f"index.{module}.find_model", cached)
        patch.setattr("index.generations._flush", lambda _: None)
        yield


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of two documents: two passages, five sentences."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "harbour.md").write_text(HARBOUR)
    (folder / "tower.md").write_text(TOWER)
    return folder
