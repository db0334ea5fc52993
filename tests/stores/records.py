"""Records to publish: small, with everything in them that an engine could stumble over."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index import generations
from index.build import build_index
from index.generations import Generation
from tests.fake_models import DIM, WordEmbedder

WORDS = (
    "harbour lamp whale oil rope salt tar sail mast keel anchor storm fish pier captain crew map "
    "star wind tide ledger cargo island reef gull"
).split()
ODD_IDS = ('say "no"', "back\\slash", "it's {x} %s", "50% [x] --", "Hải cảng 🚢", "a) or (1 == 1")


class DistinctEmbedder(WordEmbedder):
    """Like ``WordEmbedder``, with a little of its own in each text: no two scores are equal."""

    def encode(self, texts: Sequence[str], progress: object = None) -> npt.NDArray[np.float32]:
        """Unit rows, float32 ``(n, 64)``."""
        vectors = super().encode(texts)
        for row, text in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
            vectors[row] += 0.05 * np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
        unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def corpus(documents: int, seed: int = 7) -> list[dict[str, str]]:
    """Documents of made-up sentences; one is longer than a field of the engine, some undated."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(documents):
        sentences = [
            " ".join(random.choice(WORDS, size=int(random.integers(5, 12)))).capitalize()
            + f" {number}{place}."
            for place in range(8)
        ]
        text = "\n\n".join(" ".join(sentences[n : n + 2]) for n in range(0, 8, 2))
        identifier = ODD_IDS[number] if number < len(ODD_IDS) else f"doc-{number}"
        one = {"id": identifier, "title": f"On {WORDS[number % len(WORDS)]}", "text": text}
        if number % 3:
            one["published"] = f"2025-{1 + number % 9:02d}-10"
        if number % 4 == 1:
            one["publisher"] = 'The "Post"'
        one["lang"] = ("en", "vi-VN", "en-US")[number % 3]
        found.append(one)
    # One word that no cut can divide: its passage does not fit a field, nor does its document.
    found[2]["text"] += "\n\n" + "é𝟚ậ" * 12_000 + " lighthouse."
    return found


def build(folder: Path, documents: int = 24, seed: int = 7) -> Generation:
    """Build an index of ``corpus`` in ``folder``; the generation that was published."""
    source = folder / "corpus.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(one) + "\n" for one in corpus(documents, seed)]
    source.write_text("".join(lines), encoding="utf-8")
    build_index([source], folder / "index", embedder_factory=DistinctEmbedder)
    return generations.current(folder / "index")


def questions(count: int, seed: int = 11) -> list[str]:
    """Questions of a few words of the record, and one that it does not have."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice([*WORDS, "zebra"], size=4)) + "?" for _ in range(count)]
