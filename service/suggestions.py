"""Questions that the record can answer: made from its own sentences and checked by asking them."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from index.analysis import STOP_WORDS, words
from index.searchable import Searchable
from index.types import Passage
from service.answers import Answer, Question
from service.follow_ups import person_in

MAX_SUGGESTIONS = 6
MAX_CHECKED = 14
MAX_PASSAGES = 300
MIN_PROBABILITY = 0.7
_SAYING = {
    "said": "say", "says": "say", "stated": "say", "affirmed": "affirm", "noted": "note",
    "emphasized": "emphasize", "emphasised": "emphasise", "stressed": "stress",
    "highlighted": "highlight", "explained": "explain", "announced": "announce",
    "commented": "say", "shared": "share", "acknowledged": "acknowledge",
    "called": "call for", "warned": "warn of", "argued": "argue", "told": "say",
}  # fmt: skip
_PASSIVE = re.compile(
    r"^(?:[^,.]{0,60},\s)?(?:A|An|The|This)\s+((?:[\w-]+\s){1,5}?)"
    r"(?:(?:on|in|at|for|of|with|between)\s[^.]{0,120}?\s)?"
    r"(?:was|were)\s+(held|organi[sz]ed|hosted|founded|established|built|opened|launched)\b"
)
_TOOK_PLACE = re.compile(
    r"^(?:[^,.]{0,60},\s)?(?:A|An|The|This)\s+((?:[\w-]+\s){1,4}?)"
    r"(?:(?:on|for|of|with|between)\s[^.]{0,160}?)?took place\b"
)
_DEFINITION = re.compile(
    r"^((?:The\s)?[A-Z][\w’'.-]*(?:\s(?:[A-Z][\w’'.-]*|of|the|and|for)){0,6})\s(?:\([^)]{1,40}\)\s)?"
    r"(?:is|was|are|were)\s(?:not only\s)?(a|an|the|one of)\b"
)
_KINDS = ("when", "who", "what", "said", "where")
"""In the order of taking turns."""
_DATE = re.compile(r"\b(?:1\d|20)\d\d\b|\b(?:January|February|March|April|May|June|July|August|"
                   r"September|October|November|December)\s+\d")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, its kind, and the sentence it was made from."""

    question: str
    kind: str
    start: int
    end: int
    passage_id: str


def checked_suggestions(index: Searchable, ask: Callable[[Question], Answer]) -> tuple[str, ...]:
    """Return up to six questions that ``ask`` answers from the very sentence they came from.

    Or from one of another document that says the same.
    """
    total = index.manifest.counts["passages"]
    step = max(1, total // MAX_PASSAGES)
    passages = index.passages(range(0, total, step))
    kept: list[Candidate] = []
    for candidate in _varied(_candidates(passages))[:MAX_CHECKED]:
        answer = ask(Question(candidate.question))
        if answer.status != "answered" or answer.confidence.probability < MIN_PROBABILITY:
            continue
        if (candidate.passage_id, candidate.start) in _marked(answer):
            kept.append(candidate)
        if len(kept) == MAX_SUGGESTIONS:
            break
    return tuple(c.question for c in kept)


def _marked(answer: Answer) -> set[tuple[str, int]]:
    """Passage and start of the sentence that answers, and of those that say the same."""
    first = answer.passages[0].passage.passage_id
    alike = {first, *(p for group in answer.corroboration for p in group.passage_ids)}
    return {
        (one.passage.passage_id, one.highlights[0].start)
        for one in answer.passages
        if one.passage.passage_id in alike
    }


def _varied(candidates: Iterator[Candidate]) -> list[Candidate]:
    """Take turns between the kinds, so that the first few questions differ."""
    by_kind: dict[str, list[Candidate]] = {}
    seen: set[str] = set()
    for candidate in candidates:
        if candidate.question.lower() not in seen:
            seen.add(candidate.question.lower())
            by_kind.setdefault(candidate.kind, []).append(candidate)
    found = []
    for turn in range(max((len(v) for v in by_kind.values()), default=0)):
        found += [by_kind[k][turn] for k in _KINDS if turn < len(by_kind.get(k, ()))]
    return found


def _candidates(passages: list[Passage]) -> Iterator[Candidate]:
    pairs = Counter(p for passage in passages for p in set(_bigrams(passage.text)))
    for passage in passages:
        for start, end in passage.sentences:
            sentence = passage.text[start - passage.start : end - passage.start]
            for kind, question in _questions(sentence, pairs):
                yield Candidate(question, kind, start, end, passage.passage_id)


def _questions(sentence: str, pairs: Counter[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    if found := _PASSIVE.match(sentence):
        subject = found.group(1).strip()
        verb = found.group(2)
        plain = not any(w in STOP_WORDS for w in subject.lower().split())
        if plain and " by " in sentence[found.end() :]:
            yield "who", f"Who {verb} the {subject}?"
        if plain and _DATE.search(sentence):
            yield "when", f"When was the {subject} {verb}?"
    if found := _TOOK_PLACE.match(sentence):
        subject = found.group(1).strip()
        if not any(w in STOP_WORDS for w in subject.lower().split()):
            yield "where", f"Where did the {subject} take place?"
            if _DATE.search(sentence):
                yield "when", f"When did the {subject} take place?"
    if found := _DEFINITION.match(sentence):
        subject = found.group(1)
        subject = "the " + subject[4:] if subject.startswith("The ") else subject
        if len(subject) > 3 and subject.lower() not in STOP_WORDS:
            verb = "are" if re.search(r"\s(are|were)\s", sentence[: found.end()]) else "is"
            yield "what", f"What {verb} {subject}?"
    name = person_in(sentence)
    if name:
        said = next((_SAYING[w] for w in re.findall(r"\w+", sentence) if w in _SAYING), None)
        topic = _topic(sentence, name, pairs)
        if said == "say" and topic:
            yield "said", f"What did {name} say about {topic}?"
        elif said:
            yield "said", f"What did {name} {said}?"


def _topic(sentence: str, name: str, pairs: Counter[tuple[str, str]]) -> str | None:
    """The pair of words of the sentence that the record uses most often."""
    own = set(words(name))
    found = [(pairs[p], p) for p in _bigrams(sentence) if not own & {w.lower() for w in p}]
    count, pair = max(found, default=(0, ("", "")))
    return " ".join(pair) if count >= 3 else None


def _bigrams(text: str) -> list[tuple[str, str]]:
    tokens = re.findall(r"[^\W\d_]+|[^\w\s]", text)
    return [
        (a, b)
        for a, b in itertools.pairwise(tokens)
        if a.isalpha() and b.isalpha() and len(a) > 2 and len(b) > 2
        and a.lower() not in STOP_WORDS and b.lower() not in STOP_WORDS
    ]  # fmt: skip
