"""Making a follow-up question stand alone, by rules and without a language model."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from index import analysis
from service.answers import Turn

_NEARBY = 80
"""Characters around a name in which what is said of it stands."""

_PERSON_PRONOUN = re.compile(r"\b(he|she|him|her|his|hers)\b", re.IGNORECASE)
_THING_PRONOUN = re.compile(
    r"\b(?!(?-i:IT)\b)(it|its|they|them|their|theirs|that one|this one)\b"
    r"|\b(this|that)(?=\s*\?|\s+(happen|mean|work|cost|take|start|end|begin)|\s*$)"
    r"|\b(there)(?=\s*\?|\s*$)",
    re.IGNORECASE,
)
_POSSESSIVE = frozenset(("his", "her", "hers", "its", "their", "theirs"))
_CONNECTIVE = re.compile(r"^\s*(?:and|but|or|so|also|then)\b[\s,]*", re.IGNORECASE)
_ABOUT = re.compile(r"^\s*(?:what|how) about\b\s*", re.IGNORECASE)
_ELLIPSIS = re.compile(
    r"^\s*(?:what|how) about\b|^\s*(?:why|how so|when|where|who|which ones?|how many|how much)"
    r"\s*\?*\s*$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"^\s*(?:who|whom|whose|what|when|where|why|how|which)\s+\w+\s+\w+"
    r"|^\s*(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had)\s+\w+\s+\w+",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:[A-ZÀ-ỸĐ][\w’'-]*|of|and|for|the)(?:\s+(?:[A-ZÀ-ỸĐ][\w’'-]*|of|and|for|the))*"
)
_QUESTION_WORDS = frozenset(
    "who what when where why how which whom whose is are was were do does did can could will "
    "would should has have had tell name list give show describe explain in on at the a an "
    "and of for mr mrs ms dr i".split()
)
_OBJECT_OF = re.compile(r"\b(?:the|a|an)\s+((?:[\w’'-]+\s*){1,5})", re.IGNORECASE)
_ASKED_NOUN = re.compile(
    r"^\s*(?:which|what)\s+((?:[\w-]+\s+){1,4}?)(?=(?:did|do|does|is|are|was|were|has|have|will|"
    r"can|could|would|should)\b)",
    re.IGNORECASE,
)
_VERBS = frozenset(
    "is are was were be been held did do does take took taken will would can could has have "
    "had organised organized organise organize happen happened open opened begin began start "
    "say says said think mean want own need pay make done made given attend attended take place "
    "about by in on at with from to for".split()
)


def resolve(
    question: str, history: Sequence[Turn], answer_name: Callable[[str], str | None]
) -> str | None:
    """Return ``question`` standing alone, or None when it does already.

    ``answer_name`` is told an earlier question and returns the person its answer names, if any;
    it is asked only when the earlier questions themselves name nobody.
    """
    if not history:
        return None
    # Names are told by their letters: an accent must not stand alone.
    question = unicodedata.normalize("NFC", question)
    history = [Turn(unicodedata.normalize("NFC", turn.question)) for turn in history]
    leading = _CONNECTIVE.match(question)
    clause = question[leading.end() :] if leading else question
    resolved = _with_antecedent(clause, history, answer_name)
    if resolved is not None:
        return resolved[:1].upper() + resolved[1:]
    if _ELLIPSIS.match(clause) or (leading and not _CLAUSE.match(clause)):
        remainder = _ABOUT.sub("", clause).strip().rstrip("?!. ")
        return _completed(remainder, history[-1].question) if remainder else None
    return None


def _with_antecedent(
    question: str, history: Sequence[Turn], answer_name: Callable[[str], str | None]
) -> str | None:
    """``question`` with its first pronoun replaced by what earlier questions speak of."""
    person = _PERSON_PRONOUN.search(question)
    found = person or _THING_PRONOUN.search(question)
    if found is None or _names(question[: found.start()]):
        return None
    if person:
        antecedent = _last_name(history, answer_name)
    else:
        antecedent = next((t for turn in reversed(history) if (t := _topic(turn.question))), None)
    return _replaced(question, found, antecedent) if antecedent else None


def _completed(rest: str, earlier: str) -> str:
    """``earlier`` asked of ``rest``.

    "BGF" after "Who leads the VFDA?" is "Who leads the BGF?"; what is no name is added: "in
    Hanoi" after "When was it held?" is "When was it held, in Hanoi?".
    """
    before = earlier.strip().rstrip("?!. ")
    new, old = _names(rest), _names(before)
    bare = re.sub(r"^(?:the|a|an)\s+", "", rest, flags=re.IGNORECASE)
    if old and new == [bare]:
        at = before.rfind(old[-1])
        return f"{before[:at]}{bare}{before[at + len(old[-1]) :]}?"
    return f"{before}, {rest[:1].lower() + rest[1:] if not new else rest}?"


def _last_name(history: Sequence[Turn], answer_name: Callable[[str], str | None]) -> str | None:
    for turn in reversed(history):
        people = [n for n in _names(turn.question) if _is_person(n)]
        if people:
            return people[-1]
        if (name := answer_name(turn.question)) is not None:
            return name
    return None


def person_in(sentence: str, question: str = "") -> str | None:
    """The person's name in ``sentence`` that stands among most of the question's words.

    The first one when the question does not tell; None when the sentence names nobody.
    """
    asked = set(analysis.terms(question))
    best: str | None = None
    most = -1
    for name in _names(sentence):
        if not _is_person(name):
            continue
        at = sentence.find(name)
        # What is said of a person stands next to the name, mostly behind it.
        nearby = sentence[max(0, at - _NEARBY // 2) : at + len(name) + _NEARBY]
        shared = len(asked & set(analysis.terms(nearby)))
        if shared > most:
            best, most = name, shared
    return _TITLES.sub("", best) if best else None


def _names(text: str) -> list[str]:
    found = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        while words and words[0].lower() in _QUESTION_WORDS:
            words.pop(0)
        while words and words[-1].lower() in _QUESTION_WORDS:
            words.pop()
        if words:
            found.append(" ".join(words))
    return found


_NO_PERSON = re.compile(
    r"\b(university|institute|association|forum|mission|nations|park|society|school|college|"
    r"states|republic|law|group|company|corporation|committee|council|ministry|department|"
    r"center|centre|museum|city|river|war|agency|union|party|church|world|film|cinema|north|"
    r"south|east|west|new|of|and|for|the)\b",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"^(?:(?:former|dr|mr|mrs|ms|prof|professor|ambassador|governor|president|chairwoman|"
    r"chairman|expert|director|minister|sir|lady)\.?\s+)+",
    re.IGNORECASE,
)


def _is_person(name: str) -> bool:
    bare = _TITLES.sub("", name)
    words = bare.split()
    return 2 <= len(words) <= 4 and not _NO_PERSON.search(bare) and not bare.isupper()


def _topic(question: str) -> str | None:
    """What a question is about: a phrase after an article, else its longest name."""
    phrases = []
    if leading := _ASKED_NOUN.match(question):
        phrases.append("the " + leading.group(1).strip())
    for match in _OBJECT_OF.finditer(question):
        words: list[str] = []
        for word in match.group(1).split():
            if word.lower() in _VERBS:
                break
            words.append(word.removesuffix("’s").removesuffix("'s"))
        if words:
            # "the theme of the roundtable": what follows is about the roundtable.
            phrases.append(re.sub(r"^.* of (?:the )?", "the ", "the " + " ".join(words)))
    names = [n for n in _names(question) if len(n) > 1]
    if not names:
        return phrases[0] if phrases else None
    longest = max(names, key=len)
    named = [p for p in phrases if any(n in p for n in names)]
    if named:
        return named[0]
    # "the roundtable" is what a question about "the roundtable at Harvard" is about.
    return (
        phrases[0]
        if phrases and question.find(phrases[0][4:]) < question.find(longest)
        else (longest)
    )


def _replaced(question: str, pronoun: re.Match[str], name: str) -> str:
    word = pronoun.group().lower()
    if word == "there":
        name = f"at {name}"
    possessive = word in _POSSESSIVE and not (
        word == "her" and not re.match(r"\s+\w", question[pronoun.end() :])
    )
    if possessive:
        name += "’" if word in ("their", "theirs") and name.endswith("s") else "’s"
    return question[: pronoun.start()] + name + question[pronoun.end() :]
