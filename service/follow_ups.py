"""Making a follow-up question stand alone, by rules and without a language model.

What is made is shown to the person who asked, so a rule that is not sure leaves the question as it
is.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from index import analysis
from service.answers import Turn
from service.antecedents import (
    PERSON_PRONOUN,
    Pronoun,
    is_person,
    last_person,
    names,
    person_in,
    phrases,
    thing_of,
)

__all__ = ["person_in", "resolve"]

_THING_PRONOUN = re.compile(
    r"\b(?!(?-i:IT)\b)(it|its|they|them|their|theirs|that one|this one)\b"
    r"|\b(this|that)(?=\s*\?|\s+(happen|work|cost|take|start|end|begin)\b|\s+mean\s*\?*$|\s*$)"
    r"|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\b(there)(?=\s*\?|\s*$)",
    re.IGNORECASE,
)
_SEVERAL = frozenset(("they", "them", "their", "theirs"))
_POSSESSIVE = frozenset(("his", "her", "hers", "its", "their", "theirs"))
_EXPLETIVE = re.compile(
    r"\bit\s+(?:(?:is|was|would\s+be|will\s+be)\s+)?(?:[\w’'-]+\s+){1,4}?(?:to|if|that|when)\b"
    r"|\bit[’']?s?\s+(?:seems?|appears?|depends?|rain\w*|snow\w*|matters?|makes?|called)\b"
    r"|\b(?:rain|snow)s?\b|\bwhat\s+time\s+is\s+it\b|\b(?:get|got|mean)\s+(?:it|that)\s*[.,]"
    r"|\bit\s+(?:makes?|takes?)\s+(?:a|an|to)\b",
    re.IGNORECASE,
)
"""An "it" that stands for nothing said before: "Is it possible to", "if it rains"."""
_CONNECTIVE = re.compile(r"^\s*(?:and|but|or|so|also|then)\b[\s,]*", re.IGNORECASE)
_ABOUT = re.compile(r"^\s*(?:(?:what|how)\s+)?about\b\s*", re.IGNORECASE)
_AUXILIARY = r"(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had)"
_ASKS = re.compile(
    rf"^\s*(?:(?:in|at|on|for|from|by|to|of|with|until|since)\s+)?"
    rf"(?:who|whom|whose|what|when|where|why|how|which|{_AUXILIARY})\b"
    r"|^\s*(?:tell|list|name|show|describe|explain|give)\b|\bwhat\?*$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    rf"^\s*(?:who|whom|whose|what|when|where|why|how|which)\s+\w+\s+\w+|^\s*{_AUXILIARY}\s+\w+\s+\w+",
    re.IGNORECASE,
)
_ASIDE = frozenset(
    "the a an my your our some any this these those if because and or but while that".split()
)
"""Words before a pronoun that begin something else that it may stand for."""
_SUBJECT = re.compile(
    rf"\b{_AUXILIARY}\s+(?!(?:i|you|we|one|anyone|someone|he|she)\b)[\w’'-]+\s+\w+", re.IGNORECASE
)
_BEFORE_NOUN = frozenset("of about in for with on at from by".split())
_PLACED = re.compile(
    r"^(in|at|on|for|from|by|with|during|after|before|since|until|under|near|among|outside|"
    r"inside|without)\s+\S",
    re.IGNORECASE,
)
_WHY = re.compile(r"^(why|when|where)$", re.IGNORECASE)
_ASKED_ADVERB = re.compile(rf"^(?:why|when|where|how)\s+(?={_AUXILIARY}\b)", re.IGNORECASE)
_LOCAL = re.compile(r"(?:in|at|near)\s+(?:the\s+)?[A-ZÀ-ỸĐ][\w’'-]*(?:\s+[A-ZÀ-ỸĐ][\w’'-]*)*")
_MATTER = re.compile(r"\sabout\s+((?:(?:the|an?)\s+)?[\w’'-]+(?:\s+[\w’'-]+)?)$", re.IGNORECASE)
_SHORT = 3
"""Words of a phrase that is put in another's place."""
_LONGEST = 14
"""Words beyond which neither a question nor the one it continues is rewritten."""


def resolve(
    question: str, history: Sequence[Turn], answer_name: Callable[[str], str | None]
) -> str | None:
    """Return ``question`` standing alone, or None when it does already or no rule is sure.

    Earlier questions are resolved in their order, each by those before it. ``answer_name`` is told
    an earlier question and returns the person its answer names, if any; it is asked only for the
    pronoun of a person whom the earlier questions do not name.
    """
    earlier: list[str] = []
    for turn in history:
        # Names are told by their letters: an accent must not stand alone.
        text = unicodedata.normalize("NFC", turn.question)
        earlier.append(_resolved(text, earlier, _nobody) or text)
    return _resolved(unicodedata.normalize("NFC", question), earlier, answer_name)


def _nobody(_: str) -> str | None:
    return None


