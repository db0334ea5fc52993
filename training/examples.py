"""Training examples from question sets: windows of whole sentences, with and without the answer.

Four kinds, all honest: the window that holds the answer; for an unanswerable question the window
most like it; the paragraph of an answerable question with the answering sentences taken out (the
near miss that a record is full of); and a like window of another paragraph of the article.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.analysis import terms
from index.sentences import split_sentences

MAX_WORDS = 60


@dataclass(frozen=True, slots=True)
class Example:
    """``start``/``end`` are offsets of the answer in ``passage``; both -1 when there is none."""

    id: str
    kind: str
    question: str
    passage: str
    start: int = -1
    end: int = -1
    accepted: tuple[str, ...] = ()


def read_examples(folder: Path, seed: int = 0, negatives: bool = True) -> list[Example]:
    """Read ``corpus.jsonl`` and ``questions.jsonl`` of ``folder``."""
    texts: dict[str, str] = {}
    by_title: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts[row["id"]] = row["text"]
        by_title[row.get("title", "")].append(row["id"])
    siblings = {i: [o for o in ids if o != i] for ids in by_title.values() for i in ids}
    rng = random.Random(seed)
    examples: list[Example] = []
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        examples += _of_question(json.loads(line), texts, siblings, rng, negatives)
    rng.shuffle(examples)
    return examples


def _of_question(
    row: dict,  # type: ignore[type-arg]
    texts: dict[str, str],
    siblings: dict[str, list[str]],
    rng: random.Random,
    negatives: bool,
) -> Iterator[Example]:
    source = row.get("source_doc")
    if source not in texts:
        return
    question, text = row["question"], texts[source]
    sentences = split_sentences(text)
    if not row["answerable"]:
        start, end = _window(text, sentences, question, None)
        yield Example(row["id"], "unanswerable", question, text[start:end])
        return
    answers = [a for a in row["answers"] if a["doc_id"] == source]
    if not answers:
        return
    # The answer that most annotators gave, the shorter one among equals.
    counts = [(sum(a["text"] == b["text"] for b in answers), -len(a["text"])) for a in answers]
    chosen = answers[max(range(len(answers)), key=lambda i: counts[i])]
    at, length = chosen["start"], len(chosen["text"])
    start, end = _window(text, sentences, question, at)
    if not (start <= at and at + length <= end):
        return
    accepted = tuple(dict.fromkeys(a["text"] for a in answers))
    yield Example(
        row["id"], "answer", question, text[start:end], at - start, at - start + length, accepted
    )
    if not negatives:
        return
    if rng.random() < 0.3:
        rest = [text[s:e] for s, e in sentences if not _holds(text[s:e], accepted)]
        if rest:
            kept = " ".join(rest)
            s, e = _window(kept, split_sentences(kept), question, None)
            yield Example(row["id"], "taken_out", question, kept[s:e])
    if siblings[source] and rng.random() < 0.15:
        other = texts[rng.choice(siblings[source])]
        if not _holds(other, accepted):
            s, e = _window(other, split_sentences(other), question, None)
            yield Example(row["id"], "elsewhere", question, other[s:e])


def _holds(text: str, answers: Sequence[str]) -> bool:
    return any(a.lower() in text.lower() for a in answers)


def _window(
    text: str, sentences: list[tuple[int, int]], question: str, must_hold: int | None
) -> tuple[int, int]:
    """The run of at most 60 words that shares most with the question, or holds an offset."""
    asked = set(terms(question))
    shared = [len(asked & set(terms(text[s:e]))) for s, e in sentences]
    first = max(range(len(sentences)), key=lambda i: (shared[i], -i))
    if must_hold is not None:
        first = next((i for i, (s, e) in enumerate(sentences) if s <= must_hold < e), first)
    low = high = first
    words = len(text[slice(*sentences[first])].split())
    while low > 0 or high < len(sentences) - 1:
        sides = [i for i in (low - 1, high + 1) if 0 <= i < len(sentences)]
        pick = max(sides, key=lambda i: (shared[i], i))
        words += len(text[slice(*sentences[pick])].split())
        if words > MAX_WORDS:
            break
        low, high = min(low, pick), max(high, pick)
    return sentences[low][0], sentences[high][1]
