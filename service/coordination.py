"""The extent of an enumeration ("A, B and C") around a part of it, told by its surface.

A sentence is cut at its commas, semicolons and conjunctions, and the pieces next to the given
words are taken in as long as they can be items (``items.py``). Where that cannot be told, nothing
is taken in. Every regular expression is free of nested repetition; time is linear in the sentence.
"""

import re

from index.analysis import fold
from service.items import PREPOSITION, Range, Shape, clausal, is_verb

_AND = r"(?:and/or|and|or|&|as well as|along with|together with|plus|và|hoặc|cũng như|cùng với)"
_BULLET = r"(?:[-–—*•·▪‣]|\(?\d{1,3}[.)]|\(?[a-z]\))"
_SEPARATOR = re.compile(
    rf"\s*\n\s*{_BULLET}\s+|\s*[,;]\s*(?:{_AND}\s+(?:also\s+)?)?|\s+{_AND}\s+(?:also\s+)?",
    re.IGNORECASE,
)
_SEMICOLON = re.compile(rf"\s*;\s*(?:{_AND}\s+)?", re.IGNORECASE)
_MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_BRACKET = re.compile(r"\([^()\n]*\)|\[[^\[\]\n]*\]")
_OPAQUE = (
    (_BRACKET, "("),
    (re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»"), "Q"),
    (re.compile(rf"\b(?:{_MONTH})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\s*,\s*\d{{4}}\b"), "0"),
    (re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTH})\.?\s*,\s*\d{{4}}\b"), "0"),
    (re.compile(r"\d(?:,\d+)+"), "0"),
    (re.compile(r",\s*(?:Jr|Sr|Inc|Ltd|LLC|Ph\.?D|M\.?D|M\.?P|OBE|CBE|Esq|II|III|IV)\b"), "Q"),
)
"""Text whose commas and conjunctions separate nothing, and what stands for it."""
_OPENS_CLAUSE = re.compile(r"\b(?:that|which|who|where|when|because|while|if|rằng)\b|[:—]")
_INTRODUCES = frozenset("include includes included including namely like are were".split())


def coordination(text: str, span: Range, sentence: Range, most: int | None = None) -> Range | None:
    """Return the offsets of the whole enumeration of which ``span`` is an item or a part.

    ``span`` and the returned range index ``text``, 0-based and half-open, and lie in ``sentence``.
    None when ``span`` is no item of an enumeration, is the whole of it already, or when the
    enumeration has more than ``most`` items.
    """
    if not sentence[0] <= span[0] < span[1] <= sentence[1]:
        return None
    for bracket in _BRACKET.finditer(text, *sentence):
        if bracket.start() < span[0] and span[1] < bracket.end():
            sentence = (bracket.start() + 1, bracket.end() - 1)
    masked = text[slice(*sentence)]
    for pattern, sign in _OPAQUE:
        masked = pattern.sub(lambda m, sign=sign: sign * len(m.group()), masked)  # type: ignore[misc]
    begin, end = span[0] - sentence[0], span[1] - sentence[0]
    for separator in (_SEMICOLON, _SEPARATOR):
        enumeration = _Enumeration(masked, separator)
        found = enumeration.around(begin, end, most)
        if found is not None and found != (begin, end):
            return sentence[0] + found[0], sentence[0] + found[1]
    return None


