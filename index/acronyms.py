"""Acronyms that the record itself explains, found as Schwartz and Hearst (2003) do.

"Vietnam Film Development Association (VFDA)" and "VFDA (Vietnam Film Development Association)"
both say what VFDA stands for. One acronym may have several long forms: they are all kept.
"""

import re
from collections.abc import Iterable

_PAIR = re.compile(r"\(([^()]{2,100})\)")
_SHORT = re.compile(r"[A-Z][A-Za-z0-9&.-]{1,9}")
_WORD = re.compile(r"[^\W_]+(?:['’&-][^\W_]+)*")
_CONNECTORS = frozenset("of and the for in on to a an de la du des et".split())


def find_acronyms(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return each acronym with its long forms, in the order they are first met."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for match in _PAIR.finditer(text):
            inside = re.split(r"[,;]", match.group(1))[0].strip()
            before = text[max(0, match.start() - 160) : match.start()]
            before = re.split(r"[.;:!?()\n]\s", before)[-1]
            if _is_acronym(inside):
                _add(found, inside, _long_form_before(inside, before))
            else:
                short = re.search(r"(\S+)\s*$", before)
                if short and _is_acronym(short.group(1)):
                    words = _WORD.findall(inside)
                    if _matches(short.group(1), words):
                        _add(found, short.group(1), inside)
    return found


def _add(found: dict[str, list[str]], acronym: str, long_form: str | None) -> None:
    if long_form and long_form not in found.setdefault(acronym.replace(".", ""), []):
        found[acronym.replace(".", "")].append(long_form)


def _is_acronym(text: str) -> bool:
    capitals = sum(c.isupper() for c in text)
    return bool(_SHORT.fullmatch(text)) and capitals >= 2 and capitals * 2 >= len(text)


def _long_form_before(acronym: str, before: str) -> str | None:
    """The run of words right before the bracket that the acronym stands for.

    The shortest run whose initials spell it; else the name in capitals before the bracket, when
    it holds the letters in order, or at least begins and ends as the acronym does: organisations
    change their names and keep their acronyms.
    """
    words = list(_WORD.finditer(before))
    letters = [c.lower() for c in acronym if c.isalnum()]
    for count in range(1, min(len(words), len(letters) + 5) + 1):
        chosen = [w.group() for w in words[-count:]]
        if chosen[0].lower() not in _CONNECTORS and _matches(acronym, chosen):
            return before[words[-count].start() : words[-1].end()].strip()
    name = _capitalised_run(words)
    for first in range(len(name)):
        chosen = [w.group() for w in name[first:]]
        if len(chosen) < 2 or chosen[0][0].lower() != letters[0]:
            continue
        similar = chosen[-1][0].lower() == letters[-1] and abs(len(chosen) - len(letters)) <= 1
        if similar or _in_order(letters, " ".join(chosen).lower()):
            return before[name[first].start() : name[-1].end()].strip()
    return None


def _capitalised_run(words: list[re.Match[str]]) -> list[re.Match[str]]:
    run: list[re.Match[str]] = []
    for word in reversed(words[-10:]):
        if not (word.group()[0].isupper() or word.group().lower() in _CONNECTORS):
            break
        run.insert(0, word)
    while run and not run[0].group()[0].isupper():
        run.pop(0)
    return run


def _in_order(letters: list[str], text: str) -> bool:
    position = 0
    for letter in letters:
        position = text.find(letter, position) + 1
        if position == 0:
            return False
    return len(text.split()) <= len(letters)


def _matches(acronym: str, words: list[str]) -> bool:
    """Whether the words' first letters spell the acronym, small connecting words optional."""
    letters = [c.lower() for c in acronym if c.isalnum()]
    parts = [p for w in words for p in re.split(r"[-&'’]", w) if p]
    initials = [p[0].lower() for p in parts]
    significant = [p[0].lower() for p in parts if p.lower() not in _CONNECTORS]
    return letters in (initials, significant)
