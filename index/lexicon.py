"""What the record teaches about words: its acronyms and how often each word occurs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.acronyms import find_acronyms
from index.analysis import words


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Acronyms with their long forms, and the folded words of the record with their counts."""

    acronyms: Mapping[str, Sequence[str]]
    word_counts: Mapping[str, int]

    @classmethod
    def build(cls, texts: Iterable[str]) -> "Lexicon":
        """Collect the lexicon of ``texts``, which are looked at one by one."""
        counts: Counter[str] = Counter()

        def counted() -> Iterator[str]:
            for text in texts:
                counts.update(words(text))
                yield text

        return cls(find_acronyms(counted()), dict(sorted(counts.items())))

    def to_bytes(self) -> bytes:
        """UTF-8 JSON."""
        return json.dumps(
            {"acronyms": self.acronyms, "word_counts": self.word_counts}, ensure_ascii=False
        ).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Lexicon":
        """Inverse of ``to_bytes``."""
        return cls(**json.loads(data))
