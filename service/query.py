"""Understanding a question: its language, its misspellings, its acronyms."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from index.analysis import STOP_WORDS, fold, stem, words
from index.language import common_words, detect_language
from index.lexicon import Lexicon
from service.acronyms import Acronyms, Definition
from service.spelling import SpellingCorrector


@dataclass(frozen=True, slots=True)
class Query:
    """A question prepared for retrieval and reading."""

    text: str
    """The question with misspellings mended."""
    expanded: str
    """``text`` with each acronym explained, for the models."""
    terms: tuple[str, ...]
    """Terms for BM25, each once; those of acronyms' long forms and the reverse come last."""
    lang: str
    """ISO 639-1 code; the record's main language when the question does not tell."""
    corrected: bool
    content_words: tuple[str, ...]
    """Folded words that carry meaning, in order."""
    definition: Definition | None = None
    """Set when it asks what an acronym stands for, or for the acronym of a name."""


class QueryUnderstanding:
    """Prepares questions with what the record's lexicon knows."""

    def __init__(
        self, lexicon: Lexicon, known_words: Collection[str], languages: Collection[str]
    ) -> None:
        self._speller = SpellingCorrector(lexicon.word_counts, known_words)
        self._word_counts = lexicon.word_counts
        self._languages = languages
        self._acronyms = Acronyms(lexicon.acronyms)

    def understand(self, text: str, lang: str = "auto") -> Query:
        """Prepare ``text``. ``lang`` overrides the detection unless it is ``auto``."""
        # A letter and its accent as two code points would be cut apart.
        text = unicodedata.normalize("NFC", text)
        language = self._language(text) if lang == "auto" else lang.lower()
        mended = self._mend(text) if language in self._languages else text
        foreign = language not in self._languages
        # Vietnamese "ai" asks who; it is not the record's AI.
        expanded, extra = (mended, []) if foreign else self._acronyms.expand(mended)
        skipped = {fold(w) for w in common_words(language)} if foreign else set[str]()
        content = tuple(w for w in words(mended) if w not in STOP_WORDS and w not in skipped)
        found = dict.fromkeys([*(stem(w) for w in content), *extra])
        definition = self._acronyms.definition(mended, content)
        return Query(mended, expanded, tuple(found), language, mended != text, content, definition)

    def _language(self, text: str) -> str:
        main = next(iter(self._languages), "en")
        detected = detect_language(text)
        if detected is None or detected in self._languages:
            return detected or main
        # A few foreign-looking words that the record itself uses (names, titles) do not make a
        # question foreign, but writing in another script or with foreign function words does.
        own = [w for w in words(text) if w not in STOP_WORDS]
        known = sum(w in self._word_counts for w in own)
        return main if own and known == len(own) else detected

    def _mend(self, text: str) -> str:
        def mended(match: re.Match[str]) -> str:
            word = match.group()
            correction = self._speller.correct(fold(word))
            if correction is None:
                return word
            return correction.capitalize() if word[0].isupper() else correction

        return re.sub(r"[^\W\d_]+", mended, text)


_GREETING = frozenset(
    "hello hi hey thanks thank thx bye goodbye ok okay yes no cool great nice good morning "
    "afternoon evening test testing asdf help welcome lol hmm wow sorry xin chao cam on".split()
)


def is_question(query: Query) -> bool:
    """Whether ``query`` has words that something could be found by, beyond a greeting."""
    return any(w not in _GREETING for w in query.content_words)