class _Enumeration:
    """One sentence, masked, and the pieces that its separators leave."""

    def __init__(self, masked: str, separator: re.Pattern[str]) -> None:
        self.masked = masked
        self.semicolons = separator is _SEMICOLON
        self.pieces: list[Range] = []
        self.marks: list[str] = []
        """``marks[n]`` stands between ``pieces[n]`` and ``pieces[n + 1]``."""
        limit = len(masked.rstrip(" .!?…\"'”’"))
        at = 0
        for found in separator.finditer(masked, 0, limit):
            self.pieces.append((at, found.start()))
            self.marks.append("\n" if "\n" in found.group() else found.group().strip().lower())
            at = found.end()
        self.pieces.append((at, limit))

    def around(self, begin: int, end: int, most: int | None) -> Range | None:
        """The extent of the enumeration around ``begin`` to ``end``."""
        pieces = self.pieces
        first = next((n for n, (_, stop) in enumerate(pieces) if begin < stop), None)
        last = next((n for n, (_, stop) in enumerate(pieces) if end <= stop), None)
        if first is None or last is None or len(pieces) < (3 if self.semicolons else 2):
            return None
        shape = Shape(self.masked, begin, pieces, first)
        if shape.lead is None and clausal(self.masked[begin:end].split()):
            return None
        left, start = first, begin
        # "A, B and C" is taken for whole; what stands before it is seldom a part of it.
        if not self._joined(first, last) or (last - first == 1 and shape.names):
            left, start = self._leftwards(first, begin, shape)
        right, stop = self._rightwards(left, (first, last), (start, end), shape)
        if right - left == 1 and _parts_clauses(self.marks[left]) and not shape.numbers:
            return None
        if not self._joined(left, right) and not (right - left > 1 and self._announced(start)):
            return None
        names = [p for p in pieces[left : right + 1] if not shape.describes(self._words(p))]
        if most is not None and len(names) > most:
            return None
        return min(start, begin), max(stop, end)

    def _leftwards(self, first: int, begin: int, shape: Shape) -> Range:
        """The number of the first item's piece and where in it the item begins."""
        before = self.masked[self.pieces[first][0] : begin].split()
        if len(before) > 3 or clausal(before) or not all(shape.may_open(w) for w in before):
            return first, begin
        at, start = first, begin
        for number in range(first - 1, -1, -1):
            mark = self.marks[number]
            if mark[:1] == ";" and not self.semicolons:
                break
            piece = self.pieces[number]
            whole = number > 0 and shape.is_item(self._words(piece))
            # In "third and fourth with A, B and C" the first "and" belongs to another pair.
            pair = number > 0 and mark == "," and _is_and(self.marks[number - 1])
            if not whole or pair:
                text = self.masked[slice(*piece)]
                item = shape.item_at_end(text, opens_sentence=piece[0] == 0)
                if item is not None:
                    return number, piece[0] + item
            if not whole:
                break
            at, start = number, piece[0]
        return at, start

    def _rightwards(self, left: int, numbers: Range, ends: Range, shape: Shape) -> Range:
        """The number of the last item's piece and where in it the item ends."""
        (first, last), (start, end) = numbers, ends
        rest = self.masked[end : self.pieces[last][1]].split()
        if len(rest) > 8 or ":" in "".join(rest) or clausal(["X", *rest]):
            return last, end
        best = (last, end)
        # "A and B" is whole already, and "A with B and C" may be "A with (B and C)".
        closed = self._joined(first, last) or (
            not (shape.numbers or self.semicolons) and any(fold(w) in PREPOSITION for w in rest)
        )
        clause = max((m.end() for m in _OPENS_CLAUSE.finditer(self.masked, 0, start)), default=0)
        has_verb = clausal(["X", *self.masked[clause:start].split()])
        joined, announced = self._joined(left, last), self._announced(start)
        for number in range(last + 1, len(self.pieces)):
            mark, piece = self.marks[number - 1], self.pieces[number]
            if mark[:1] == ";" and not self.semicolons:
                break
            if closed and mark.strip(",; ") in ("and", "or", "&", "and/or", "và", "hoặc"):
                break
            if number - left == 1 and _parts_clauses(mark) and not shape.numbers:
                break
            found = shape.item_at_start(self.masked[slice(*piece)])
            if found is None:
                break
            stop = piece[0] + found
            if self.semicolons and shape.is_item(self._words(piece)):
                stop = piece[1]
            following = self.masked[stop : piece[1]].split()[:1]
            if has_verb and following and is_verb(fold(following[0]), following[0]):
                # "They saw Hanoi and Hue hosted them": what follows "and" is a clause.
                break
            joins = _is_and(mark) or mark == "\n"
            joined = joined or joins
            if joins or (number - left > 1 and announced and not joined):
                best = (number, stop)
            if stop < piece[1]:
                break
        return self._with_apposition(left, best, shape)

    def _with_apposition(self, left: int, best: Range, shape: Shape) -> Range:
        """Take "mayor of Y" into "A, director of X, and B, mayor of Y"."""
        number, stop = best
        if number == left or number + 1 >= len(self.pieces) or stop < self.pieces[number][1]:
            return best
        middle = [self._words(p) for p in self.pieces[left + 1 : number]]
        following = self._words(self.pieces[number + 1])
        alike = any(shape.describes(words) for words in middle) and shape.describes(following)
        if self.marks[number] == "," and alike and shape.is_item(following):
            return number + 1, self.pieces[number + 1][1]
        return best

    def _words(self, piece: Range) -> list[str]:
        return self.masked[slice(*piece)].split()

    def _joined(self, left: int, right: int) -> bool:
        """Whether a conjunction or a line's bullet stands between two pieces."""
        return any(_is_and(mark) or mark == "\n" for mark in self.marks[left:right])

    def _announced(self, start: int) -> bool:
        """Whether an enumeration at ``start`` is announced, so that it needs no "and"."""
        before = self.masked[:start].split()
        return bool(before) and (before[-1].endswith(":") or fold(before[-1]) in _INTRODUCES)


def _is_and(mark: str) -> bool:
    return bool(mark.strip(",; \n"))


def _parts_clauses(mark: str) -> bool:
    """In "A, and B" the comma parts clauses more often than two items."""
    return "," in mark and mark.strip(" ,") in ("and", "or", "và", "hoặc")
