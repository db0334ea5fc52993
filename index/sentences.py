"""Splitting text into sentences with exact offsets, in one linear pass.

Rules rather than a model: they are fast, repeatable, work offline on any language that ends its
sentences with ``. ! ? …`` or their full-width forms, and every regular expression here is free of
nested repetition, so hostile text cannot make it slow.
"""

import re

# Marks with a blank between them, ". . .", are one.
_TERMINATOR = re.compile(r"[.!?…。！？]+(?:\s[.!?…]+(?=\s|$))*")
_CLOSERS = "\"'”’»)]}"
_OPENERS = "\"'“‘«([{¿¡—–-•*"
_OPENERS_AND_BLANK = _OPENERS + " "
_FULL_WIDTH = "。！？"
# Words that end in a full stop without ending a sentence.
_TITLES = frozenset(
    "mr mrs ms dr prof st sen rep gov gen col lt sgt capt rev hon pres amb messrs mt ft jr sr vs "
    "no nos vol fig pp eds ed al cf approx est dept univ assn co corp inc ltd bros "
    "jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e viz etc a.k.a ph.d u.s u.k u.n "
    "ts ths gs pgs tp".split()
)
_MAY_END = frozenset("jr sr co corp inc ltd bros etc u.s u.k u.n ph.d al".split())
"""Abbreviations that often close a sentence: the next word's capital decides."""
_LIKELY_STARTERS = frozenset(
    "the a an this that these those it he she they we i you in on at for from by with as but and "
    "however when while after before since during although if there his her their its our "
    "according mr mrs ms dr".split()
)
_WORD_BEFORE = 24
_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?![^\S\n]*\n)[^\n]+)*")
_INITIALS = re.compile(r"(?:[A-Z]\.)*[A-Z]")
_BEFORE_WORD = re.compile(r"[(\[\"“‘]")
_WORD = re.compile(r"[^\W\d_]+")
# In tokenised text a closing quote stands alone.
_CLOSING_QUOTE = re.compile(r"\s['\"”’)\]]+(?=\s|$)")
_ALPHANUMERIC = re.compile(r"[^\W_]")


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of each sentence of ``text[start:end]``, white space trimmed.

    Offsets index ``text`` itself. Together the spans cover every non-blank character. A blank
    line always ends a sentence. Time grows linearly with the length of the text.
    """
    stop = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    for paragraph in _PARAGRAPH.finditer(text[start:stop]):
        if paragraph.group().isspace():
            continue
        begin, limit = start + paragraph.start(), start + paragraph.end()
        for boundary in _boundaries(text, begin, limit):
            _append(spans, text, begin, boundary)
            begin = boundary
        _append(spans, text, begin, limit)
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end].strip()
    if not piece:
        return
    while text[start].isspace():
        start += 1
    end = start + len(piece)
    if spans and not (text[start].isalnum() or _ALPHANUMERIC.search(text, start, end)):
        # Stray marks such as "./." belong to the sentence before them.
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))


def _boundaries(text: str, start: int, end: int) -> list[int]:
    found: list[int] = []
    begin = start
    for mark in _TERMINATOR.finditer(text, start, end):
        first, after = mark.span()
        last = text[after - 1]
        single = after == first + 1
        while after < end and text[after] in _CLOSERS:
            after += 1
        if after >= end:
            break
        if last not in _FULL_WIDTH:
            if not text[after].isspace():
                continue
            opening = text[after : after + _WORD_BEFORE].lstrip().lstrip(_OPENERS_AND_BLANK)
            if opening[:1].islower():
                continue
            if single and last == "." and not _stop_ends(text, begin, first, opening):
                continue
            if "''" in text[after : after + 8]:
                closing = _CLOSING_QUOTE.match(text, after, min(end, after + 8))
                after = closing.end() if closing and "''" in closing.group() else after
        found.append(after)
        begin = after
    return found


def _stop_ends(text: str, start: int, stop: int, opening: str) -> bool:
    """Whether the full stop at ``stop`` ends the sentence from ``start``; ``opening`` follows."""
    word = _word_before(text, start, stop)
    if not word:
        return True
    lower = word.lower()
    bare = lower.strip(".")
    if _INITIALS.fullmatch(word):
        # Initials ("J. K. Rowling") bind to the next word; "in the U.S. The ..." does not.
        return "." in word and _next_word(opening) in _LIKELY_STARTERS
    if bare in _TITLES or lower in _TITLES:
        may_end = bare in _MAY_END or lower in _MAY_END
        return may_end and _next_word(opening) in _LIKELY_STARTERS
    # A number at the very start of a sentence numbers a list: "1. Open the lid".
    return not (bare.isdigit() and text[start:stop].strip() == word)


def _word_before(text: str, start: int, position: int) -> str:
    pieces = text[max(start, position - _WORD_BEFORE) : position].rsplit(None, 1)
    return _BEFORE_WORD.split(pieces[-1])[-1] if pieces else ""


def _next_word(text: str) -> str:
    found = _WORD.match(text)
    return found.group().lower() if found else ""
