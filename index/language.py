"""Telling the language of a text or a question, from its script and its commonest words.

Small on purpose: it only has to tell the record's language from others, so that a question
that cannot be matched is refused with the right reason. It says None when it does not know.
"""

import re
import unicodedata
from collections import Counter

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "GREEK": "el",
}
_VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_COMMON = {
    "en": "the of and to in is was for on that by with as at from what who when where which how "
    "why did does do are were has have had be been can could will would should it this many much "
    "an or if you we they their his her about there whose whom tell me show give please a i",
    "vi": "là của và các những một trong cho với được có không người nào gì ai đâu khi bao nhiêu "
    "ở đã này tại về theo như thế la cua va nhung duoc khong nguoi nao dau",
    "fr": "le la les des du et est dans pour qui que quoi où quand comment une un sur avec au aux "
    "ce cette sont pas quel quelle il elle ont été",
    "de": "der die das und ist in den von zu mit wer was wann wo wie warum ein eine auf für im dem "
    "nicht sich wurde sind hat welche",
    "es": "el la los las de y en que es por para con quién qué cuándo dónde cómo una un del al se "
    "fue son cuál cuáles está",
    "it": "il lo la gli le di e è che per con chi cosa quando dove come una un del della nel sono "
    "quale quali",
    "pt": "o a os as de e em que é por para com quem quando onde como uma um do da no na são foi "
    "qual quais está",
    "nl": "de het een en van is in op te dat wie wat wanneer waar hoe met voor zijn niet welke",
    "id": "yang dan di ke dari untuk dengan adalah siapa apa kapan mana bagaimana ini itu pada",
}
_SETS = {lang: frozenset(words.split()) for lang, words in _COMMON.items()}
_LANGUAGES = {
    word: [lang for lang, common in _SETS.items() if word in common]
    for word in frozenset().union(*_SETS.values())
}
"""By word, the languages that it is common in."""


def detect_language(text: str) -> str | None:
    """Return an ISO 639-1 code, or None when nothing speaks clearly for one language."""
    letters = "".join(filter(str.isalpha, text))
    if not letters:
        return None
    script = _script(letters)
    if script is not None:
        return script
    if len(_VIETNAMESE.findall(unicodedata.normalize("NFC", text))) * 25 > len(letters):
        return "vi"
    votes = Counter(dict.fromkeys(_SETS, 0))
    for word, count in Counter(w.lower() for w in _WORD.findall(text)).items():
        for lang in _LANGUAGES.get(word, ()):
            votes[lang] += count
    (first, most), (_, second) = votes.most_common(2)
    if most == 0 or most == second:
        return "en" if most and votes["en"] == most else None
    return first


def _script(letters: str) -> str | None:
    sample = letters[:200]
    if sample.isascii():
        return None
    found = Counter(
        _SCRIPTS.get(unicodedata.name(c, "").split(" ")[0].split("-")[0]) for c in sample
    )
    found.pop(None, None)
    if not found:
        return None
    if found["ja"]:
        found["ja"] += found.pop("zh", 0)
    script, count = found.most_common(1)[0]
    return script if count * 2 > len(sample) else None


def common_words(lang: str) -> frozenset[str]:
    """The commonest words of a language, in lower case; empty for one that is not known."""
    return _SETS.get(lang, frozenset())
