"""Loaders under a fuzzer that is led by coverage; see ``coverage_fuzz``."""

import importlib.util
import re
import subprocess
import sys

import pytest

from index.types import Block, Document
from tests.conftest import RecordFigure
from tests.faults.processes import ROOT
from tests.faults.test_fuzz_loaders import SAMPLES

SECONDS, FULL_SECONDS = 20, 60
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: it has wheels for Linux and some versions of Python only",
)


def fuzz(program: str, *arguments: str) -> tuple[int, int, str]:
    """Exit status, files tried, and the end of what was said."""
    run = subprocess.run(
        [sys.executable, *program.split(" ", 1), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    tried = re.findall(r"^#(\d+)", run.stderr, re.MULTILINE)
    return run.returncode, int(tried[-1]) if tried else 0, run.stdout[-2000:] + run.stderr[-2000:]


@pytest.mark.slow
def test_nothing_comes_of_files_made_to_reach_all_code(full: bool, figure: RecordFigure) -> None:
    groups = [[suffix] for suffix in SAMPLES] if full else [list(SAMPLES)]
    total = 0
    for suffixes in groups:
        limit = f"-max_total_time={FULL_SECONDS if full else SECONDS}"
        code, tried, said = fuzz("-m tests.faults.coverage_fuzz", *suffixes, limit)
        assert code == 0, said
        total += tried
    figure(
        10,
        f"Files of {len(SAMPLES)} formats changed by a fuzzer that is led by coverage (Atheris): "
        "an exception, a document that does not hold together, 10 seconds, 2 GiB or a crash",
        f"0 of {total:,}",
    )
    assert total > 200


PLANTED = """
import sys
from tests.faults import coverage_fuzz as fuzz
whole = fuzz.check
def strict(document):
    whole(document)
    assert "~" not in document.text, "planted"
fuzz.check = strict
fuzz.main()
"""


@pytest.mark.slow
def test_the_harness_catches_a_fault_that_no_sample_shows() -> None:
    code, _, said = fuzz(f"-c {PLANTED}", ".txt", "-max_total_time=60", "-seed=1")
    assert code != 0
    assert "planted" in said


@pytest.mark.parametrize("block", [Block(0, 9, "paragraph"), Block(3, 3, "paragraph")])
def test_a_document_that_does_not_hold_together_is_a_finding(block: Block) -> None:
    pytest.importorskip("atheris")
    from tests.faults.coverage_fuzz import check

    document = Document("d", "Words.", "T", (block,), "d.txt", "0" * 64)
    with pytest.raises(AssertionError, match="block"):
        check(document)
