"""Two documents that answer the same question with different numbers, dates, titles or names.

Only values of the same thing are compared: a number with the same noun behind it, dates told to
the same precision, offices of the same person in the same organisation, names with the same acronym
behind them. What one document does not state is no disagreement, and neither is another spelling of
a name. Where it cannot be told whether the thing is the same, nothing is reported.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from rapidfuzz import fuzz

from index.analysis import STOP_WORDS, fold, stem, words
from service.answer_types import expected_kind
from service.answers import Disagreement, DisputedWords
from service.items import Range
from service.titles import Title, titles
from service.values import Date, Number, dates, numbers

Value = TypeVar("Value", Date, Number)

_ASKS_WHO = re.compile(
    r"\b(?:who|whom|whose|title|role|position|post|job|office|rank|leads?|leader|heads?|(?-i:ai|Ai)|"
    r"chức vụ|chức danh|vai trò)\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow many\s+((?:[^\W\d_]+\s*){1,3})", re.IGNORECASE)
_ASKING = frozenset(
    "date day year month time number amount many much long old tall big large far take took place "
    "happen happened name title role position exact exactly total".split()
)
_SAME: dict[str, str] = {
    stem(word): group
    for group, members in {
        "held": "held hold convened convene occur occurred organised organized organise organize "
        "staged took taken",
        "open": "opened open opening begin began begun start started launch launched inaugurated",
        "close": "closed close closing end ended finish finished",
        "found": "founded establish established establishment set create created creation formed",
        "attend": "attended attend participated participate participants attendance attendees came "
        "took joined present",
        "lead": "lead led leads head heads headed",
        "cost": "cost costs price priced paid",
        "bear": "born birth",
        "die": "died dead death",
    }.items()
    for word in members.split()
    if word != "took"
}
"""Stems of common words that tell the same event."""
_COMPATIBLE = frozenset("founder leader ambassador spokes curator judge senator chief".split())
"""Offices that one and the same person can well hold besides another one."""
_ALIKE = 0.4
"""Share of all their words that two sentences have in common when they surely tell the same."""
_ONE_SPELLING = 90
"""Percent from which on two names are spellings of one, by the share of letters in common."""
_ACRONYM_BEHIND = re.compile(r"\s*\(\s*([A-Z][\w.&-]{1,9})\s*[),;]")
_NEARBY = 600
"""Characters around a sentence in which a name that it leaves out may stand."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A marked sentence that answers, and the very words of the answer where they are known."""

    passage_id: str
    doc_id: str
    text: str
    """The document's text, which all offsets index."""
    sentence: Range
    span: Range | None = None


def disagreement(question: str, first: Statement, other: Statement) -> Disagreement | None:
    """What ``first`` and ``other`` say differently in answer to ``question``, or None.

    None, too, when both are of one document.
    """
    if first.doc_id == other.doc_id:
        return None
    if _ASKS_WHO.search(question):
        differing = _differing_titles(titles_of(first), titles_of(other))
        if differing is not None:
            return _record("title", first, differing[0], other, differing[1])
    names = _differing_names(question, first, other)
    if names is not None:
        return _record("name", first, names[0], other, names[1])
    if not _same_subject(question, first, other):
        return None
    kind = expected_kind(question)
    spans = [s.span for s in (first, other) if s.span is not None]
    both = kind == "other" and len(spans) == 2
    if kind == "time" or (both and all(_holds(s, dates) for s in (first, other))):
        days = _differing_dates(first, other)
        return _record("date", first, days[0], other, days[1]) if days else None
    counts = kind in ("number", "money", "percent", "duration")
    if counts or (both and all(_holds(s, numbers) for s in (first, other))):
        found = _differing_numbers(question, first, other)
        return _record("number", first, found[0], other, found[1]) if found else None
    return None


def _holds(statement: Statement, find: Callable[[str, Range], Sequence[object]]) -> bool:
    return statement.span is not None and bool(find(statement.text, statement.span))


def titles_of(statement: Statement) -> list[Title]:
    """The offices in the statement's sentence."""
    return titles(statement.text, statement.sentence)


def _record(
    kind: Literal["number", "date", "title", "name"],
    first: Statement,
    here: Number | Date | Title | Range,
    other: Statement,
    there: Number | Date | Title | Range,
) -> Disagreement:
    disputed = []
    for statement, value in ((first, here), (other, there)):
        start, end = value if isinstance(value, tuple) else (value.start, value.end)
        words_there = statement.text[start:end]
        disputed.append(DisputedWords(statement.passage_id, start, end, words_there))
    return Disagreement(kind, tuple(disputed))


def _differing_names(
    question: str, first: Statement, other: Statement
) -> tuple[Range, Range] | None:
    """Long forms of one acronym of the question, when they are not spellings of one name."""
    if first.span is None or other.span is None:
        return None
    short, names = set(), []
    for statement in (first, other):
        start, end = statement.span or (0, 0)
        behind = _ACRONYM_BEHIND.match(statement.text, end)
        short.add(fold(behind.group(1)) if behind else "")
        names.append(fold(statement.text[start:end]))
    one_acronym = len(short) == 1 and short <= set(words(question))
    if not one_acronym or fuzz.ratio(*names) >= _ONE_SPELLING:
        return None
    return first.span, other.span


