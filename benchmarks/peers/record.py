"""This project, through ``index build`` and the pipeline behind ``POST /ask``."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.peers.systems import Passage
from service.answers import Question
from service.pipeline import QuestionAnswerer

SPREAD = 3
"""Our passages asked for, for each paragraph wanted: a long paragraph is cut into several."""


class SearchingRecord:
    """Ranks by retrieval alone, before anything is read."""

    _answerer: QuestionAnswerer

    def __init__(self, model: Path) -> None:
        """``model`` is not used: a build finds the same pinned weights by their name."""

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """Each paragraph is a document with a title, as a user would give it."""
        from index.build import build_index

        corpus = folder / "corpus.jsonl"
        lines = (json.dumps({"id": p.id, "title": p.title, "text": p.text}) for p in passages)
        corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
        build_index([corpus], folder / "index")

    def open(self, folder: Path) -> None:
        """Open the index as the service does, by its defaults."""
        self._answerer = QuestionAnswerer.open(folder / "index")

    def search(self, question: str, k: int) -> list[str]:
        """Paragraphs in the order of their best passages."""
        return first_of_each(self._retrieved(question, k), k)

    def _retrieved(self, question: str, k: int) -> list[str]:
        found = self._answerer.retrieve(Question(question), SPREAD * k)
        return [candidate.passage.doc_id for candidate in found]


class ReadingRecord(SearchingRecord):
    """Ranks as ``/ask`` does: what was read by its probability, then the rest as retrieved."""

    def search(self, question: str, k: int) -> list[str]:
        """Read; only where fewer than ``k`` paragraphs were, retrieve once more to fill up."""
        assessed = self._answerer.assess(Question(question))
        read = first_of_each((a.document.doc_id for a in assessed), k)
        return read if len(read) == k else first_of_each([*read, *self._retrieved(question, k)], k)


def first_of_each(ids: Iterable[str], k: int) -> list[str]:
    """The first ``k`` different ids, in order."""
    return list(dict.fromkeys(ids))[:k]
