"""What an earlier question speaks of: the person or the thing that a pronoun may stand for."""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from index import analysis

_NEARBY = 80
"""Characters around a name in which what is said of it stands."""

PERSON_PRONOUN = re.compile(r"\b(he|she|him|her|his|hers)\b", re.IGNORECASE)
_CAPITAL = r"[A-ZÀ-ỸĐ][\w’'-]*"
_NAME = re.compile(rf"(?:{_CAPITAL}|of|and|for|the)(?:\s+(?:{_CAPITAL}|of|and|for|the))*")
_QUESTION_WORDS = frozenset(
    "who what when where why how which whom whose is are was were do does did can could will "
    "would should has have had tell name list give show describe explain in on at the a an "
    "and of for mr mrs ms dr i".split()
)
_NO_PERSON = re.compile(
    r"\b(university|institute|association|forum|mission|nations|park|society|school|college|"
    r"states|republic|law|group|company|corporation|committee|council|ministry|department|"
    r"center|centre|museum|city|river|war|agency|union|party|church|world|film|cinema|north|"
    r"south|east|west|new|assistant|service|system|cloud|of|and|for|the)\b",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"^(?:(?:former|dr|mr|mrs|ms|prof|professor|ambassador|governor|president|chairwoman|"
    r"chairman|expert|director|minister|sir|lady)\.?\s+)+",
    re.IGNORECASE,
)

_WORD = re.compile(r"[^\W_][\w’'-]*")
_ASKED_NOUN = re.compile(
    r"^(?:which|what)\s+((?:[\w-]+\s+){1,4}?)(?=(?:did|do|does|is|are|was|were|has|have|will|"
    r"can|could|would|should)\b)",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"^(?:what|where|how\s+\w+)(?:\s+(?:is|are|was|were)|[’']s)\s+(.+)$", re.IGNORECASE
)
_ASKED_OF = re.compile(
    r"^(?:how|why|when|where)\s+(?:is|are|was|were)\s+(.+?)\s+\w+(?:ed|en|ght|ld|lt|de)$"
    r"|^(?:how|why|when|where)\s+(?:do|does|did)\s+(.+?)\s+(?:work|happen|begin|start|end|open)$",
    re.IGNORECASE,
)
_DETERMINED = re.compile(r"\b(?:the|an?)\s+(?=\w)", re.IGNORECASE)
_INNER = frozenset(
    "the a an is are was were be been do does did has have had will would can could should may "
    "might must i you we he she it they me us my your our his her its their them this that these "
    "those there who whom which what when where why how if because while than as not no and or "
    "but so of in on at to from by with about for into over under between through during after "
    "before against without within since until per like together now today currently still also "
    "again too ever yet".split()
)
"""Words that end a noun phrase."""
_VERBS = frozenset(
    "held take took taken happen happened open opens opened begin began start starts started say "
    "says said think mean means want own need needs pay make makes made done give gives gave "
    "given attend attended take place work works look looks go goes get gets come comes came "
    "become became run runs ran lead leads led announce organise organize happen exist cost costs "
    "fall fell available possible necessary located based different important maybe".split()
)
_EMPTY_HEADS = frozenset(
    "most least same last first next other others only best worst main way ways kind kinds type "
    "types sort sorts lot part reason reasons difference differences example examples time times "
    "day days week weeks month months year years one ones more less thing things person number "
    "amount rest steps result results purpose name title theme meaning topic "
    "distance".split()
)
"""Heads of phrases that name nothing of their own."""
_IRREGULAR_PLURALS = frozenset("people children men women media police".split())
_LONGEST_PHRASE = 4
_LONGEST_EARLIER = 16
"""Words of an earlier question beyond which what it speaks of is not told by rules."""

Pronoun = Literal["one", "several"]


def thing_of(question: str, number: Pronoun) -> str | None:
    """The one thing that ``question`` speaks of, as it can stand in another question.

    ``number`` is that of the pronoun. None when there is no such thing or several are as likely.
    """
    clause = question.strip().rstrip("?!. ")
    if re.match(r"(?:who|whose)\s+(?:is|was)\s+[A-ZÀ-ỸĐ]", clause, re.IGNORECASE) and any(
        is_person(n) for n in names(clause)
    ):
        return None
    if len(clause.split()) > _LONGEST_EARLIER or re.search(r"[.?!;:]\s", clause):
        return None
    fitting = [p for p in phrases(clause) if _agrees(p, number)]
    if not fitting or len(fitting) > 2:
        return None
    # The subject of a question stands first, and what follows is mostly about the subject.
    return fitting[0]


