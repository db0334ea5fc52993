"""Going through a corpus once: its documents one by one, and what became of the rest."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from index.errors import CorpusError
from index.loaders import Limits, Skipped, load_corpus
from index.types import Block, Document


class Reading:
    """Reads documents without keeping them, so that a corpus may be larger than the memory.

    What is noted of them is complete once ``documents`` has come to its end.
    """

    def __init__(self, corpora: Sequence[Path], limits: Limits, strict: bool = False) -> None:
        self._corpora = corpora
        self._limits = limits
        self._strict = strict
        self.digests: list[str] = []
        """One for each document, in their order."""
        self.languages: Counter[str] = Counter()
        self.problems: list[CorpusError] = []
        self.skipped: list[Skipped] = []

    def documents(self) -> Iterator[Document]:
        """Yield the documents; to be gone through once.

        Raises CorpusError when there is none, or with ``strict`` at the first that cannot be used.
        """
        for item in load_corpus(self._corpora, self._limits):
            if isinstance(item, Document):
                self.digests.append(digest(item))
                self.languages[item.lang.split("-")[0].lower()] += 1
                yield item
            elif isinstance(item, CorpusError):
                if self._strict:
                    raise item
                self.problems.append(item)
            else:
                self.skipped.append(item)
        if not self.digests:
            raise CorpusError(
                ", ".join(map(str, self._corpora)),
                "holds no document that can be indexed"
                + "".join(f"\n  {p}" for p in self.problems),
            )


def digest(document: Document) -> str:
    """SHA-256 over all of a document that reaches the index, where it was read from left out."""
    # As dataclasses.asdict, many times faster.
    values = {f.name: getattr(document, f.name) for f in fields(document)}
    del values["path"], values["text"]
    names = [f.name for f in fields(Block)]
    values["blocks"] = [{n: getattr(b, n) for n in names} for b in document.blocks]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
