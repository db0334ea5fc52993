"""Publishing under load: no question fails, and every quotation is its own generation's."""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index import generations
from index.build import build_index
from index.search_index import open_index
from service import lifecycle, served
from service.answers import Answer, Question
from service.app import create_app
from service.pipeline import QuestionAnswerer
from service.settings import Settings
from tests.conftest import RecordFigure
from tests.fake_models import OverlapReader, WordEmbedder
from tests.fakes_answering import calibration

PUBLISHES = 25
ASKERS = 3
BY_OVERLAP = calibration({"relevance": 1.0}, intercept=-1.0)


class Unhurried(QuestionAnswerer):
    """Takes a moment between its stages, so that many questions meet a swap half-way."""

    def ask(self, question: Question) -> Answer:
        """Answer, with the documents looked up again after a while."""
        self.documents()
        time.sleep(0.02)
        return super().ask(question)


@dataclass
class Seen:
    """What the askers saw: by generation the quotations, whole documents, failures."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(settings: Settings, generation: str | None = None) -> QuestionAnswerer:
        return Unhurried(open_index(settings.index_dir, generation), OverlapReader(), BY_OVERLAP)

    monkeypatch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())
    monkeypatch.setattr(lifecycle, "open_answerer", opened)


def swap_under_load(tmp_path: Path, publishes: int) -> tuple[dict[str, str], Seen]:
    """Return the text of each generation, and what was seen of them meanwhile."""
    corpus, root = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    texts: dict[str, str] = {}

    def publish(number: int) -> str:
        # Of a length that changes, so that offsets of one edition are wrong in another.
        again = "Again. " * (number % 7)
        text = f"{again}This is edition {number}.\n\nThe big boat sails to pier {number}."
        (corpus / "a.txt").write_text(text)
        manifest = build_index([corpus], root, embedder_factory=WordEmbedder).generation.manifest
        texts[manifest.generation] = text
        return manifest.generation

    publish(0)
    settings = Settings(
        index_dir=root, reload_interval_s=0.01, max_concurrent_questions=ASKERS,
        max_queued_questions=100, queue_timeout_s=60,
    )  # fmt: skip
    seen, done = Seen(), threading.Event()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        _until(lambda: client.get("/readyz").status_code == 200)

        def ask() -> None:
            while not done.is_set():
                answer = client.get("/ask?q=To+which+pier+does+the+big+boat+sail%3F")
                document = client.get("/documents/a")
                for response in (answer, document):
                    if response.status_code != 200:
                        seen.failures.append(response.text)
                seen.answers.append(answer.json())
                seen.documents.append(document.json().get("text", ""))

        threads = [threading.Thread(target=ask) for _ in range(ASKERS)]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, publishes):
                name = publish(number)
                if number % 5 == 0:
                    # Now and then wait, so that questions are answered by this very one.
                    _until(lambda n=name: client.app.state.lifecycle.generation == n)  # type: ignore[attr-defined]
        finally:
            done.set()
            for thread in threads:
                thread.join()
    return texts, seen


def wrong(texts: dict[str, str], seen: Seen) -> list[str]:
    """Failures, quotations that their generation does not hold, documents that no one wrote."""
    found = list(seen.failures)
    for answer in seen.answers:
        for passage in answer.get("passages", []):
            text = texts[answer["index"]["generation"]]
            if text[passage["start"] : passage["end"]] != passage["text"]:
                found.append(f"{passage['text']!r} is not in {answer['index']['generation']}")
    return found + [d for d in seen.documents if d and d not in texts.values()]


def _until(what: Any) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
def test_no_swap_fails_a_question_or_mixes_two_generations(
    tmp_path: Path, full: bool, figure: RecordFigure
) -> None:
    publishes = 1000 if full else PUBLISHES
    texts, seen = swap_under_load(tmp_path, publishes)
    faults = wrong(texts, seen)
    figure(
        5,
        f"Answers while {publishes:,} generations are published: failed, or with a quotation that "
        "is not in their own generation",
        f"{len(faults)} of {len(seen.answers):,}",
    )
    assert faults == []
    answered_by = {a["index"]["generation"] for a in seen.answers if a["passages"]}
    assert len(answered_by) > 3
    # Nobody reads them any more, so the next build leaves only those that are to be kept.
    build_index([tmp_path / "corpus"], tmp_path / "index", embedder_factory=WordEmbedder)
    assert len(generations.names(tmp_path / "index")) == 3


@pytest.mark.slow
def test_the_harness_catches_a_swap_that_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(holder: served._Holder) -> None:
        if holder.retired:
            holder.answerer.close()

    monkeypatch.setattr(served._Holder, "close_if_unused", at_once)
    assert wrong(*swap_under_load(tmp_path, 16))


def test_the_harness_catches_a_quotation_of_another_generation() -> None:
    passage = {"start": 0, "end": 4, "text": "boat"}
    answer = {"index": {"generation": "two"}, "passages": [passage]}
    texts = {"one": "boat 1", "two": "the boat 2"}
    assert wrong(texts, Seen(answers=[json.loads(json.dumps(answer))]))
    assert wrong(texts, Seen(documents=["boat 2"]))
