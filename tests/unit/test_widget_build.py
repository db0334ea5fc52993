"""That what browsers load is what the sources in ``widget/`` make."""

import base64
import hashlib
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "service" / "static"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "build-widget"))


def test_the_committed_files_are_those_of_the_sources(script: dict[str, Any]) -> None:
    built = script["build"]()
    assert set(built) == {"widget.js", "panel.js", "texts.en.js", "texts.vi.js"}
    for name, content in built.items():
        assert (STATIC / name).read_bytes() == content, "run: python scripts/build-widget"
    assert script["build"]() == built


def test_the_widget_holds_the_hash_of_every_file_that_it_loads() -> None:
    widget = (STATIC / "widget.js").read_text(encoding="utf-8")
    hashes = json.loads(re.search(r'\{"panel\.js":[^}]+\}', widget)[0])  # type: ignore[index]
    assert set(hashes) == {"panel.js", "texts.en.js", "texts.vi.js"}
    for name, given in hashes.items():
        digest = hashlib.sha256((STATIC / name).read_bytes()).digest()
        assert given == f"sha256-{base64.b64encode(digest).decode()}"


def test_one_name_in_two_modules_is_refused(
    script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "panel.js").write_text('import { a } from "./other.js";\nconst same = 1;\n')
    (tmp_path / "other.js").write_text("const same = 2;\nexport const a = 3;\n")
    monkeypatch.setitem(script["_bundle"].__globals__, "SOURCES", tmp_path)
    with pytest.raises(AssertionError, match="same"):
        script["_bundle"]("panel.js")
