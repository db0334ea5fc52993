"""As many different passages as asked for, made of public texts by splitting and varying.

A made paragraph has the sentences of a paragraph at hand in another order, some of them exchanged
for sentences of its neighbour, with other numbers and other names in them. So its words follow the
statistics of real text, new names and numbers keep coming, as in real collections, and many
passages resemble each other, which is what makes a search hard. Nothing of it is true.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from index.sentences import split_sentences

PARAGRAPHS = 10
"""Paragraphs of a made document."""
NEW_NAME = 0.02
"""Share of names that occur nowhere else."""
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}")
_DIGIT = re.compile(r"\d")
_SYLLABLES = "ka ro mi ten sa lu ver da no bel ti ran go pe shi mar el qu ba on".split()


def texts_of(datasets: Iterable[Path]) -> Iterator[str]:
    """The texts of the ``corpus.jsonl`` of each folder."""
    for folder in datasets:
        with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["text"]


def paragraphs_of(texts: Iterable[str]) -> list[list[str]]:
    """The paragraphs of two sentences and more, as sentences."""
    found = []
    for text in texts:
        for paragraph in text.split("\n\n"):
            sentences = [paragraph[s:e] for s, e in split_sentences(paragraph)]
            if len(sentences) > 1:
                found.append(sentences)
    return found


def write_corpus(path: Path, paragraphs: Sequence[Sequence[str]], count: int, seed: int) -> None:
    """Write documents of ``count`` made paragraphs in all to ``path``, a JSON Lines file."""
    rng = random.Random(seed)
    names = sorted({n for p in paragraphs for s in p for n in _NAME.findall(s)})
    with path.open("w", encoding="utf-8") as file:
        for first in range(0, count, PARAGRAPHS):
            at = rng.randrange(len(paragraphs))
            made = [
                _varied(paragraphs, (at + n) % len(paragraphs), names, rng)
                for n in range(min(PARAGRAPHS, count - first))
            ]
            document = {
                "id": f"d{first // PARAGRAPHS:07d}",
                "title": f"{rng.choice(names)} {rng.choice(names)}",
                "text": "\n\n".join(made),
                "lang": "en",
                "published": f"{rng.randint(1990, 2025)}-{rng.randint(1, 12):02d}-15",
            }
            file.write(json.dumps(document, ensure_ascii=False) + "\n")


def _varied(
    paragraphs: Sequence[Sequence[str]], at: int, names: Sequence[str], rng: random.Random
) -> str:
    neighbour = paragraphs[(at + 1) % len(paragraphs)]
    sentences = [s if rng.random() < 0.7 else rng.choice(neighbour) for s in paragraphs[at][:6]]
    rng.shuffle(sentences)
    return " ".join(_renamed(s, names, rng) for s in sentences)


def _renamed(sentence: str, names: Sequence[str], rng: random.Random) -> str:
    def name(found: re.Match[str]) -> str:
        if rng.random() < NEW_NAME:
            return "".join(rng.choice(_SYLLABLES) for _ in range(4)).capitalize()
        return rng.choice(names) if rng.random() < 0.5 else found.group()

    return _DIGIT.sub(lambda _: str(rng.randrange(10)), _NAME.sub(name, sentence))