def _resolved(
    question: str, earlier: Sequence[str], answer_name: Callable[[str], str | None]
) -> str | None:
    if not earlier:
        return None
    leading = _CONNECTIVE.match(question)
    clause = question[leading.end() :] if leading else question
    if len(clause.split()) > _LONGEST:
        return None
    resolved = _with_antecedent(clause, earlier, answer_name)
    about = _ABOUT.match(clause)
    if resolved is None and (
        about or _WHY.match(clause.strip(" ?!.")) or (leading and not _CLAUSE.match(clause))
    ):
        rest = (clause[about.end() :] if about else clause).strip().rstrip("?!. ")
        resolved = _completed(rest, earlier[-1]) if rest else None
    if resolved is None:
        return None
    resolved = resolved[:1].upper() + resolved[1:]
    # Nobody asks again what was answered a moment ago.
    asked = {_bare(e) for e in earlier}
    return resolved if _bare(resolved) not in asked else None


def _bare(question: str) -> str:
    return question.strip().rstrip("?!. ").casefold()


def _with_antecedent(
    question: str, earlier: Sequence[str], answer_name: Callable[[str], str | None]
) -> str | None:
    """``question`` with its first pronoun replaced by what earlier questions speak of."""
    person = PERSON_PRONOUN.search(question)
    found = person or _THING_PRONOUN.search(question)
    if found is None or names(question[: found.start()]):
        return None
    if person:
        antecedent = last_person(earlier, answer_name)
    elif _stands_for_an_earlier_thing(question, found):
        several = found.group().lower() in _SEVERAL
        antecedent = _last_thing(earlier, "several" if several else "one")
    else:
        antecedent = None
    return _replaced(question, found, antecedent) if antecedent else None


def _stands_for_an_earlier_thing(question: str, pronoun: re.Match[str]) -> bool:
    """Whether nothing in ``question`` itself can be what its pronoun means."""
    before = question[: pronoun.start()]
    if not _ASKS.match(question) or _EXPLETIVE.search(question) or re.search(r"[,;:.!?]", before):
        return False
    words = before.lower().split()
    if words and words[-1] in _BEFORE_NOUN:
        # "the height of it": the phrase asks for something of the pronoun's.
        return not _SUBJECT.search(before) or not set(words) & _ASIDE
    if set(words) & _ASIDE:
        return False
    inner = pronoun.group().lower() in _SEVERAL | {"its"} and _SUBJECT.search(before)
    return not inner


def _last_thing(earlier: Sequence[str], number: Pronoun) -> str | None:
    """What the last question speaks of; past one that says next to nothing, the one before."""
    for question in reversed(earlier):
        if (thing := thing_of(question, number)) is not None:
            return thing
        if len(analysis.terms(question)) > 1:
            return None
    return None


def _completed(rest: str, earlier: str) -> str | None:
    """``earlier`` asked of ``rest``, or None when its place in ``earlier`` is not plain.

    "BGF" after "Who leads the VFDA?" is "Who leads the BGF?"; "why" after "When was it opened?" is
    "Why was it opened?"; "in Hanoi" after "When was it held?" is "When was it held, in Hanoi?".
    """
    before = earlier.strip().rstrip("?!. ")
    if max(len(before.split()), len(rest.split())) > _LONGEST or re.search(r"[.?!;:]\s", before):
        return None
    if asked := _WHY.match(rest):
        adverb = asked.group(1).capitalize()
        if re.match(rf"{_AUXILIARY}\b", before, re.IGNORECASE):
            return f"{adverb} {before[:1].lower()}{before[1:]}?"
        swapped = _ASKED_ADVERB.sub(f"{adverb} ", before)
        return f"{swapped}?" if swapped.lower() != before.lower() else None
    if not _ASKS.match(before):
        return None
    new, old = names(rest), names(before)
    matter = _MATTER.search(before)
    if matter and not new and not _PLACED.match(rest) and len(rest.split()) <= _SHORT:
        return f"{before[: matter.start(1)]}{rest}?"
    bare = re.sub(r"^(?:the|an?)\s+", "", rest, flags=re.IGNORECASE)
    if new == [bare]:
        # A person is asked about in a person's place, anything else in the place of such.
        places = [name for name in old if is_person(name) == is_person(bare)] or old
        return _swapped(before, places[-1], bare) if places else None
    if placed := _PLACED.match(rest):
        same = re.search(rf"\s{placed.group(1)}\s+(?:[\w’'-]+\s*){{1,4}}$", before, re.IGNORECASE)
        same = same or (_LOCAL.match(rest) and re.search(rf"\s{_LOCAL.pattern}$", before)) or None
        if same:
            return f"{before[: same.start()]} {rest}?"
        return f"{before}, {rest[:1].lower()}{rest[1:]}?"
    things = [p for p in phrases(before) if p.startswith("the ") and not names(p)]
    if bare != rest and not new and len(bare.split()) <= _SHORT and len(things) == 1 and not old:
        return _swapped(before, things[0], rest)
    return None


def _swapped(text: str, old: str, new: str) -> str | None:
    at = text.rfind(old)
    return f"{text[:at]}{new}{text[at + len(old) :]}?" if at >= 0 else None


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
