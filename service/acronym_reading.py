"""What a window says to a question that asks for an acronym's long form, or for the acronym.

Such a question is answered where both forms stand side by side, and nowhere else. A reader trained
on whole sentences marks any name near the acronym.
"""

import dataclasses

from service.acronyms import Definition
from service.reader import Reading, Span
from service.windows import Window

RELEVANT, CERTAIN, ANSWERABLE = 8.0, 8.0, 4.0
"""Logits of relevance, span and answerability as a reader gives them to a clear answer."""


def read_definition(definition: Definition, window: Window, reading: Reading) -> Reading:
    """``reading`` as corrected by what ``window`` says of the acronym.

    A question that has no other answer is then surely answered by the window, or surely not; in
    any other only the words to be marked are corrected, in the sentence that the reader chose.
    """
    passage = window.passage
    for number in range(window.first, window.end):
        start, end = passage.sentences[number]
        found = definition.find(passage.text[start - passage.start : end - passage.start])
        if found is None:
            continue
        first, last = start + found[0], start + found[1]
        if definition.only:
            return Reading(
                sentence=number,
                relevance=max(reading.relevance, RELEVANT),
                answerable=max(reading.answerable, ANSWERABLE),
                span=Span(first, last, CERTAIN),
            )
        if reading.span is not None and start <= reading.span.start < end:
            return dataclasses.replace(reading, span=Span(first, last, reading.span.margin))
    if not definition.only or definition.may_be_explained_in(window.text):
        return reading
    return dataclasses.replace(
        reading, answerable=min(reading.answerable, -ANSWERABLE), span=_doubted(reading.span)
    )


def _doubted(span: Span | None) -> Span | None:
    return span and dataclasses.replace(span, margin=min(span.margin, -CERTAIN))
