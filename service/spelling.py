"""Mending small misspellings of words of the record, and of nothing else."""

from collections.abc import Collection, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

MIN_LENGTH = 4


class SpellingCorrector:
    """Maps a word that neither the record nor the language knows to its neighbour in the record.

    ``word_counts`` are folded words of the record; ``known_words`` are correct words of the
    language, which are never changed even when the record lacks them: a question about
    something else must stay one.
    """

    def __init__(self, word_counts: Mapping[str, int], known_words: Collection[str]) -> None:
        self._counts = word_counts
        self._known = known_words
        self._by_initial: dict[str, list[str]] = {}
        for word in word_counts:
            if len(word) >= MIN_LENGTH and word.isalpha():
                self._by_initial.setdefault(word[0], []).append(word)

    def correct(self, word: str) -> str | None:
        """Return the record's word that folded ``word`` is meant to be, or None.

        At most one edit (insertion, deletion, substitution, or swap of neighbours) up to seven
        letters, two beyond; the first letter must be right. Ties go to the commoner word.
        """
        if (
            len(word) < MIN_LENGTH
            or not word.isalpha()
            or word in self._counts
            or word in self._known
        ):
            return None
        allowed = 1 if len(word) <= 7 else 2
        found = process.extract(
            word,
            self._by_initial.get(word[0], []),
            scorer=OSA.distance,
            score_cutoff=allowed,
            limit=None,
        )
        if not found:
            return None
        best = min(found, key=lambda match: (match[1], -self._counts[match[0]], match[0]))
        # "films" is no misspelling of "film": an inflection is left to stemming.
        return None if _inflection(word, best[0]) else str(best[0])


def _inflection(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    return longer.startswith(shorter) and longer[len(shorter) :] in ("s", "es", "d", "ed", "ing")
