"""From text to the terms of lexical search: folded, stop words dropped, stemmed."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,]\d+)*|[^\W\d_]+")
STOP_WORDS = frozenset(
    "a an and are as at be been being but by did do does for from had has have he her his how "
    "i if in into is it its me my no not of on or our she so such that the their them then "
    "there these they this to was we were what when where which who whom whose why will with "
    "would you your about can could should may might any some please tell".split()
)
_STEMMER = Stemmer.Stemmer("english")


def fold(text: str) -> str:
    """Lower case without diacritics: ``Ngô`` and ``ngo`` are equal, ``đ`` is ``d``."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("đ", "d")


def words(text: str) -> list[str]:
    """The folded words and numbers of ``text`` in order; ``U.S.`` is the one word ``us``."""
    return [t.replace(".", "") if t[0].isalpha() else t for t in _TOKEN.findall(fold(text))]


def terms(text: str) -> list[str]:
    """The terms of ``text`` for BM25: folded, without English stop words, Snowball-stemmed."""
    return [stem(w) for w in words(text) if w not in STOP_WORDS]


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The English Snowball stem of a folded word."""
    return str(_STEMMER.stemWord(word))
