"""Which words of a passage to mark: the sentences that answer, and within them the very words."""

from collections.abc import Sequence

from service.answers import Highlight
from service.assessment import Assessed
from service.companion import companion
from service.lists import listed_lines, whole_list

SURE = -4.0
"""Margin from which the very words are marked. Chosen on development data: the right words are
often less likely than "no answer" when the question is worded unlike the record."""
SURE_BESIDE = 0.0
"""The same for a passage that is shown after another: its words must beat "no answer"."""


def highlights(assessed: Assessed, question: str, sure: float = SURE) -> tuple[Highlight, ...]:
    """The answering sentence first, then what else is marked.

    That is a sentence beside it without which it does not answer, the lines of a list that is
    asked for, and, above a margin of ``sure``, the answering words: all of an enumeration when
    the question asks for several things.
    """
    text, sentences = assessed.document.text, assessed.candidate.passage.sentences
    chosen = sentences.index(assessed.sentence)
    main = Highlight(*assessed.sentence, "sentence")
    lines = listed_lines(text, sentences, chosen, question)
    if lines is not None:
        first, last = lines
        return main, *_sentences(sentences, [n for n in range(first, last + 1) if n != chosen])
    beside = companion(text, sentences, chosen, question)
    marks = (main, *_sentences(sentences, [] if beside is None else [beside]))
    span = assessed.reading.span
    if span is None or span.margin <= sure or not main.start <= span.start < main.end:
        return marks
    words = (span.start, min(span.end, main.end))
    return *marks, Highlight(*whole_list(text, question, words, assessed.sentence), "span")


def _sentences(
    sentences: Sequence[tuple[int, int]], numbers: Sequence[int]
) -> tuple[Highlight, ...]:
    return tuple(Highlight(*sentences[n], "sentence") for n in numbers)
