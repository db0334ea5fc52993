"""From a passage to its source: highlights, links and a formatted citation."""

from urllib.parse import quote, urlsplit

from index.types import Document, Passage
from service.answers import CitedPassage, Highlight

_FRAGMENT_WORDS = 6


def cite(
    passage: Passage,
    document: Document,
    highlights: tuple[Highlight, ...],
    rank: int,
    score: float,
    scores: dict[str, float],
) -> CitedPassage:
    """Attach source, links and citation to ``passage``.

    Raises ValueError when passage or highlights are not what stands in ``document``: nothing is
    ever shown as a quotation that is none.
    """
    if document.text[passage.start : passage.end] != passage.text:
        raise ValueError(f"passage {passage.passage_id} is not in the text of {document.doc_id}")
    for mark in highlights:
        if not passage.start <= mark.start < mark.end <= passage.end:
            raise ValueError(f"highlight {mark} is outside of passage {passage.passage_id}")
    first = highlights[0] if highlights else Highlight(passage.start, passage.end, "sentence")
    view = f"/documents/{quote(document.doc_id, safe='/')}?start={first.start}&end={first.end}"
    return CitedPassage(
        passage=passage,
        document=document,
        rank=rank,
        score=score,
        scores=scores,
        highlights=highlights,
        citation=format_citation(passage, document),
        view_url=view,
        source_url=source_link(document.url, document.text[first.start : first.end]),
    )


def format_citation(passage: Passage, document: Document) -> str:
    """``publisher, "title", date, section, page, paragraph``; what is unknown is left out.

    The author stands in for a publisher who is not known.
    """
    parts = [
        document.publisher or document.extra.get("author"),
        f'"{document.title}"',
        document.published or document.extra.get("event_date"),
        f"section “{passage.section}”" if passage.section else None,
        f"page {passage.page}" if passage.page is not None else None,
        f"paragraph {passage.paragraph}",
    ]
    return ", ".join(p for p in parts if p)


def source_link(url: str | None, quotation: str) -> str | None:
    """``url`` with a text fragment naming ``quotation`` by its first and last words.

    Format of the fragment: https://wicg.github.io/scroll-to-text-fragment/. None unless ``url``
    is a whole http or https address.
    """
    try:
        if url is None or urlsplit(url).scheme.lower() not in ("http", "https"):
            return None
    except ValueError:  # such as an unclosed bracket
        return None
    words = quotation.split()
    if len(words) <= 2 * _FRAGMENT_WORDS:
        fragment = _encoded(words)
    else:
        fragment = f"{_encoded(words[:_FRAGMENT_WORDS])},{_encoded(words[-_FRAGMENT_WORDS:])}"
    return f"{url.split('#')[0]}#:~:text={fragment}"


def _encoded(words: list[str]) -> str:
    # The dash, comma and ampersand have a meaning of their own in a text fragment.
    return quote(" ".join(words), safe="").replace("-", "%2D")
