"""Words within a text, whatever their case and accents: what a reader looks up on a page."""

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from itertools import islice

MAX_WORDS = 100
"""Longest text to look for, in code points: the time taken is at most this times the text."""
_COMBINING = "[\u0300-\u036f]*"


def find_words(text: str, words: str, limit: int = 500) -> list[tuple[int, int]]:
    """Where ``words`` stand in ``text``, as half-open offsets in order; at most ``limit``.

    They are looked for as they stand together, with any white space between; where that is
    nowhere, each of them. "ha noi" finds "Hà Nội".
    """
    given = tuple(words.split())
    if not given:
        return []
    together = [match.span() for match in islice(_together(given).finditer(text), limit)]
    return together or [match.span() for match in islice(_each(given).finditer(text), limit)]


def snippet(text: str, start: int, end: int, around: int = 60) -> tuple[str, str, str]:
    """The words before, at and after ``text[start:end]``, cut between words, in one line each.

    They do not reach beyond a blank line.
    """
    before = text[max(0, start - around) : start]
    after = text[end : end + around]
    if "\n\n" in before:
        before = before.rpartition("\n\n")[2]
    elif start > around:
        before = "… " + before.partition(" ")[2]
    if "\n\n" in after:
        after = after.partition("\n\n")[0]
    elif end + around < len(text):
        after = after.rpartition(" ")[0] + " …"
    return tuple(re.sub(r"\s+", " ", part) for part in (before, text[start:end], after))  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _together(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(_letters, words)), re.IGNORECASE)


@lru_cache(maxsize=64)
def _each(words: tuple[str, ...]) -> re.Pattern[str]:
    longer = [word for word in words if len(word) > 1] or list(words)
    return re.compile("|".join(map(_letters, longer)), re.IGNORECASE)


def _letters(word: str) -> str:
    """A pattern for ``word`` with any accents. Its parts share no letter, so it is linear."""
    parts = []
    for letter in unicodedata.normalize("NFC", word):
        base = _base(letter)
        if not base:
            continue
        variants = _variants().get(base, base)
        parts.append(f"[{re.escape(variants)}]{_COMBINING}")
    return "".join(parts) or re.escape(word)


def _base(letter: str) -> str:
    """The small letter without its accents; empty for an accent alone."""
    plain = unicodedata.normalize("NFD", letter).lower().replace("đ", "d").replace("\u0131", "i")
    return "".join(c for c in plain if not unicodedata.combining(c))[:1]


@cache
def _variants() -> dict[str, str]:
    """Each Latin letter with all of its accented forms."""
    found: dict[str, str] = defaultdict(str)
    for point in (*range(0x41, 0x250), *range(0x1E00, 0x1F00)):
        if chr(point).isalpha() and (base := _base(chr(point))):
            found[base] += chr(point)
    return dict(found)
