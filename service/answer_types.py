"""What kind of thing a question asks for, and whether a sentence holds one.

"When will it open?" can only be answered by words that tell a time. A sentence about the right
subject without one is a near miss, and relevance scores do not see that. Kinds and cues follow
the coarse classes of Li and Roth (2002), as far as surface text can tell them.
"""

import re
from typing import Literal

Kind = Literal[
    "clock", "time", "duration", "number", "money", "percent", "person", "contact", "other"
]
STRICT: frozenset[Kind] = frozenset(("clock", "time", "number", "money", "percent", "contact"))
"""Kinds that surface text tells well: without a match the sentence is hardly ever the answer."""

_PATTERNS: tuple[tuple[Kind, str], ...] = (
    (
        # To be asked for, not only spoken of: "Who sent the e-mail?" asks for a person.
        "contact",
        r"\b(e-?mail|street|postal|web) address\b|\b(phone|telephone|fax) number\b"
        r"|\b(what|which) (is|are|was|were)\b[^?]*\b(e-?mail|phone|telephone|fax|web\s?site|url)"
        r"\s*(of\b|for\b|\?|$)"
        r"|\b(what|which) (e-?mail|web\s?site|url|number\b.*\b(phone|telephone|call|fax))\b",
    ),
    ("percent", r"\b(what|which|how many) (percent|percentage|proportion|share)\b"),
    (
        "money",
        r"\bhow much (money|will|would|did|does|do|is|was|are|were|has|have)\b"
        r".*\b(cost|pay|paid|spen[dt]|budget|worth|price|charge|raise[ds]?|invest(ed)?|earn"
        r"(ed)?|fund(ed|ing)?|donate[ds]?|charged)\b"
        r"|\bhow much money\b|\bwhat\b.*\b(price|cost|budget|fee|salary|funding amount)\b",
    ),
    ("clock", r"\b(at )?what time\b"),
    ("duration", r"\b(how long|how many (years?|months?|weeks?|days?|hours?|minutes?))\b"),
    (
        "time",
        r"\b(what|which) (exact |calendar )?(date|day|year|month|time|century|decade|weekday)\b"
        r"|\bhow (soon|recently)\b|\bby what (date|year)\b",
    ),
    ("time", r"\bwhen\b(?!.*\?.*\bwhen\b)"),
    (
        "number",
        r"\bhow many\b|\bwhat (number|amount|quantity)\b|\bhow (old|tall|big|large|far)\b",
    ),
    ("person", r"\b(who|whom|whose)\b"),
)
_QUESTION = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_SUBORDINATE_WHEN = re.compile(
    r"^(?!\s*(and |so |but )?((since|until|till) |((can|could|do|would) you )?(please )?"
    r"(tell me |know ))?when\b).*\w\s+when\s+(?!\w+\s*\?)"
    r"|^\s*when\b[^?]*,\s*(who|whom|whose|what|which|where|how|why)\b",
    re.IGNORECASE,
)
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_NUMBER_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    "fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    "ninety|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|tens|several|many|half|"
    "both|once|twice|single|pair|couple|no"
)
_UNITS = "years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centur(?:y|ies)"
_TIME = re.compile(
    rf"\b(?:{_MONTHS})\b|\b(?:1\d|20)\d\d(?:s|\b)|\b\d{{1,2}}(?:st|nd|rd|th)?\s+century\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:to)?day\b|\byesterday\b|\btomorrow\b"
    rf"|\b(?:last|next|this|every|each|recent|past|coming)\s+(?:few\s+)?(?:\d+\s+)?(?:{_UNITS}|"
    r"spring|summer|autumn|fall|winter)\b"
    rf"|\b(?:\d+|{_NUMBER_WORDS})\s+(?:{_UNITS})\b|\b(?:{_UNITS})\s+(?:ago|later|before|after)\b"
    r"|\b(?:during|after|before|until|till|since|when|while|once|upon|as soon as|by the time)\b"
    r"|\b(?:ancient|medieval|century|decade|era|period|morning|evening|afternoon|night|noon|"
    r"midnight|anniversary|spring|summer|autumn|winter|nowadays|currently|now|soon|future)\b"
    r"|\b\d{1,2}:\d\d\b|\b\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}\b",
    re.IGNORECASE,
)
_EXACT_TIME = re.compile(
    rf"\b(?:{_MONTHS})\.?\s+\d|\d\s+(?:{_MONTHS})\b|\b(?:1\d|20)\d\d(?:s|\b)|\bcentury\b"
    rf"|\b(?:in|on|since|until|by|late|early|mid)[ -](?:{_MONTHS})\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b\d{1,2}:\d\d\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\d+(?:[.,]\d+)*|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_MONEY = re.compile(
    r"[$€£¥₫₹]|\b(?:usd|eur|gbp|vnd|dollars?|euros?|pounds?|dong|cents?|yen|yuan|rupees?|"
    r"francs?|marks?|free of charge|kroner|sek|pence)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"%|\bper\s?cent\b|\bpercentage\b|\b(?:half|third|quarter|fifth|majority|most|all)\b", re.I
)
_DURATION = re.compile(
    rf"\b(?:\d[\d,.]*|{_NUMBER_WORDS})[\s-]+(?:\w+[\s-]+)?(?:{_UNITS})\b|\b(?:1\d|20)\d\d\b|"
    r"\b(?:forever|permanently|lifetime|overnight)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"\S@\S+\.\w|https?://|\bwww\.|\+?\d[\d\s().-]{6,}\d", re.IGNORECASE)
_PERSON = re.compile(
    r"(?<![.!?]\s)(?<!^)\b[A-Z][^\W\d_]+|\b(?:he|she|they|who|people|men|women|members|students|"
    r"experts?|professors?|king|queen|president|director|minister|leader)\b"
)
_CLOCK = re.compile(
    r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2}\s*(?:[ap]\.?m\b|o['’]clock)|\b(?:noon|midnight|dawn|dusk)\b"
    r"|\bat (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)
_EVIDENCE = {
    "clock": _CLOCK,
    "time": _TIME,
    "duration": _DURATION,
    "number": _NUMBER,
    "money": _MONEY,
    "percent": _PERCENT,
    "contact": _CONTACT,
    "person": _PERSON,
}


def expected_kind(question: str) -> Kind:
    """The kind of answer ``question`` asks for; ``other`` when its form does not say."""
    for kind, pattern in _QUESTION:
        found = pattern.search(question)
        if found is None:
            continue
        if found.group().lower() == "when" and _SUBORDINATE_WHEN.search(question):
            continue
        return kind
    return "other"


def kind_evidence(kind: Kind, question: str, sentence: str) -> float:
    """1 when ``sentence`` holds what ``kind`` asks for, 0 when it does not.

    .5 for ``other``, for which surface text cannot tell, and for a time told only by an event
    ("after the war"). What the question itself states does not count: a year in the question is
    no answer to "when".
    """
    if kind == "other":
        return 0.5
    asked = set(re.findall(r"\w+", question.lower()))
    matches = [m.group() for m in _EVIDENCE[kind].finditer(sentence)]
    new = [m for m in matches if not set(re.findall(r"\w+", m.lower())) <= asked or not m.strip()]
    if kind in ("money", "contact", "percent"):
        new = matches
    if not new:
        return 0.0
    if kind == "time":
        exact = [m.group() for m in _EXACT_TIME.finditer(sentence)]
        exact = [m for m in exact if not set(re.findall(r"\w+", m.lower())) <= asked]
        return 1.0 if exact else 0.5
    return 1.0
