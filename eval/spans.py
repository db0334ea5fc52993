"""Comparing marked words with gold words: by position, and by text."""

import re
import string
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def contains(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    """Whether ``inner`` lies wholly within ``outer``; both half-open, in one document."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def overlaps_half(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether ``a`` and ``b`` share at least half of the shorter one.

    Sentence splitters differ, so an exact match would punish the splitter. Half of the shorter
    lets one side hold two sentences where the other has one, but not merely touch it.
    """
    shared = min(a[1], b[1]) - max(a[0], b[0])
    shorter = min(a[1] - a[0], b[1] - b[0])
    return shared > 0 and 2 * shared >= shorter


def normalise(text: str) -> str:
    """Lower case, no ASCII punctuation, no English articles, single spaces.

    As SQuAD's official evaluation script does (Rajpurkar et al. 2016, section 6).
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, answers: Iterable[str]) -> float:
    """1 when ``prediction`` equals one of ``answers`` after ``normalise``, else 0 (EM)."""
    found = normalise(prediction)
    return float(any(found == normalise(a) for a in answers))


def token_f1(prediction: str, answers: Iterable[str]) -> float:
    """Best F1 of ``prediction``'s tokens against one of ``answers``, 0 to 1.

    Tokens are the words after ``normalise``, compared as bags: precision and recall count shared
    words (Rajpurkar et al. 2016; "F1 over words", "span F1"). When either side has no words left,
    1 if both have none, else 0 (SQuAD 2.0). 0 without answers.
    """
    return max(
        (_f1(normalise(prediction).split(), normalise(a).split()) for a in answers), default=0.0
    )


def _f1(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    shared = sum((Counter(found) & Counter(gold)).values())
    return 2 * shared / (len(found) + len(gold))
