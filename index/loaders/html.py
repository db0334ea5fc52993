"""HTML: the main text of a page, without menus, scripts and footers."""

import re
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree

from index.errors import CorpusError
from index.loaders.blocks import TextBuilder, plain
from index.loaders.html_blocks import HIDDEN, NAVIGATION, html_blocks
from index.loaders.metadata import Metadata, found_metadata, title_from_path
from index.loaders.raw import RawDocument
from index.loaders.reading import decode
from index.loaders.source import Source
from index.types import Block

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)


def load_html(source: Source) -> RawDocument:
    """Read one HTML file. Raises CorpusError when it holds no text."""
    declared = _CHARSET.search(source.data[:4096])
    charset = declared.group(1).decode("ascii") if declared else None
    page = decode(source.data, source.path, charset)
    if not page.strip():
        return RawDocument("", (), title_from_path(source.file_name))
    import trafilatura  # Imported here because it takes long and most corpora hold no page.

    extracted: Any = trafilatura.bare_extraction(
        page, favor_recall=True, include_comments=False, with_metadata=True
    )
    builder = TextBuilder(source.limits.text_mib)
    if extracted is not None and extracted.body is not None:
        for text, kind, level in _extracted_blocks(extracted.body):
            builder.add(text, kind, level)
    text, blocks = builder.build()
    if not blocks:
        text, blocks = _whole_page(page, source)
    return RawDocument(text, blocks, _title(page, source), _metadata(page, extracted))


def _title(page: str, source: Source) -> str:
    """The page's first heading, which names the document, before ``<title>``, which adds a site."""
    try:
        tree = lxml.html.document_fromstring(page)
    except (etree.ParserError, ValueError):
        return title_from_path(source.file_name)
    headings = [plain(h.itertext()) for h in tree.iter("h1")]
    titles = [plain(t.itertext()) for t in tree.iter("title")]
    found = [t for t in (headings[:1] if len(headings) == 1 else []) + titles + headings if t]
    return re.sub(r"\s+", " ", found[0]) if found else title_from_path(source.file_name)


def _metadata(page: str, extracted: Any) -> Metadata:
    lang = re.search(r"<html[^>]{0,200}?\slang\s*=\s*[\"']?([A-Za-z-]{2,12})", page[:4096])
    language = lang.group(1) if lang else None
    if extracted is None:
        return found_metadata({}, lang=language)
    return found_metadata(
        {"author": extracted.author},
        lang=language,
        url=extracted.url,
        publisher=extracted.sitename,
        published=extracted.date,
    )


def _extracted_blocks(body: etree._Element) -> Iterator[tuple[str, str, int]]:
    """Walk trafilatura's simplified tree: head, p, list/item, quote, table/row/cell, code."""
    for element in body.iter("head", "p", "item", "quote", "row", "code", "ab"):
        parents = {a.tag for a in element.iterancestors()}
        if parents & {"p", "item", "head", "row"} or (element.tag == "p" and "quote" in parents):
            continue
        if element.tag == "row":
            cells = (plain(cell.itertext()) for cell in element.iter("cell"))
            yield " | ".join(c for c in cells if c), "row", 0
        elif element.tag == "quote" and len(element):
            for part in element:
                yield plain(part.itertext()), "quote", 0
        else:
            kind = {"head": "heading", "item": "list_item", "quote": "quote", "code": "code"}
            level = int((element.get("rend") or "h2")[-1]) if element.tag == "head" else 0
            yield plain(element.itertext()), kind.get(element.tag, "paragraph"), level


def _whole_page(page: str, source: Source) -> tuple[str, tuple[Block, ...]]:
    """Every block of a page in which no main text was recognised, such as a very short one."""
    try:
        tree = lxml.html.document_fromstring(page)
    except (etree.ParserError, ValueError) as error:
        raise CorpusError(source.path, f"is not HTML that can be parsed: {error}") from error
    builder = TextBuilder(source.limits.text_mib)
    for text, kind, level in html_blocks(tree, HIDDEN | NAVIGATION):
        builder.add(text, kind, level)
    return builder.build()
