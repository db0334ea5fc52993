"""The shipped reader gives the figures that stand beside it, on the record's own questions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.chunking import passages_of
from index.loaders.corpus import load_corpus
from index.types import Document
from service.windows import windows_of
from training.examples import Example
from training.measure import SHIPPED, measure, reader_in

ROOT = Path(__file__).parents[3]
CLAIMED = ROOT / SHIPPED / "figures.json"
TOLERANCE = 0.02
"""Processors round differently: a question or two may fall to the other side."""


def examples() -> list[Example]:
    """English questions that quote a gold sentence, with its window and one that lacks it."""
    documents = {
        d.doc_id: d for d in load_corpus([ROOT / "docs_corpus"]) if isinstance(d, Document)
    }
    lines = (ROOT / "eval" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    made = []
    for row in map(json.loads, lines):
        if row["answerable"] and row.get("lang", "en") == "en" and not row.get("history"):
            made += _of_question(row, documents)
    return made


def _of_question(row: Mapping[str, Any], documents: Mapping[str, Document]) -> list[Example]:
    gold = row["gold"][0]
    document = documents[gold["doc_id"]]
    at = document.text.index(gold["sentence"])
    windows = [w for p in passages_of(document) for w in windows_of(p, 80)]
    made = []
    for number, window in enumerate(windows):
        inside = at - window.start
        if 0 <= inside < len(window.text):
            end = inside + len(gold["sentence"])
            answers = tuple(row.get("answers", ())) or (gold["sentence"],)
            made.append(Example(row["id"], "answer", row["question"], window.text,
                                window.sentences, inside, end, answers))  # fmt: skip
            # The window after next lies in the same report, on another matter.
            other = windows[(number + 2) % len(windows)]
            if not any(a.lower() in other.text.lower() for a in answers):
                made.append(
                    Example(row["id"], "elsewhere", row["question"], other.text, other.sentences)
                )
    return made


@pytest.fixture(scope="module")
def measured() -> Mapping[str, float]:
    return measure(reader_in(ROOT / SHIPPED), examples())


def test_shipped_reader_gives_the_figures_it_claims(measured: Mapping[str, float]) -> None:
    claimed = json.loads(CLAIMED.read_text(encoding="utf-8"))["record"]
    assert measured["windows"] == claimed["windows"] > 100
    for name, value in claimed.items():
        assert measured[name] == pytest.approx(value, abs=TOLERANCE), name


def test_figures_would_tell_a_worse_reader(
    measured: Mapping[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = reader_in(ROOT / SHIPPED)
    network: Any = reader._session

    class Forgetful:
        """The network with noise on every logit."""

        def run(self, names: list[str], feed: dict[str, Any]) -> list[Any]:
            noise = np.random.default_rng(0)
            return [o + noise.normal(0, 3, o.shape) for o in network.run(names, feed)]

    monkeypatch.setattr(reader, "_session", Forgetful())
    worse = measure(reader, examples())
    assert worse["auroc_both"] < measured["auroc_both"] - TOLERANCE
    assert worse["exact"] < measured["exact"] - TOLERANCE
