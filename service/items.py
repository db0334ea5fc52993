"""What can be an item of an enumeration, told by function words, endings and capitals.

There is no parser here. Unknown words count as parts of an item; verbs, subject pronouns and
words that open a clause or a phrase of place and time do not.
"""

import re

from index.analysis import fold

Range = tuple[int, int]

AUXILIARY = frozenset(
    "is are was were has have had do does did will would can could shall should may might must "
    "cannot being isn't aren't wasn't weren't là đã sẽ".split()
)
VERB = frozenset(
    "said says told took came went left made met gave got held led spoke won lost became began "
    "wrote knew thought found saw ran sat stood rose fell grew sent sold built brought bought "
    "kept felt paid put set taught fought sought caught drew drove flew rode sang swam wore chose "
    "spent dealt meant heard read remains includes include contains contain comprises lists "
    "consists makes takes gives goes comes shows means needs wants allows uses live grow refer "
    "belong consist remain become come go make take".split()
)
CLAUSE_START = frozenset(
    "who whom whose which that what where when while whereas although though because but however "
    "them if unless as according then thus so therefore hence not nor after before since until "
    "once during unlike including such like especially particularly namely also respectively he "
    "she it they we i you there despite due amid among given yet only later now today yesterday "
    "last next per e.g i.e -- – — mà nhưng vì nên khi nếu".split()
)
PREPOSITION = frozenset(
    "in on at by from to for with of into onto over under through across within without via about "
    "against between around near toward towards upon ở tại của với cho từ".split()
)
DETERMINER = frozenset(
    "the a an its his her their our your my this these those some any each all several many two "
    "three four five six seven eight nine ten các những một hai ba".split()
)
PAIRS = frozenset("both either neither between".split())
_JOINS_NAMES = frozenset("of the de la le du del van von der den al bin for".split())
_LONGEST = 14
"""Words; a longer piece between two commas is hardly an item."""


