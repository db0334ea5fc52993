"""An answer in the terminal: the quotation with its sentence in colour, and where it stands."""

import re

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from service.answers import Answer, CitedPassage

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_STYLES = {"sentence": "black on bright_yellow", "span": "bold underline"}
_REFUSALS = {
    "below_threshold": "The record does not say, or not clearly enough.",
    "out_of_corpus": "The record is not about this.",
    "not_a_question": "This does not read as a question. Try a whole one.",
    "language": "The record has no documents in the language of this question.",
}
_BANDS = {"high": "very likely answers", "medium": "probably answers", "low": "may answer"}


def print_answer(answer: Answer, console: Console) -> None:
    """Print ``answer``; passages that do not answer stand apart, under their own heading."""
    if answer.resolved_question:
        console.print(Text(f"Understood as: {_plain(answer.resolved_question)}", "italic"))
    if answer.passages:
        for found in answer.disagreements:
            said = " / ".join(f"“{words.text}”" for words in found.passages)
            console.print(Text(f"The documents differ: {_plain(said)}. Each is quoted:", "bold"))
        for cited in answer.passages:
            _print_passage(cited, console, marked=True)
        percent = round(answer.confidence.probability * 100)
        band = _BANDS[answer.confidence.band]
        console.print(Text(f"The first passage {band} the question ({percent} %)."))
        return
    console.print(Text(_REFUSALS[answer.reason or "below_threshold"], "bold"))
    if answer.near_misses:
        console.print(Text("\nClosest passages, which do not answer the question:", "dim"))
        for cited in answer.near_misses:
            _print_passage(cited, console, marked=False)
    if answer.suggestions:
        console.print(Text("Questions that the record can answer:", "dim"))
        for suggestion in answer.suggestions:
            console.print(Text(f"  {_plain(suggestion)}"))


def highlighted(cited: CitedPassage) -> Text:
    """The passage with its highlights as styles. Its plain text is as long as the passage."""
    text = Text(_plain(cited.passage.text))
    for mark in cited.highlights:
        start = cited.passage.start
        text.stylize(_STYLES[mark.kind], mark.start - start, mark.end - start)
    return text


def _print_passage(cited: CitedPassage, console: Console, marked: bool) -> None:
    text = highlighted(cited) if marked else Text(_plain(cited.passage.text), "dim")
    console.print()
    console.print(Padding(text, (0, 2)))
    passage = cited.passage
    first = cited.highlights[0] if marked and cited.highlights else passage
    place = f"{passage.doc_id}, characters {first.start} to {first.end}"
    for line in (cited.citation, place, cited.source_url):
        if line:
            console.print(Padding(Text(_plain(line), "cyan" if marked else "dim"), (0, 2)))
    console.print()


def _plain(text: str) -> str:
    """``text`` with nothing that could steer the terminal, each such character replaced by one."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
