"""The benchmarks' own parts: corpora that are made, tables that are written."""

import json
from pathlib import Path

import pytest

from benchmarks.scale.__main__ import table
from benchmarks.scale.corpus import paragraphs_of, write_corpus
from benchmarks.tables import replaced

TEXTS = [
    "The ferry left Porto in 1994. It carried Ana Reis and 30 others.",
    "The film opened in Hanoi. Critics praised Linh. It ran for 12 weeks.\n\nOne sentence only.",
]


def test_paragraphs_of_one_sentence_are_left_out() -> None:
    assert [len(p) for p in paragraphs_of(TEXTS)] == [2, 3]


def test_a_made_corpus_has_as_many_paragraphs_as_asked_for_and_is_the_same_again(
    tmp_path: Path,
) -> None:
    paragraphs = paragraphs_of(TEXTS)
    for name in ("a", "b"):
        write_corpus(tmp_path / name, paragraphs, 25, seed=7)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    documents = [json.loads(line) for line in (tmp_path / "a").read_text().splitlines()]
    made = [p for d in documents for p in d["text"].split("\n\n")]
    assert [len(documents), len(made)] == [3, 25]
    # Numbers and names vary: hardly a paragraph is there twice.
    assert len(set(made)) > 20


def test_a_table_replaces_what_stood_between_its_lines() -> None:
    assert replaced("a\n<b>\nold\n<e>\nz", "<b>", "<e>", "new") == "a\n<b>\n\nnew\n\n<e>\nz"


@pytest.mark.parametrize("text", ["", "<b>", "<b><e><b>"])
def test_a_document_without_the_lines_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must each stand once"):
        replaced(text, "<b>", "<e>", "new")


def test_the_table_of_sizes_shows_what_was_measured() -> None:
    result = {
        "passages": 1000, "build_s": 12.4, "build_peak_mb": 2048, "disk_mb": 99.6,
        "first_answer_s": 1.25, "search_ms": [0.5, 1.0], "filtered_ms": [0.25, 2.0],
        "ask_ms": [80.0, 90.5], "search": {"method": "exact"}, "resident_mb": 500, "own_mb": 400,
    }  # fmt: skip
    row = table([result]).splitlines()[-1]
    assert row == (
        "| 1,000 | 12 | 2,048 | 100 | 1.2 | 0.5 / 1.0 | 0.2 / 2.0 | 80.0 / 90.5 | 1.000 "
        "| 500 (400) |"
    )
