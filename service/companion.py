"""The neighbouring sentence without which a marked sentence does not answer.

"He also leads the choir" needs the sentence that names him; "It was closed" needs "This is because
the roof leaked" when the question is why. Rules on the surface, on the side of adding nothing:
a second sentence that does not belong weakens the first.
"""

import re
from collections.abc import Sequence

from index.analysis import STOP_WORDS, fold, stem, words
from service.items import Range

_LEADING = re.compile(
    r"^[\"'“‘(\[]*(?:(?:however|also|later|then|and|but|yet|instead|today|moreover|furthermore|"
    r"in addition|in turn|at first|at the time|since then|after that),?\s+)?",
    re.IGNORECASE,
)
_ANAPHOR = re.compile(
    r"(?:he|she|they|it|this|these|those|such|his|her|their|its|the (?:latter|former)|both)\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"it (?:is|was|has been|seems|appears|remains)\s+(?:\w+ly\s+)?\w+\s+(?:that|to|who|how|whether)"
    r"\b|it (?:seems|appears|follows|turns out)\b|these days\b|both\b[^.]{1,40}\band\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"^\s*(?:why|how come)\b|\bwhat\b[^?]{0,30}\b(?:reasons?|causes?|caused)\b|\bfor what reason",
    re.IGNORECASE,
)
_BECAUSE = re.compile(
    r"(?:because\b|this (?:is|was) (?:because|due)\b|the (?:main |chief |only )?reasons?\b|"
    r"(?:this|that) (?:is|was) (?:mainly |mostly |partly )?(?:because|due)\b|one reason\b)",
    re.IGNORECASE,
)
_THEREFORE = re.compile(
    r"(?:for (?:this|that|these) reasons?|therefore|as a result|consequently|thus|hence|"
    r"because of (?:this|that|these)|(?:this|that) (?:is|was) why|accordingly)\b",
    re.IGNORECASE,
)
_GIVES_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|so that|in order to|the reason)\b", re.IGNORECASE
)
_WHO_IS = re.compile(r"^\s*who(?:'s|’s|\s+(?:is|was))\s+(.{2,60}?)\s*\?*\s*$", re.IGNORECASE)
_PERSON_GOES_ON = re.compile(r"(?:he|she) (?:also|is|was|has|had|leads|led|serves|served)\b", re.I)


def companion(text: str, sentences: Sequence[Range], chosen: int, question: str) -> int | None:
    """The number of the neighbour of sentence ``chosen`` that should be marked too, or None.

    ``sentences`` are the offsets in ``text`` of one passage's sentences, in order; the result is
    ``chosen - 1`` or ``chosen + 1``. Looked for in this order: what a colon announces, the reason
    for which the question asks, the antecedent of the pronoun by which the sentence begins, and
    what is said further of a person of whom the question asks who it is.
    """
    sentence = text[slice(*sentences[chosen])]
    before = text[slice(*sentences[chosen - 1])] if chosen > 0 else None
    after = text[slice(*sentences[chosen + 1])] if chosen + 1 < len(sentences) else None
    if after is not None and sentence.rstrip().endswith(":"):
        return chosen + 1
    if _WHY.search(question):
        if before is not None and _opens(_THEREFORE, sentence):
            return chosen - 1
        if after is not None and _opens(_BECAUSE, after) and not _GIVES_REASON.search(sentence):
            return chosen + 1
    if before is not None and _needs_antecedent(sentence, before, question):
        return chosen - 1
    if after is not None and _goes_on(sentence, after, question):
        return chosen + 1
    return None


def _opens(pattern: re.Pattern[str], sentence: str) -> bool:
    found = _LEADING.match(sentence)
    return pattern.match(sentence, found.end() if found else 0) is not None


def _needs_antecedent(sentence: str, before: str, question: str) -> bool:
    """Whether ``sentence`` opens with a pronoun for what the question names and ``before`` has."""
    if not _opens(_ANAPHOR, sentence) or _opens(_EXPLETIVE, sentence):
        return False
    if _opens(_ANAPHOR, before):
        # It names nobody either; one more sentence would not help.
        return False
    asked = _content(question)
    named = {stem(w) for w in _names(question)} or asked
    missing = named - _content(sentence)
    return bool(missing) and 2 * len(missing & _content(before)) >= len(missing)


def _goes_on(sentence: str, after: str, question: str) -> bool:
    """Whether the question is who somebody is and ``after`` says more of the same person."""
    asked = _WHO_IS.match(question)
    if asked is None or not _opens(_PERSON_GOES_ON, after):
        return False
    name = {stem(w) for w in _names(asked.group(1))}
    return bool(name) and name <= _content(sentence)


def _content(text: str) -> set[str]:
    return {stem(w) for w in words(text) if w not in STOP_WORDS}


def _names(question: str) -> list[str]:
    """Folded words of ``question`` with a capital, but for the first one."""
    tokens = re.findall(r"[^\W_]+", question)
    return [fold(t) for n, t in enumerate(tokens) if t[0].isupper() and (n > 0 or len(tokens) < 5)]