def phrases(clause: str) -> list[str]:
    """The things that a question names, each a noun phrase or a name, in their order."""
    found: dict[int, str] = {}

    def add(at: int, text: str, article: bool = False) -> None:
        if (phrase := _noun_phrase(text)) and not any(
            start <= at < start + len(known) for start, known in found.items()
        ):
            found[at] = f"the {phrase}" if article else phrase

    if asked := _ASKED_NOUN.match(clause):
        add(asked.start(1), asked.group(1), article=True)
    for match in _DETERMINED.finditer(clause):
        if not re.match(r"\w+\s+of\b", clause[match.end() :]):
            add(match.start(), _until_verb(clause[match.end() :]), article=True)
    whole = _ASKED_OF.match(clause)
    if whole and _is_bare(whole.group(whole.lastindex or 0)):
        add(whole.start(whole.lastindex or 0), whole.group(whole.lastindex or 0))
    for name in names(clause):
        inside = any(name in known for known in found.values())
        if not is_person(name) and not inside:
            found[clause.find(name)] = name
    whole = _DEFINED.match(clause) or re.match(r"(.+)$", clause)
    if not found and whole and _is_bare(whole.group(1)):
        add(whole.start(1), whole.group(1))
    return [found[at] for at in sorted(found)]


def _is_bare(text: str) -> bool:
    """Whether ``text`` is made of nouns and what describes them, as far as can be told."""
    return not set(text.lower().split()) & (_INNER | _VERBS)


def _until_verb(text: str) -> str:
    """The words at the beginning of ``text`` that may belong to a noun phrase."""
    kept: list[str] = []
    for word in text.split():
        bare = word.strip(',()"“”')
        low = bare.lower()
        if low in _INNER or (low in _VERBS and kept) or (kept and low.endswith("ed")):
            break
        kept.append(bare.removesuffix("’s").removesuffix("'s"))
        if word[-1:] in ",)" or bare.endswith(("’s", "'s")):
            break
    return " ".join(kept)


def _noun_phrase(text: str) -> str | None:
    words = text.split()
    if not words or len(words) > _LONGEST_PHRASE or not all(_WORD.fullmatch(w) for w in words):
        return None
    return None if words[-1].lower() in _EMPTY_HEADS else " ".join(words)


def _agrees(phrase: str, number: Pronoun) -> bool:
    words = phrase.removeprefix("the ").split()
    # An organisation is "it" as well as "they".
    if all(w[0].isupper() for w in words) and (len(words) > 1 or words[0].isupper()):
        return True
    head = words[-1]
    plural = head.lower() in _IRREGULAR_PLURALS or re.search(r"[^siu’']s$", head) is not None
    return plural == (number == "several")


def last_person(earlier: Sequence[str], answer_name: Callable[[str], str | None]) -> str | None:
    """The person that the latest of the ``earlier`` questions names, else its answer."""
    for question in reversed(earlier):
        people = [n for n in names(question) if is_person(n)]
        if people:
            return people[-1]
        if PERSON_PRONOUN.search(question):
            continue
        if (name := answer_name(question)) is not None:
            return name
    return None


def person_in(sentence: str, question: str = "") -> str | None:
    """The person's name in ``sentence`` that stands among most of the question's words.

    The first one when the question does not tell; None when the sentence names nobody.
    """
    asked = set(analysis.terms(question))
    best: str | None = None
    most = -1
    for name in names(sentence):
        if not is_person(name):
            continue
        at = sentence.find(name)
        # What is said of a person stands next to the name, mostly behind it.
        nearby = sentence[max(0, at - _NEARBY // 2) : at + len(name) + _NEARBY]
        shared = len(asked & set(analysis.terms(nearby)))
        if shared > most:
            best, most = name, shared
    return _TITLES.sub("", best) if best else None


def names(text: str) -> list[str]:
    """Runs of capitalised words, without what only begins a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        while words and words[0].lower() in _QUESTION_WORDS:
            words.pop(0)
        while words and words[-1].lower() in _QUESTION_WORDS:
            words.pop()
        begins = not text[: match.start()].strip() or text[: match.start()].rstrip()[-1] in ".?!"
        lone = len(words) == 1 and not words[0][1:].isupper() and match.group() == words[0]
        # "Speaking of boats": a capital at the beginning of a sentence tells nothing.
        if words and not (begins and lone and text[match.end() :].strip(" ?!.")):
            found.append(" ".join(words))
    return found


def is_person(name: str) -> bool:
    """Whether ``name`` looks like a person's: two to four words, none of an institution."""
    bare = _TITLES.sub("", name)
    return 2 <= len(bare.split()) <= 4 and not _NO_PERSON.search(bare) and not bare.isupper()