class Shape:
    """What the items of one enumeration have in common with the item that is given.

    ``masked`` is the sentence, ``pieces`` what its separators leave, ``first`` the piece in which
    the given item begins at ``begin``.
    """

    def __init__(self, masked: str, begin: int, pieces: list[Range], first: int) -> None:
        at = begin
        if begin == pieces[0][0] and first + 1 < len(pieces):
            # The capital of a sentence's first word tells nothing.
            at = pieces[first + 1][0]
        words = masked[at:].split()
        bare = [w for w in words[:3] if fold(w) not in DETERMINER]
        head = fold(words[0]) if words else ""
        self.names = bool(bare) and is_name(bare[0])
        self.numbers = bool(words) and words[0].lstrip("$€£¥~")[:1].isdigit()
        self.lead = head if head in PREPOSITION else None
        self.gerund = head.endswith("ing") and not self.names

    def begins_item(self, words: list[str]) -> bool:
        """Whether an item can begin with ``words``."""
        if not words or PAIRS & {fold(w) for w in words}:
            return False
        head = fold(words[0])
        if head in ("this", "these", "those") or (self.numbers and not _has_digit(words)):
            return False
        if self.lead is not None:
            return head == self.lead or (self.lead == "to" and head not in CLAUSE_START)
        if head in CLAUSE_START or head in PREPOSITION or is_verb(head, words[0]):
            return False
        return self.gerund or not (words[0].islower() and head.endswith("ing") and len(words) > 1)

    def is_item(self, words: list[str]) -> bool:
        """Whether all of ``words`` can be one item, or an apposition to one."""
        return self.begins_item(words) and len(words) <= _LONGEST and not clausal(words)

    def may_open(self, word: str) -> bool:
        """Whether ``word`` can stand in an item before the words that were given."""
        low = fold(word)
        if low in DETERMINER or (self.names and is_name(word)):
            return True
        known = PREPOSITION | PAIRS | CLAUSE_START
        return not self.names and low not in known and not is_verb(low, word) and word.isalpha()

    def describes(self, words: list[str]) -> bool:
        """Whether ``words`` are no name but say what the name before them is."""
        return self.names and bool(words) and words[0][0].islower()

    def item_at_start(self, piece: str) -> int | None:
        """Where the item ends with which ``piece`` begins: "Hue in May" after "Hue"."""
        found = list(re.finditer(r"\S+", piece))
        words = [w.group() for w in found]
        if not self.begins_item(words):
            return None
        at, named = 1, is_name(words[0])
        while at < len(words):
            word, low = words[at], fold(words[at])
            if low in CLAUSE_START or low in AUXILIARY:
                break
            if self.lead is None:
                stops = low in PREPOSITION and low != "of" and not (low == "for" and named)
                after = fold(words[at - 1]) in PREPOSITION
                if stops or (not after and is_verb(low, word)):
                    break
            named = named and (is_name(word) or low in _JOINS_NAMES)
            at += 1
        while at > 1 and fold(words[at - 1]) in PREPOSITION | DETERMINER:
            at -= 1
        return found[at - 1].end() if at <= _LONGEST else None

    def item_at_end(self, piece: str, *, opens_sentence: bool) -> int | None:
        """Where the item begins with which ``piece`` ends: "they saw Hanoi" at "Hanoi"."""
        found = list(re.finditer(r"\S+", piece))
        words = [w.group() for w in found]
        at = self._walk_back(words)
        while at < len(words) and fold(words[at]) in _JOINS_NAMES - {"the", "la", "le"}:
            at += 1
        if at >= len(words) or (self.numbers and not _has_digit(words[at:])):
            return None
        if self.lead is not None:
            return found[at].start() if fold(words[at]) == self.lead else None
        if not self.names and fold(words[-1]) in VERB | AUXILIARY:
            return None
        ahead = words[:at]
        adverbial = fold(words[0]) in PREPOSITION | CLAUSE_START
        if opens_sentence and adverbial and not clausal(ahead):
            # "In the north, Hanoi and Vinh ...": the first words are no item.
            return None
        if not self.names and (
            not _ends_before_item(ahead[-1], words[at]) if ahead else len(words) > 3
        ):
            return None
        return found[at].start()

    def _walk_back(self, words: list[str]) -> int:
        """The number of the word where the item at the end of ``words`` begins."""
        at = len(words)
        while at > 0 and len(words) - at < _LONGEST:
            word, low = words[at - 1], fold(words[at - 1])
            if word.endswith(":"):
                break
            if self.lead is not None:
                if low in AUXILIARY:
                    break
                at -= 1
                if low == self.lead:
                    break
                continue
            if low in DETERMINER:
                if self.names and self._links_names(words, at - 2):
                    at -= 2
                    continue
                return at - 1
            if low in PAIRS or not self._reaches(words, at - 1):
                break
            at -= 1
        return at

    @staticmethod
    def _links_names(words: list[str], at: int) -> bool:
        """Whether ``words[at]`` joins two names into one, as in "Ministry of the Interior"."""
        linking = 0 < at < len(words) - 1 and fold(words[at]) in ("of", "to")
        return linking and is_name(words[at - 1])

    def _reaches(self, words: list[str], at: int) -> bool:
        """Whether ``words[at]`` belongs to the item that begins right behind it or at it."""
        word, low = words[at], fold(words[at])
        if self.names:
            if is_name(word):
                return True
            if low == "to":
                return self._links_names(words, at)
            return at < len(words) - 1 and low in _JOINS_NAMES and low != "for"
        if (low in PREPOSITION and low != "of") or low in CLAUSE_START | AUXILIARY | VERB:
            return False
        # "displays porcelain", "banned arms": after a noun such a word is a verb.
        free = at > 0 and fold(words[at - 1]) not in DETERMINER | PREPOSITION
        return not (free and at < len(words) - 1 and _ends_like_verb(low))


def is_name(word: str) -> bool:
    """Whether ``word`` is written as a name, a number, or stands for masked text."""
    return word[0].isupper() or word[0].isdigit() or word[0] in "('’\"“`$€£¥"


def is_verb(low: str, word: str) -> bool:
    """Whether the folded word ``low``, written ``word``, is a verb for all that can be told."""
    regular = low.endswith("ed") and len(low) > 4 and word[0].islower()
    return low in AUXILIARY or low in VERB or regular


def clausal(words: list[str]) -> bool:
    """Whether ``words`` look like a clause or the beginning of one."""
    for number, word in enumerate(words):
        low = fold(word).strip(".,:;")
        if word.startswith(("May", "Will")):
            continue
        if low in AUXILIARY or low in VERB or low in ("he", "she", "they", "we", "it", "i"):
            return True
        if number > 0 and low.endswith("ed") and len(low) > 4 and word[0].islower():
            # "Hue hosted", "they visited"; but "the films shown and edited here".
            return words[number - 1][0].isupper() or number == len(words) - 1
    return False


def _ends_before_item(before: str, first: str) -> bool:
    """Whether a phrase surely begins at ``first``: after a function word or a verb, or by one."""
    low = fold(before)
    known = PREPOSITION | PAIRS | CLAUSE_START | AUXILIARY | VERB
    return low in known or _ends_like_verb(low) or before.endswith(":") or fold(first) in DETERMINER


def _ends_like_verb(low: str) -> bool:
    third_person = low.endswith("s") and not low.endswith(("ss", "us", "is"))
    return len(low) > 4 and (third_person or low.endswith("ed"))


def _has_digit(words: list[str]) -> bool:
    return any(c.isdigit() for word in words for c in word)
