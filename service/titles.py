"""The offices that a sentence gives to a person: "Ann Lee, the Chairwoman of the VFDA"."""

import re
from dataclasses import dataclass

from index.analysis import STOP_WORDS, words
from service.items import Range

_HEADS = (
    "president|chair(?:man|woman|person)?|director(?:[ -]general)?|head|"
    "chief executive(?: officer)?"
    "|ceo|secretary(?:[ -]general)?|governor|mayor|minister|prime minister|dean|rector|chancellor|"
    "principal|captain|treasurer|manager|editor(?:[ -]in[ -]chief)?|commander|curator|founder|"
    "spokes(?:man|woman|person)|coordinator|ambassador|superintendent|provost|warden|conductor|"
    "abbot|bishop|king|queen|chief|commissioner|consul|judge|sheriff|senator|leader"
)
_MODIFIERS = "vice|deputy|co|assistant|associate|acting|interim|honorary|executive|managing|general"
_TITLE = re.compile(
    rf"\b(?P<words>(?:(?:{_MODIFIERS})[ -])*(?:{_HEADS}))\b(?!['’]s\b)", re.IGNORECASE
)
_CAPITAL = r"[A-ZÀ-ỸĐ][\w’'-]*"
_ORGANISATION = re.compile(
    rf"\s+(?:of|at|for)\s+(?:the\s+)?(?P<name>{_CAPITAL}(?:['’]s)?"
    rf"(?:\s+(?:(?:of|for|and|the)\s+)*{_CAPITAL})*(?:\s+\([A-Z]+\))?|[a-z]+(?:\s+[a-z]+)?)"
)
_OWNER = re.compile(rf"(?P<name>{_CAPITAL}(?:\s+{_CAPITAL})*)(?:['’]s)?\s+$")
_NAME = re.compile(rf"{_CAPITAL}(?:\s+(?:[A-Z]\.|{_CAPITAL}))+")
_GENDER = re.compile(r"(?<=r)(?:man|woman|person)$|(?<=kes)(?:man|woman|person)$")
_NEAR = 60
"""Characters between a name and an office that is its own."""


@dataclass(frozen=True, slots=True)
class Title:
    """An office, the person who holds it and the organisation it belongs to."""

    start: int
    end: int
    """Offsets of the office's words, such as "Deputy Head"."""
    office: str
    """Folded, without what tells only the holder's gender."""
    person: frozenset[str]
    """Folded words of the name."""
    organisation: frozenset[str]
    """Folded words of the organisation's name; empty when the sentence does not say."""


def titles(text: str, within: Range) -> list[Title]:
    """The offices that stand next to a name in ``text[within[0]:within[1]]``, in order."""
    sentence = text[slice(*within)]
    offices = list(_TITLE.finditer(sentence))
    people = _people(sentence)
    found = []
    for match in offices:
        organisation = _organisation(sentence, match)
        person = _holder(sentence, match, people, organisation)
        if person is None:
            continue
        office = " ".join(re.split(r"[\s-]+", match["words"].lower()))
        found.append(
            Title(
                start=within[0] + match.start(),
                end=within[0] + match.end(),
                office=_GENDER.sub("", office),
                person=frozenset(words(sentence[slice(*person)])),
                organisation=frozenset(words(organisation)) - STOP_WORDS,
            )
        )
    return found


def _people(sentence: str) -> list[Range]:
    """The capitalised runs of two words and more, without an office or form of address."""
    found = []
    for match in _NAME.finditer(sentence):
        start = match.start()
        while lead := re.match(
            rf"(?:(?:{_MODIFIERS})[ -])*(?:{_HEADS}|former|mr|mrs|ms|dr|prof|professor|sir|dame|"
            rf"expert|the|(?-i:[A-Z]{{2,}}))\b\.?\s+",
            sentence[start : match.end()],
            re.IGNORECASE,
        ):
            start += lead.end()
        if len(sentence[start : match.end()].split()) > 1:
            found.append((start, match.end()))
    return found


def _organisation(sentence: str, office: re.Match[str]) -> str:
    if behind := _ORGANISATION.match(sentence, office.end()):
        return behind["name"]
    before = _OWNER.search(sentence, max(0, office.start() - 60), office.start())
    if before is None:
        return ""
    # What begins a sentence is no organisation because of its capital: "Former President ...".
    return re.sub(r"^(?:The|Former|Then|Late|A|An|In|At|Dr|Mr|Mrs|Ms)\b\s*", "", before["name"])


def _holder(
    sentence: str, office: re.Match[str], people: list[Range], organisation: str
) -> Range | None:
    """The person next to the office: right behind it, else nearest before it, else behind."""
    tail = office.end()
    if behind := _ORGANISATION.match(sentence, office.end()):
        tail = behind.end()
    others = [p for p in people if sentence[slice(*p)] not in organisation]
    before: Range | None = None
    for start, end in others:
        if end <= office.start():
            between = sentence[end : office.start()]
            if len(between) <= _NEAR and not re.search(r"[;:.!?]\s|\b(?:and|than)\b", between):
                before = (start, end)
            continue
        between = sentence[tail:start].strip() if start >= tail else "no name"
        # "President Ann Lee"; but in "Bob Ray, president of the club, Ann Lee" it is Bob Ray's.
        direct = not between and tail == office.end()
        if direct or (before is None and between in ("", ",")):
            return start, end
    return before
