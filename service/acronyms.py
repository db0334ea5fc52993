"""The acronyms that the record explains: understood both ways, and what a question asks of one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.analysis import STOP_WORDS, fold, stem, terms, words

_TOKEN = re.compile(r"[^\W_]+(?:[&.-][^\W_]+)*")
_ACRONYM = re.compile(r"(?=.*[A-Z].*[A-Z])[A-Z][A-Za-z0-9]{1,9}")
_PART = re.compile(r"[^\W_]+")
_EVERYDAY = STOP_WORDS | {"us"}
"""An acronym that is also such a word must be written as the record writes it."""
_ASKS_FOR_FORM = re.compile(
    r"\b(stands? for|short for|abbreviat\w+|acronym|initials|letters|means?|meaning"
    r"|(full|long) (name|form)|in full|spelled out|spelt out"
    r"|viet tat|chu cai dau|ten day du|nghia la gi|co nghia)\b"
)
_ASKS_FOR_ACRONYM = re.compile(r"\b(abbreviat\w+|acronym|initials|short (name|form)|viet tat)\b")
_WORDS_OF_ASKING = frozenset(
    "stand stands short abbreviation abbreviations abbreviate abbreviates abbreviated acronym "
    "initials letter letters mean means meaning full long name form spelled spelt used known "
    "viet tat chu cai dau ten day du nghia la gi cua co cho tu nao".split()
)
_OF_WHAT_IS = frozenset("is s are was were the a an".split())


@dataclass(frozen=True, slots=True)
class Definition:
    """What a question asks for that is about nothing but an acronym and its long form."""

    acronym: str
    forms: tuple[str, ...]
    """Its long forms as the record writes them; none when the record explains it nowhere."""
    wants_acronym: bool = False
    """Whether the short form is asked for rather than the long one."""
    only: bool = True
    """Whether nothing else can be an answer: "What is the VFDA?" may also ask what it does."""

    def find(self, text: str) -> tuple[int, int] | None:
        """Where ``text`` gives what is asked for beside the other form; offsets into it."""
        short = r"\.?".join(map(re.escape, self.acronym)) + r"\.?"
        for form in sorted(self.forms, key=len, reverse=True):
            long = r"\s+".join(map(re.escape, form.split()))
            for pattern in (
                rf"(?P<long>{long})\s*\(\s*(?P<short>{short})(?!\w)",
                rf"(?<!\w)(?P<short>{short})\s*\(\s*(?P<long>{long})",
            ):
                if found := re.search(pattern, text):
                    return found.span("short" if self.wants_acronym else "long")
        return None

    def settled_by(self, text: str) -> bool:
        """Whether ``text`` gives what is asked for, and nothing else can be an answer."""
        return self.only and self.find(text) is not None

    def may_be_explained_in(self, text: str) -> bool:
        """Whether ``text`` may say what the acronym stands for in a way of its own.

        It says so in words, or holds words whose first letters spell the acronym.
        """
        if _ASKS_FOR_FORM.search(fold(text)):
            return True
        initials = "".join(word[0] for word in words(text))
        return fold(self.acronym) in initials


class Acronyms:
    """Looks up what a question says in the acronyms of one record, however many there are."""

    def __init__(self, forms: Mapping[str, Sequence[str]]) -> None:
        self._forms = {acronym: tuple(found) for acronym, found in forms.items()}
        self._by_folded: dict[str, list[str]] = {}
        self._by_first_word: dict[str, list[tuple[list[str], str]]] = {}
        for acronym, long_forms in self._forms.items():
            self._by_folded.setdefault(fold(acronym), []).append(acronym)
            for form in long_forms:
                if parts := words(form):
                    self._by_first_word.setdefault(parts[0], []).append((parts, acronym))

    def expand(self, text: str) -> tuple[str, list[str]]:
        """``text`` with its acronyms explained, and the terms to look for besides."""
        explained: dict[int, str] = {}
        extra: list[str] = []
        folded = words(text)
        for acronym, end in self._named(text).items():
            forms = self._forms[acronym]
            if not any(_contains(folded, words(form)) for form in forms):
                explained[end] = f" ({' or '.join(forms)})"
                extra += [t for form in forms for t in terms(form)]
        extra += [stem(fold(acronym)) for acronym in self._spelled_out(folded)]
        for end in sorted(explained, reverse=True):
            text = text[:end] + explained[end] + text[end:]
        return text, extra

    def definition(self, text: str, content_words: Sequence[str]) -> Definition | None:
        """What ``text`` asks for when it asks for the meaning of an acronym, or the reverse."""
        folded = fold(text)
        rest = [w for w in content_words if w not in _WORDS_OF_ASKING]
        asks_for_form = _ASKS_FOR_FORM.search(folded) is not None
        for acronym in self._named(text):
            short, asked = words(acronym), words(text)
            if asks_for_form and rest == [w for w in short if w not in STOP_WORDS]:
                return Definition(acronym, self._forms[acronym])
            between = asked[1 : -len(short)]
            is_what = asked[:1] == ["what"] and between and set(between) <= _OF_WHAT_IS
            if is_what and asked[-len(short) :] == short:
                return Definition(acronym, self._forms[acronym], only=False)
        if asks_for_form and len(rest) == 1:
            written = re.findall(rf"(?<!\w){re.escape(rest[0])}(?!\w)", text, re.IGNORECASE)
            if written and _ACRONYM.fullmatch(written[0]):
                return Definition(written[0], ())
        if _ASKS_FOR_ACRONYM.search(folded):
            for acronym in self._spelled_out(words(text)):
                for form in self._forms[acronym]:
                    if rest == [w for w in words(form) if w not in STOP_WORDS]:
                        return Definition(acronym, self._forms[acronym], wants_acronym=True)
        return None

    def _named(self, text: str) -> dict[str, int]:
        """The acronyms in ``text``, each with the offset behind its first place."""
        found: dict[str, int] = {}
        for token in _TOKEN.finditer(text):
            pieces = [(token.group(), token.end())]
            pieces += [(p.group(), token.start() + p.end()) for p in _PART.finditer(token.group())]
            for piece, end in pieces:
                bare = piece.replace(".", "")
                for acronym in self._by_folded.get(fold(bare), ()):
                    if acronym == bare or fold(acronym) not in _EVERYDAY:
                        found.setdefault(acronym, end)
        return found

    def _spelled_out(self, folded: list[str]) -> list[str]:
        """The acronyms whose long form stands in the folded words of a question."""
        found = []
        for at, word in enumerate(folded):
            for parts, acronym in self._by_first_word.get(word, ()):
                if folded[at : at + len(parts)] == parts:
                    found.append(acronym)
        return found


def _contains(haystack: list[str], needle: list[str]) -> bool:
    n = len(needle)
    return any(haystack[i : i + n] == needle for i in range(len(haystack) - n + 1))
