"""The pages that a browser sees: pure functions from records to HTML, autoescaped by Jinja2.

They hold no script of their own and no inline style, so they work under the policy
``default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'
data:; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'``. ``root`` is the
path under which the service is mounted, without a final slash; ``lang`` is ``"en"`` or ``"vi"``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from index.types import Document
from service.answers import Answer, CitedPassage, Highlight, IndexInfo
from service.page_text import BlockView, Run, block_views, mark_runs

LANGUAGES = ("en", "vi")
_HERE = Path(__file__).parent
_BIDI_CONTROL = re.compile("([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])")


def render_chat_page(
    *,
    title: str,
    suggestions: Sequence[str] = (),
    index_info: IndexInfo | None = None,
    documents: int = 0,
    answer: Answer | None = None,
    question: str = "",
    problem: str | None = None,
    lang: str = "en",
    root: str = "",
) -> str:
    """The chat page.

    Without scripts it is a form (``GET {root}/?q=...``) whose ``answer`` or ``problem`` stands on
    the page; with scripts the widget takes its place and asks ``question``, if there is one.
    ``documents`` is how many documents the record holds.
    """
    return _render("chat.html", lang, root, **_without(locals(), "lang", "root"))


def render_embed_page(
    *, title: str, suggestions: Sequence[str] = (), lang: str = "en", root: str = ""
) -> str:
    """The conversation alone, for an iframe."""
    return _render("embed.html", lang, root, title=title, suggestions=suggestions)


def render_documents_page(
    documents: Sequence[Document],
    *,
    title: str = "Ask the Record",
    lang: str = "en",
    root: str = "",
) -> str:
    """The list of the documents of the record."""
    return _render("documents.html", lang, root, title=title, documents=documents)


def render_document_page(
    document: Document,
    start: int | None = None,
    end: int | None = None,
    *,
    title: str = "Ask the Record",
    lang: str = "en",
    root: str = "",
) -> str:
    """One document as it is stored, with ``text[start:end]`` marked across its blocks.

    The first mark is ``#quote``; paragraph n is ``#p{n}``, headings not counted. ``start`` and
    ``end`` that name no words of the text (negative, beyond its end, empty) mark nothing.
    """
    given = start is not None and end is not None and 0 <= start < end <= len(document.text)
    marked = (start, end) if given and start is not None and end is not None else None
    views = block_views(document, marked)
    heading = None
    if views and views[0].kind == "heading" and _words(views[0]) == document.title:
        heading, *views = views
    groups = list(_groups(views))
    return _render(
        "document.html",
        lang,
        root,
        title=title,
        document=document,
        heading=heading,
        groups=groups,
        marked=marked,
    )


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
    html = page.render(lang=lang, root=root, t=_Texts(lang), **values)
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
    )
    return environment


@cache
def _texts(lang: str) -> dict[str, str]:
    """The widget's texts and those of the pages, so that both say the same."""
    script = (_HERE / "static" / f"texts.{lang}.js").read_text(encoding="utf-8")
    shared: dict[str, str] = json.loads(script.removeprefix("export default ").strip().rstrip(";"))
    own = (_HERE / "templates" / f"texts.{lang}.json").read_text(encoding="utf-8")
    return {**shared, **json.loads(own)}


class _Texts:
    """Text by name with ``{placeholders}``; with ``n``, the form for that number."""

    def __init__(self, lang: str) -> None:
        self._texts = _texts(lang)

    def __call__(self, name: str, **values: object) -> str:
        if "n" in values:
            form = {0: "zero", 1: "one"}.get(values["n"], "other")  # type: ignore[call-overload]
            for candidate in (f"{name}_{form}", f"{name}_other"):
                if candidate in self._texts:
                    name = candidate
                    break
        return self._texts[name].format(**values)

    def date(self, iso: str) -> str:
        """``2025-03-13`` in words; what is no such date, as it is."""
        found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", iso)
        months = self._texts["months"].split(",")
        if not found or not 1 <= int(found[2]) <= 12:
            return iso
        return self("date", day=int(found[3]), month=months[int(found[2]) - 1], year=found[1])

    def share(self, probability: float) -> str:
        """What a calibrated probability means; in steps of 5, as more is not known."""
        return self("band_meaning", n=min(95, max(5, int(probability * 20 + 0.5) * 5)))

    def agreeing(self, answer: Answer) -> str:
        """How many documents say what the first passage says, when there is more than one."""
        first = answer.passages[0].passage.passage_id
        for group in answer.corroboration:
            if group.sources > 1 and first in group.passage_ids:
                return self("agree", n=group.sources)
        return ""


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


def _runs(cited: CitedPassage) -> list[Run]:
    passage = cited.passage
    highlights: Iterable[Highlight] = cited.highlights
    return mark_runs(passage.text, passage.start, [(h.start, h.end, h.kind) for h in highlights])
