"""Training examples from question sets: windows of whole sentences, with and without the answer.

All kinds are honest: nothing in them is invented but the swapped name.

- ``answer``: the window that holds the answer;
- ``unanswerable``: for an unanswerable question, the window most like it;
- ``taken_out``: the paragraph of an answerable question without the answering sentences, the near
  miss that a record is full of;
- ``elsewhere``: the paragraph that BM25 finds first among those without the answer;
- ``swapped``: the window with the answer, asked about another name or year of the same article.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s

from index.analysis import terms
from index.sentences import split_sentences
from service.windows import runs

LENGTHS = (50, 80, 130)
"""Longest window in words, drawn for each example, so that the reader can be used at any."""
TAKEN_OUT, ELSEWHERE, SWAPPED = 0.35, 0.35, 0.2
_NAME = re.compile(r"(?<=[\w,] )[A-Z][\w'’-]+(?: (?:of |the |de |von )?[A-Z][\w'’-]+)*|\b1\d\d\d\b")


@dataclass(frozen=True, slots=True)
class Example:
    """``start``/``end`` are offsets of the answer in ``passage``; both -1 when there is none."""

    id: str
    kind: str
    question: str
    passage: str
    sentences: tuple[tuple[int, int], ...]
    """Offsets in ``passage``."""
    start: int = -1
    end: int = -1
    accepted: tuple[str, ...] = ()


class Corpus:
    """The paragraphs, their articles, and a BM25 index over them."""

    def __init__(self, folder: Path) -> None:
        rows = _rows(folder / "corpus.jsonl")
        self.texts: dict[str, str] = {row["id"]: row["text"] for row in rows}
        self.title: dict[str, str] = {row["id"]: row.get("title", "") for row in rows}
        self._ids = list(self.texts)
        self._bm25 = bm25s.BM25()
        self._bm25.index([terms(t) for t in self.texts.values()], show_progress=False)

    def like(self, question: str, k: int) -> list[str]:
        """The paragraphs that BM25 finds for ``question``, best first."""
        found, _ = self._bm25.retrieve(
            [terms(question)], k=min(k, len(self._ids)), show_progress=False
        )
        return [self._ids[i] for i in found[0]]


def read_examples(folder: Path, seed: int = 0, negatives: bool = True) -> list[Example]:
    """Read ``corpus.jsonl`` and ``questions.jsonl`` of ``folder``, shuffled by ``seed``."""
    corpus, questions = Corpus(folder), _rows(folder / "questions.jsonl")
    names: dict[str, list[str]] = defaultdict(list)
    for row in questions:
        names[corpus.title.get(row.get("source_doc", ""), "")] += _NAME.findall(row["question"])
    rng = random.Random(seed)
    examples: list[Example] = []
    for row in questions:
        if row.get("source_doc") in corpus.texts:
            examples += _of_question(row, corpus, names, rng, negatives)
    rng.shuffle(examples)
    return examples


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _of_question(
    row: dict[str, Any],
    corpus: Corpus,
    names: dict[str, list[str]],
    rng: random.Random,
    negatives: bool,
) -> Iterator[Example]:
    identifier, question, source = row["id"], row["question"], row["source_doc"]
    text = corpus.texts[source]
    longest = rng.choice(LENGTHS)
    if not row["answerable"]:
        yield most_like(identifier, "unanswerable", question, text, longest)
        return
    answers = [a for a in row["answers"] if a["doc_id"] == source]
    if not answers:
        return
    # The answer that most annotators gave, the shorter one among equals.
    counts = [(sum(a["text"] == b["text"] for b in answers), -len(a["text"])) for a in answers]
    chosen = answers[max(range(len(answers)), key=lambda i: counts[i])]
    accepted = tuple(dict.fromkeys(a["text"] for a in answers))
    span = (chosen["start"], chosen["start"] + len(chosen["text"]))
    answer = _holding(identifier, question, text, span, accepted, longest)
    if answer is None:
        return
    yield answer
    if not negatives:
        return
    if rng.random() < TAKEN_OUT:
        rest = [text[s:e] for s, e in split_sentences(text) if not _holds(text[s:e], accepted)]
        if rest:
            yield most_like(identifier, "taken_out", question, " ".join(rest), longest)
    if rng.random() < ELSEWHERE:
        others = (corpus.texts[i] for i in corpus.like(question, 6) if i != source)
        other = next((t for t in others if not _holds(t, accepted)), None)
        if other is not None:
            yield most_like(identifier, "elsewhere", question, other, longest)
    if rng.random() < SWAPPED:
        asked = swapped(question, answer.passage, names[corpus.title[source]], rng)
        if asked is not None:
            yield Example(identifier, "swapped", asked, answer.passage, answer.sentences)


def _holding(
    identifier: str,
    question: str,
    text: str,
    span: tuple[int, int],
    accepted: tuple[str, ...],
    longest: int,
) -> Example | None:
    """The window of ``text`` with the answer at ``span``; None when it is cut by a window's end."""
    for passage, first, sentences in cut(text, longest):
        start, end = span[0] - first, span[1] - first
        if start >= 0 and end <= len(passage):
            return Example(identifier, "answer", question, passage, sentences, start, end, accepted)
    return None


def most_like(identifier: str, kind: str, question: str, text: str, longest: int) -> Example:
    """The window of ``text`` that shares most terms with ``question``, without an answer."""
    asked = set(terms(question))
    passage, _, sentences = max(
        cut(text, longest), key=lambda piece: len(asked & set(terms(piece[0])))
    )
    return Example(identifier, kind, question, passage, sentences)


def cut(text: str, longest: int) -> list[tuple[str, int, tuple[tuple[int, int], ...]]]:
    """The windows of ``text``: the window's text, its offset, its sentences."""
    sentences = split_sentences(text)
    pieces = []
    for first, end in runs([len(text[s:e].split()) for s, e in sentences], longest):
        start = sentences[first][0]
        inside = tuple((s - start, e - start) for s, e in sentences[first:end])
        pieces.append((text[start : sentences[end - 1][1]], start, inside))
    return pieces


def swapped(question: str, passage: str, names: Sequence[str], rng: random.Random) -> str | None:
    """``question`` about another name or year, one that ``passage`` does not hold."""
    found = [m for m in _NAME.finditer(question) if m.group() in passage]
    if not found:
        return None
    place = rng.choice(found)
    numeric = place.group()[0].isdigit()
    others = sorted({n for n in names if n[0].isdigit() == numeric and n not in passage})
    others = [n for n in others if n not in question]
    if not others:
        return None
    return question[: place.start()] + rng.choice(others) + question[place.end() :]


def _holds(text: str, answers: Sequence[str]) -> bool:
    return any(a.lower() in text.lower() for a in answers)
