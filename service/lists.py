"""Questions that ask for several things, and the enumeration that answers them as a whole."""

import re
from collections.abc import Sequence

from index.analysis import fold
from service.coordination import coordination
from service.items import Range

_BULLET = re.compile(r"(?:[-–—*•·▪‣]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_AUXILIARY = frozenset(
    "is are was were do does did has have had can could will would should shall may might must not "
    "been be 's".split()
)
_STOPS = frozenset(
    "of in for from with by to on at that who which when where during under between there "
    "here".split()
)
_IRREGULAR = frozenset("people men women children criteria phenomena feet teeth mice media".split())
_NOT_PLURAL = frozenset(
    "series news species physics mathematics economics politics ethics statistics basis analysis "
    "crisis thesis status campus virus bonus focus census always this his its does has perhaps "
    "lens gas bus sports arms sales customs savings headquarters united".split()
)
_SINGULAR_VERBS = frozenset(
    "happens makes causes gives comes goes takes means says determines drives leads keeps helps "
    "allows becomes remains contains includes follows occurs brings shows sets lies stands runs "
    "plays works lives operates consists belongs refers depends results serves uses needs holds "
    "breaks turns gets hits separates explains describes represents produces provides exists "
    "begins ends looks sounds appears owns controls borders influences affects governs connects "
    "links".split()
)
_DETERMINERS = frozenset("the a an some any its his her their our your no both".split())
_PLURAL_VERBS = frozenset(
    "border make take have come need want belong live use include exist speak play share attend "
    "join form provide produce support help give offer contain cover influence affect cause make "
    "took came made went gave got spoke led won lost held left met sent said sold told wrote built "
    "sang grew ran sat stood rose fell became began bought brought kept fought taught".split()
)
_NUMBERS = {
    word: number
    for number, word in enumerate("two three four five six seven eight nine ten".split(), start=2)
} | {str(number): number for number in range(2, 20)}
_STATED = re.compile(rf"\b({'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_NUMBER = rf"(?:{'|'.join(_NUMBERS)}|several)"
_SINGLE = re.compile(
    r"\b(?:one|any|an example) of\b|\b(?:along with|besides|in addition to|other than|apart from|"
    r"aside from|else)\b|\b(?:name|list|give)\s+(?:me\s+)?(?:a|an|one)\b"
    r"|\bwhich\s+of\b(?!.*\b(?:are|were|have)\b)"
    r"|\b(?:what|which)\s+(?:is|was|one)\b(?!.*\band\b.*\b(?:what|which|who)\b)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    rf"\b(?:what|which|who|whom)\s+(?:are|were)\b(?!\s+(?:you|we)\b)"
    rf"|\b(?:what|which|whose|the)\s+{_NUMBER}\s+\w+"
    r"|\bwho\s+(?:all|attended|participated|joined|spoke|presented|performed|came|took\s+part"
    r"|(?:was|were)\s+(?:there|present|among|involved|invited)|(?:has|have|had)\s+attended)\b"
    r"|^\s*(?:please\s+)?(?:name|list|enumerate|mention|give|tell)\s+(?:me\s+|us\s+)?all\b"
    r"|\b(?:what|which|the)\s+(?:other\s+|main\s+)?(?:types|kinds|sorts|forms|names)\s+of\b"
    r"|^\s*(?:những|các)\b.*\b(?:nào|gì|ai)\b|\bnhững\s+(?:ai|gì)\b"
    r"|^\s*(?:hãy\s+)?(?:kể tên|liệt kê|nêu)\b",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"^\s*(?:please\s+)?(?:name|list|enumerate|mention)\s+(?:me\s+)?(?:the\s+|some\s+)?(.*)", re.I
)
_ASKED = re.compile(r"\b(?:what|which)\s+([^?.!,;]+)", re.IGNORECASE)


def asks_for_several(question: str) -> bool:
    """Whether the form of ``question`` (English or Vietnamese) asks for more than one thing."""
    if _SINGLE.search(question):
        return False
    if _SEVERAL.search(question):
        return True
    asked = [m.group(1) for m in (*_COMMAND.finditer(question), *_ASKED.finditer(question))]
    return any(_plural_phrase(phrase) for phrase in asked)


def whole_list(text: str, question: str, span: Range, sentence: Range) -> Range:
    """``span``, or the whole enumeration it belongs to when ``question`` asks for several things.

    All offsets are 0-based, half-open and index ``text``; the result lies within ``sentence``.
    """
    if not asks_for_several(question):
        return span
    stated = _STATED.search(question)
    most = _NUMBERS.get(fold(stated.group(1))) if stated else None
    return coordination(text, span, sentence, most) or span


def listed_lines(
    text: str, sentences: Sequence[Range], chosen: int, question: str
) -> tuple[int, int] | None:
    """The list that answers, when it stands on lines of its own: first and last sentence number.

    ``sentences`` are the passage's, ``chosen`` is the number of the marked one: an item of the
    list, or the sentence that announces it with a colon. None when ``question`` does not ask for
    several things, or there are fewer than two items. Both numbers are inclusive.
    """
    if not asks_for_several(question):
        return None
    is_item = [_is_line(text, sentences, n) for n in range(len(sentences))]
    announced = text[slice(*sentences[chosen])].rstrip().endswith(":")
    first = chosen + 1 if announced else chosen
    if first >= len(sentences) or not is_item[first]:
        return None
    last = first
    while not announced and first > 0 and is_item[first - 1]:
        first -= 1
    while last + 1 < len(sentences) and is_item[last + 1]:
        last += 1
    opened = first > 0 and text[slice(*sentences[first - 1])].rstrip().endswith(":")
    marked = all(_BULLET.match(text, sentences[n][0]) for n in range(first, last + 1))
    return (first, last) if last > first and (opened or marked) else None


def _is_line(text: str, sentences: Sequence[Range], number: int) -> bool:
    """Whether the sentence is a line of a list: with a bullet, or without a full stop."""
    start, end = sentences[number]
    before = text[max(0, start - 2) : start]
    begins = number > 0 and "\n" in before
    if _BULLET.match(text, start):
        return begins or number == 0
    alone = begins and (end == len(text) or text[end : end + 1] == "\n")
    return alone and not text[start:end].endswith((".", "!", "?", "…", ":"))


def _plural_phrase(phrase: str) -> bool:
    """Whether ``phrase``, from after "which" on, begins with a plural noun phrase."""
    words = [fold(w).strip("'\"’") for w in phrase.split()[:6]]
    for number, word in enumerate(words[:5]):
        if word in _AUXILIARY | _STOPS | _SINGULAR_VERBS or (number and word in _DETERMINERS):
            return False
        if not _is_plural(word):
            continue
        after = words[number + 1] if number + 1 < len(words) else ""
        if after in _AUXILIARY | _STOPS | _PLURAL_VERBS | {""} or after.endswith("ed"):
            return True
        if number == 0 and not _is_plural(after) and after not in _DETERMINERS:
            return True
    return False


def _is_plural(low: str) -> bool:
    if low in _IRREGULAR:
        return True
    return (
        len(low) > 3
        and low.endswith("s")
        and low not in _NOT_PLURAL
        and not low.endswith(("ss", "us", "is", "'s", "’s", "ics"))
    )
