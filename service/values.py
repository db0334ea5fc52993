"""Numbers and dates in a sentence, read into values that can be compared."""

import re
from dataclasses import dataclass

from index.analysis import STOP_WORDS, fold, stem
from service.items import CLAUSE_START, DETERMINER, PREPOSITION, Range, is_verb

_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH_NUMBER = {name: n for n, name in enumerate(_MONTHS, 1)} | {
    name[:3]: n for n, name in enumerate(_MONTHS, 1)
} | {"sept": 9}  # fmt: skip
_MONTH = "|".join(sorted((m.capitalize() for m in _MONTH_NUMBER), key=len, reverse=True))
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?P<year>[12]\d{3})-(?P<month>\d{2})-(?P<day>\d{2})\b",
        rf"\b(?P<name>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
        r"(?:\s*,?\s*(?P<year>[12]\d{3})\b)?",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<name>{_MONTH})\b\.?"
        r"(?:\s*,?\s*(?P<year>[12]\d{3})\b)?",
        rf"\b(?P<name>{_MONTH})\.?,?\s+(?P<year>[12]\d{{3}})\b",
        r"(?i:\bngày\s+)?\b(?P<day>\d{1,2})\s+tháng\s+(?P<month>\d{1,2})\b"
        r"(?:,?\s+(?:năm\s+)?(?P<year>[12]\d{3})\b)?",
        r"(?<![\d,.$€£/-])\b(?P<year>1[0-9]\d\d|20\d\d)\b(?![,.]?\d|%|[/-]\d)",
    )
)
_WORDS = {
    word: float(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
}
_MAGNITUDES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₫": "vnd"} | {
    "dollar": "usd", "euro": "eur", "pound": "gbp", "yen": "jpy", "dong": "vnd",
}  # fmt: skip
_MEASURES = frozenset(
    stem(word)
    for word in "metres meters kilometres kilometers km miles feet foot inches yards centimetres "
    "centimeters kilograms kilos kg pounds tonnes tons litres liters gallons hectares acres "
    "degrees seconds minutes hours days weeks months years decades centuries".split()
) | frozenset(_CURRENCIES.values())
_NUMBER = re.compile(
    rf"(?P<sign>[$€£¥₫]\s?)?(?<![\w.,-])(?P<value>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?"
    rf"|(?:{'|'.join(_WORDS)})(?![\w-]))(?P<ordinal>st|nd|rd|th)?"
    rf"(?:[\s-]+(?P<size>{'|'.join(_MAGNITUDES)})\b)?(?P<percent>\s?(?:%|per\s?cent\b))?(?!\w)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|some|approximately|roughly|nearly|almost|close to|an? estimated|khoảng|gần)"
    r"\s*$",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"\b(?:over|more than|at least|above|upwards of|no fewer than|no less than|hơn|trên)\s*$", re.I
)
_AT_MOST = re.compile(
    r"\b(?:under|less than|fewer than|at most|up to|below|no more than|dưới)\s*$", re.IGNORECASE
)
_TOLERANCE = 0.1
"""Share by which a value said to be "about" right may be off."""
_ROUNDED = 0.02
"""Share by which a value rounded to thousands or more may be off."""


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month of a year, or a year. ``start`` and ``end`` are offsets of its words."""

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None

    @property
    def granularity(self) -> str:
        """``day``, ``month`` or ``year``."""
        return "day" if self.day else "month" if self.month else "year"

    def agrees(self, other: "Date") -> bool:
        """Whether no field that both state differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(a is None or b is None or a == b for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Number:
    """A number with what it counts. ``start`` and ``end`` are offsets of number and size word."""

    start: int
    end: int
    value: float
    units: frozenset[str]
    """Stems of the words behind it, a currency's code, ``%``; empty when it stands alone."""
    least: bool = False
    most: bool = False
    rough: bool = False
    rounded: bool = False

    def agrees(self, other: "Number") -> bool:
        """Whether both can be true of the same thing, roundings and bounds considered."""
        if self.value == other.value:
            return True
        for a, b in ((self, other), (other, self)):
            if (a.least and b.value >= a.value) or (a.most and b.value <= a.value):
                return True
        share = abs(self.value - other.value) / max(abs(self.value), abs(other.value))
        rough, rounded = self.rough or other.rough, self.rounded or other.rounded
        return share <= (_TOLERANCE if rough else _ROUNDED if rounded else 0.0)


def dates(text: str, within: Range) -> list[Date]:
    """The dates of ``text[within[0]:within[1]]`` in order, each read once, the longest way."""
    found: list[Date] = []
    for pattern in _DATES:
        for match in pattern.finditer(text, *within):
            if any(d.start < match.end() and match.start() < d.end for d in found):
                continue
            parts = match.groupdict()
            named = parts.get("name")
            month = _MONTH_NUMBER[named.lower()] if named else _int(parts.get("month"))
            day = _int(parts.get("day"))
            if (day is None or 1 <= day <= 31) and (month is None or 1 <= month <= 12):
                found.append(Date(*match.span(), _int(parts.get("year")), month, day))
    return sorted(found, key=lambda d: d.start)


def numbers(text: str, within: Range) -> list[Number]:
    """The numbers of ``text[within[0]:within[1]]`` in order; those of dates are left out."""
    taken = dates(text, within)
    found = []
    for match in _NUMBER.finditer(text, *within):
        if any(d.start < match.end() and match.start() < d.end for d in taken):
            continue
        written, size = match["value"].replace(",", "").lower(), (match["size"] or "").lower()
        value = _WORDS[written] if written in _WORDS else float(written)
        before = text[max(within[0], match.start() - 24) : match.start()]
        units = _units(text[match.end() : min(within[1], match.end() + 60)])
        if match["sign"]:
            units = frozenset((_CURRENCIES[match["sign"].strip()],))
        elif match["percent"]:
            units = frozenset("%")
        if match["ordinal"]:
            units = frozenset(f"{unit} (ordinal)" for unit in units)
        found.append(
            Number(
                start=match.start(),
                end=match.end(),
                value=value * _MAGNITUDES.get(size, 1.0),
                units=units,
                least=bool(_AT_LEAST.search(before)),
                most=bool(_AT_MOST.search(before)),
                rough=bool(_ABOUT.search(before)),
                rounded=bool(size) or (value >= 1000 and value % 1000 == 0),
            )
        )
    return found


def _units(after: str) -> frozenset[str]:
    """Stems of the up to three words behind a number that belong to what it counts."""
    run = re.match(r"[-\s]+((?:[^\W\d_]+[-\s]*){1,3})", after)
    units = []
    for word in re.findall(r"[^\W\d_]+", run.group(1)) if run else []:
        low = fold(word)
        if low in PREPOSITION | CLAUSE_START | DETERMINER | STOP_WORDS or is_verb(low, word):
            break
        units.append(_CURRENCIES.get(stem(low), stem(low)))
    # "300 metres tall" and "984 feet tall" share a word but no unit.
    return frozenset(units) & _MEASURES or frozenset(units)


def _int(digits: str | None) -> int | None:
    return int(digits) if digits else None
