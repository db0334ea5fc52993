"""The pages that a browser sees: pure functions from records to HTML, autoescaped by Jinja2.

They hold no script of their own and no inline style, so they work under the policy
``default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'
data:; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'``. ``root`` is the
path under which the service is mounted, without a final slash; ``lang`` is one of ``LANGUAGES``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from index.types import Document
from service.answers import Answer, CitedPassage, Corroboration, Highlight, IndexInfo
from service.assets import asset, compressed, integrity, version
from service.feedback import Vote
from service.page_text import BlockView, Run, block_views, mark_runs
from service.question_log import Asked, Day, most_asked
from service.text_search import find_words, snippet
from service.texts import LANGUAGES, Texts

_HERE = Path(__file__).parent
_BIDI_CONTROL = re.compile("([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])")

DOCUMENTS_ON_A_PAGE = 100
"""More are reached by a link."""


def render_chat_page(
    *,
    title: str,
    suggestions: Sequence[str] = (),
    index_info: IndexInfo | None = None,
    documents: int = 0,
    answer: Answer | None = None,
    question: str = "",
    problem: str | None = None,
    reply: str | None = None,
    lang: str = "en",
    root: str = "",
) -> str:
    """The chat page.

    Without scripts it is a form (``GET {root}/?q=...``) whose ``answer`` or ``problem`` stands on
    the page; with scripts the widget takes its place and shows ``reply``, which is ``answer`` as
    ``POST /ask`` returns it. Without a ``reply`` it asks ``question``, if there is one.
    ``documents`` is how many documents the record holds.
    """
    return _render("chat.html", lang, root, **_without(locals(), "lang", "root"))


def render_embed_page(
    *, title: str, suggestions: Sequence[str] = (), lang: str = "en", root: str = ""
) -> str:
    """The conversation alone, for an iframe."""
    return _render("embed.html", lang, root, title=title, suggestions=suggestions)


def render_widget_page(*, title: str, address: str, lang: str = "en", root: str = "") -> str:
    """The page for site owners: the tag with its hash, its settings, a preview, a policy.

    ``address`` is where browsers reach this service: scheme, host and ``root``.
    """
    parts = urlsplit(address)
    src = f"{address}/widget.js?v={version('widget.js')}"
    pinned = integrity("widget.js")
    first = len(compressed("widget.js"))
    largest = max(len(compressed(f"texts.{one}.js")) for one in LANGUAGES)
    whole = first + len(compressed("panel.js")) + largest
    return _render(
        "widget.html",
        lang,
        root,
        title=title,
        src=src,
        integrity=pinned,
        tag=f'<script defer src="{src}"\n  integrity="{pinned}"\n'
        '  crossorigin="anonymous"></script>',
        frame=f'<iframe src="{address}/embed" title="{escape(title)}" width="100%" height="640"\n'
        '  allow="clipboard-write"></iframe>',
        origin=f"{parts.scheme}://{parts.netloc}",
        sizes=[f"{size / 1000:.1f}" for size in (first, whole)],
        languages=[(one, Texts(one)("language")) for one in LANGUAGES],
    )


def render_operator_page(
    asked: Sequence[Asked],
    votes: Mapping[str, Vote],
    days: Sequence[Day],
    *,
    keeps_words: bool,
    kept_days: int,
    title: str,
    lang: str = "en",
    root: str = "",
) -> str:
    """What was asked, refused and voted down on ``days``; questions come newest first."""
    refused = [one for one in asked if one.status == "no_answer"]
    down = [
        (one, vote)
        for one in asked
        if (vote := votes.get(one.answer_id)) is not None and vote.value == "down"
    ]
    return _render(
        "operator.html",
        lang,
        root,
        title=title,
        days=days,
        highest=max([1, *(day.answered + day.refused for day in days)]),
        asked=asked,
        most_asked=most_asked(asked),
        refused=refused,
        most_refused=most_asked(refused),
        down=down,
        up=sum(day.voted_up for day in days),
        keeps_words=keeps_words,
        kept_days=kept_days,
    )


def render_documents_page(
    documents: Sequence[Document],
    total: int | None = None,
    offset: int = 0,
    *,
    q: str = "",
    title: str = "Ask the Record",
    lang: str = "en",
    root: str = "",
) -> str:
    """The list of documents of the record; with ``q``, of those in which it was found.

    ``documents`` are those from ``offset`` on, of ``total``.
    """
    total = len(documents) if total is None else total
    end = offset + len(documents)
    return _render(
        "documents.html",
        lang,
        root,
        title=title,
        q=q,
        found=[(d, *_found(d, q)) for d in documents],
        total=total,
        before=max(0, offset - DOCUMENTS_ON_A_PAGE) if offset else None,
        after=end if end < total else None,
    )


def render_document_page(
    document: Document,
    start: int | None = None,
    end: int | None = None,
    *,
    q: str = "",
    title: str = "Ask the Record",
    lang: str = "en",
    root: str = "",
) -> str:
    """One document as it is stored, with ``text[start:end]`` marked across its blocks.

    The first mark is ``#quote``; paragraph n is ``#p{n}``, headings not counted; heading n is
    ``#s{n}``. ``start`` and ``end`` that name no words of the text (negative, beyond its end,
    empty) mark nothing. With ``q``, the places where it stands are marked instead, ``#hit{n}``.
    """
    given = start is not None and end is not None and 0 <= start < end <= len(document.text)
    marked = (start, end) if given and not q and start is not None and end is not None else None
    hits = _hits(document, q)
    views = block_views(document, [marked] if marked else [hit.place for hit in hits])
    heading = None
    if views and views[0].kind == "heading" and _words(views[0]) == document.title:
        heading, *views = views
    groups = list(_groups(views))
    contents = [view for view in views if view.section]
    return _render(
        "document.html",
        lang,
        root,
        title=title,
        document=document,
        heading=heading,
        groups=groups,
        marked=marked,
        contents=contents if len(contents) > 2 else [],
        q=q,
        hits=hits,
    )


@dataclass(frozen=True, slots=True)
class Hit:
    """Where looked-up words stand: offsets, and the words before, at and after them."""

    place: tuple[int, int]
    words: tuple[str, str, str]


def _found(document: Document, q: str) -> tuple[list[Hit], int]:
    """The places of ``q``, and which of them to show: the first outside the headings, if any."""
    hits = _hits(document, q)
    headings = [(b.start, b.end) for b in document.blocks if b.kind == "heading"]
    for i, hit in enumerate(hits):
        if not any(start <= hit.place[0] < end for start, end in headings):
            return hits, i
    return hits, 0


def _hits(document: Document, q: str) -> list[Hit]:
    text = document.text
    return [Hit(at, snippet(text, *at)) for at in find_words(text, q)] if q else []


def _words(view: BlockView) -> str:
    return "".join(text for run in view.runs for text, _ in run.pieces)


def _groups(views: Sequence[BlockView]) -> Iterator[tuple[str, list[BlockView]]]:
    """Runs of list items, and what stands between them; a list ends where its page does."""
    page = 0

    def kind_and_page(view: BlockView) -> tuple[str, int]:
        nonlocal page
        page = view.page or page
        return ("list", page) if view.kind == "list_item" else ("block", 0)

    for (kind, _), group in groupby(views, key=kind_and_page):
        yield kind, list(group)


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _render(template: str, lang: str, root: str, **values: Any) -> str:
    lang = lang if lang in LANGUAGES else "en"
    page = _environment().get_template(template)
    html = page.render(lang=lang, root=root, t=Texts(lang), **values)
    # A lone surrogate cannot be sent as UTF-8; it is shown as "?" rather than failing the page.
    return html.encode("utf-8", "replace").decode("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        visible=_visible,
        document_path=_document_path,
        web_address=_web_address,
        runs=_runs,
        disputed=_disputed,
        agreeing=_agreeing,
        beside=_beside,
    )
    environment.globals["asset"] = asset
    return environment


def _visible(text: str | None) -> Markup:
    """``text`` escaped; a character that reorders text is isolated and shown by its code point.

    The character itself stays, so the text content of the page is the stored text.
    """
    pieces = _BIDI_CONTROL.split(text or "")
    return Markup("").join(
        Markup('<bdi class="control" data-code="U+{:04X}">{}</bdi>').format(ord(piece), piece)
        if i % 2
        else escape(piece)
        for i, piece in enumerate(pieces)
    )


def _document_path(document: Document) -> str:
    return f"/documents/{quote(document.doc_id, safe='/')}"


def _web_address(address: str | None) -> str | None:
    """``address`` when it is http or https, else None: no other link leaves a page."""
    try:
        parts = urlsplit((address or "").strip())
    except ValueError:
        return None
    return (address or "").strip() if parts.scheme in ("http", "https") and parts.netloc else None


def _disputed(answer: Answer) -> list[CitedPassage]:
    """The further passages that say something else of the same matter than the first."""
    ids = {words.passage_id for found in answer.disagreements for words in found.passages}
    return [cited for cited in answer.passages[1:] if cited.passage.passage_id in ids]


def _agreeing(answer: Answer) -> Corroboration | None:
    """The passages of several documents that say what the first says, when there are any."""
    first = answer.passages[0].passage.passage_id
    for group in answer.corroboration:
        if group.sources > 1 and first in group.passage_ids:
            return group
    return None


def _beside(answer: Answer) -> list[CitedPassage]:
    """The passages shown with the first: those that differ, else one that says the same."""
    group = _agreeing(answer)
    source = answer.passages[0].document.doc_id
    agreeing = [
        cited
        for cited in answer.passages[1:]
        if group is not None
        and cited.passage.passage_id in group.passage_ids
        and cited.document.doc_id != source
    ]
    return _disputed(answer) or agreeing[:1]


def _runs(cited: CitedPassage) -> list[Run]:
    passage = cited.passage
    highlights: Iterable[Highlight] = cited.highlights
    return mark_runs(passage.text, passage.start, [(h.start, h.end, h.kind) for h in highlights])