def _differing_titles(here: Sequence[Title], there: Sequence[Title]) -> tuple[Title, Title] | None:
    """Offices of the same person in the same organisation, when none of them agree."""
    for one in here:
        if one.office.split()[-1] in _COMPATIBLE:
            continue
        rivals = [
            t
            for t in there
            if _same_name(one.person, t.person)
            and _same_name(one.organisation, t.organisation)
            and t.office.split()[-1] not in _COMPATIBLE
        ]
        own = {
            t.office
            for t in here
            if t.person == one.person and _same_name(t.organisation, one.organisation)
        }
        if rivals and not own & {t.office for t in rivals}:
            return one, rivals[0]
    return None


def _same_name(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two names can be the same: one's words are all in the other, or its initials are."""
    if not one or not other:
        return one == other
    return one <= other or other <= one


def _differing_dates(first: Statement, other: Statement) -> tuple[Date, Date] | None:
    here, there = _told(first, dates), _told(other, dates)
    if any(a.agrees(b) for a in here for b in there):
        return None
    if len(here) != 1 or len(there) != 1 or here[0].granularity != there[0].granularity:
        return None
    return here[0], there[0]


def _differing_numbers(
    question: str, first: Statement, other: Statement
) -> tuple[Number, Number] | None:
    if not _same_time(question, first, other):
        return None
    asked = _HOW_MANY.search(question)
    nouns = {stem(w) for w in words(asked.group(1))} - STOP_WORDS if asked else set()
    here = _of_noun(_told(first, numbers), nouns)
    there = _of_noun(_told(other, numbers), nouns)
    pairs = [(a, b) for a in here for b in there if a.units & b.units or nouns]
    pairs += [(a, b) for a in here for b in there if not a.units and not b.units and not nouns]
    if len(pairs) != 1 or pairs[0][0].agrees(pairs[0][1]):
        return None
    for value, statement in zip(pairs[0], (other, first), strict=True):
        told = numbers(statement.text, statement.sentence)
        if any(n.agrees(value) and (not n.units or n.units & value.units) for n in told):
            return None
    return pairs[0]


def _of_noun(found: Sequence[Number], nouns: set[str]) -> list[Number]:
    """The numbers that count ``nouns``, else those that stand alone; all when none is asked."""
    if not nouns:
        return list(found)
    return [n for n in found if n.units & nouns] or [n for n in found if not n.units]


def _told(statement: Statement, find: Callable[[str, Range], list[Value]]) -> list[Value]:
    """What ``find`` finds in the sentence; where the span holds some of it, only that."""
    found = find(statement.text, statement.sentence)
    if statement.span is None:
        return found
    start, end = statement.span
    return [v for v in found if v.start < end and start < v.end] or found


def _same_subject(question: str, first: Statement, other: Statement) -> bool:
    """Whether both sentences speak of the same things that the question names.

    A word of the question in one sentence must be in the other; a name may stand near it instead.
    """
    names = {
        stem(w)
        for token in re.findall(r"(?<=\s)[^\W\d_][\w.]*|\d+", question)
        if token[0].isupper() or token[0].isdigit()
        for w in words(token)
    }
    asked = _meanings(question) - _ASKING
    held = [_meanings(_sentence(s)) & asked for s in (first, other)]
    shared = held[0] & held[1]
    here, there = _meanings(_sentence(first)), _meanings(_sentence(other))
    if 2 * len(shared) < len(asked) and len(here & there) < _ALIKE * len(here | there):
        return False
    if shared <= set(_SAME.values()):
        # "It was founded": only the event is named, so something else must be the same.
        shared = here & there - set(_SAME.values())
    if not shared:
        return False
    for statement, missing in ((first, held[1] - held[0]), (other, held[0] - held[1])):
        start, end = statement.sentence
        around = _meanings(statement.text[max(0, start - _NEARBY) : end + _NEARBY])
        if not missing <= names & around:
            return False
    return True


def _same_time(question: str, first: Statement, other: Statement) -> bool:
    """Whether no year sets the two apart: 40 members in 2023 and 50 in 2024 are no contradiction.

    A year that only one sentence states must be the question's.
    """
    here, there = (
        {d.year for d in dates(s.text, s.sentence) if d.year is not None} for s in (first, other)
    )
    asked = {d.year for d in dates(question, (0, len(question)))}
    return bool(here & there) or here | there <= asked


def _meanings(text: str) -> set[str]:
    """Stems of the words of ``text`` that carry meaning, those of one event made one."""
    folded = re.sub(r"\b(?:took|taken?|taking) (?:place|part)\b", _plain, text.lower())
    return {_SAME.get(stem(w), stem(w)) for w in words(folded) if w not in STOP_WORDS}


def _plain(found: re.Match[str]) -> str:
    return "held" if found.group().endswith("place") else "attended"


def _sentence(statement: Statement) -> str:
    return statement.text[slice(*statement.sentence)]
