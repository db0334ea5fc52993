"""From text to the terms of lexical search: folded, stop words dropped, stemmed."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,]\d+)*|[^\W\d_]+")
_ASCII_TOKEN = re.compile(r"(?:[A-Za-z]\.){2,}|[0-9]+(?:[.,][0-9]+)*|[A-Za-z]+")
"""The same for ASCII, in half the time. Folding can leave a capital: that of ``₨`` is ``Rs``."""
STOP_WORDS = frozenset(
    "a an and are as at be been being but by did do does for from had has have he her his how "
    "i if in into is it its me my no not of on or our she so such that the their them then "
    "there these they this to was we were what when where which who whom whose why will with "
    "would you your about can could should may might any some please tell".split()
)
_STEMMER = Stemmer.Stemmer("english")


class _Folding(dict[int, str]):
    """Each character without its diacritics, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code))
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
        self[code] = bare.replace("đ", "d")
        return self[code]


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower case without diacritics: ``Ngô`` and ``ngo`` are equal, ``đ`` is ``d``."""
    lower = text.lower()
    return lower if lower.isascii() else lower.translate(_FOLDING)


def words(text: str) -> list[str]:
    """The folded words and numbers of ``text`` in order; ``U.S.`` is the one word ``us``."""
    folded = fold(text)
    tokens = (_ASCII_TOKEN if folded.isascii() else _TOKEN).findall(folded)
    if "." not in folded:
        return tokens
    return [t.replace(".", "") if "." in t and t[0].isalpha() else t for t in tokens]


def terms(text: str) -> list[str]:
    """The terms of ``text`` for BM25: folded, without English stop words, Snowball-stemmed."""
    return [stem(w) for w in words(text) if w not in STOP_WORDS]


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The English Snowball stem of a folded word."""
    return str(_STEMMER.stemWord(word))
