"""HTML: the main text of a page, without menus, scripts and footers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
from lxml import etree

from index.errors import CorpusError
from index.loaders.blocks import TextBuilder, plain
from index.loaders.metadata import Metadata, parse_metadata, title_from_path
from index.loaders.raw import RawDocument
from index.loaders.reading import decode, read_bytes
from index.types import Block

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
_BOILERPLATE = "script|style|noscript|template|nav|header|footer|aside|form|button|svg|iframe"
_BLOCKS = {"p", "li", "blockquote", "pre", "td", "th", "dt", "dd", "figcaption", "div"}


def load_html(path: Path) -> RawDocument:
    """Read one HTML file. Raises CorpusError when it holds no text."""
    data = read_bytes(path)
    declared = _CHARSET.search(data[:4096])
    source = decode(data, path, declared.group(1).decode("ascii") if declared else None)
    if not source.strip():
        return RawDocument("", (), title_from_path(path))
    import trafilatura  # Imported here because it takes long and most corpora hold no page.

    extracted: Any = trafilatura.bare_extraction(
        source, favor_recall=True, include_comments=False, with_metadata=True
    )
    builder = TextBuilder()
    if extracted is not None and extracted.body is not None:
        for text, kind, level in _extracted_blocks(extracted.body):
            builder.add(text, kind, level)
    text, blocks = builder.build()
    if not blocks:
        text, blocks = _whole_page(source, path)
    return RawDocument(text, blocks, _title(source, path), _metadata(source, extracted))


def _title(source: str, path: Path) -> str:
    """The page's first heading, which names the document, before ``<title>``, which adds a site."""
    try:
        page = lxml.html.document_fromstring(source)
    except (etree.ParserError, ValueError):
        return title_from_path(path)
    headings = [plain(h.itertext()) for h in page.iter("h1")]
    titles = [plain(t.itertext()) for t in page.iter("title")]
    found = [t for t in (headings[:1] if len(headings) == 1 else []) + titles + headings if t]
    return re.sub(r"\s+", " ", found[0]) if found else title_from_path(path)


def _metadata(source: str, extracted: Any) -> Metadata:
    lang = re.search(r"<html[^>]{0,200}?\slang\s*=\s*[\"']?([A-Za-z-]{2,12})", source[:4096])
    values: dict[str, str | None] = {"lang": lang.group(1) if lang else None}
    if extracted is not None:
        values |= {
            "url": extracted.url,
            "publisher": extracted.sitename,
            "published": extracted.date,
        }
    try:
        return parse_metadata(values)
    except ValueError:
        # A page's own metadata is a convenience: what cannot be understood is not shown.
        return Metadata()


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


def _whole_page(source: str, path: Path) -> tuple[str, tuple[Block, ...]]:
    """Every block of a page in which no main text was recognised, such as a very short one."""
    try:
        page = lxml.html.document_fromstring(source)
    except (etree.ParserError, ValueError) as error:
        raise CorpusError(path, f"is not HTML that can be parsed: {error}") from error
    for element in list(page.iter(*_BOILERPLATE.split("|"))):
        element.drop_tree()
    builder = TextBuilder()
    for element in page.body.iter() if page.body is not None else ():
        if not isinstance(element.tag, str):
            continue
        if re.fullmatch("h[1-6]", element.tag):
            builder.add(plain(element.itertext()), "heading", int(element.tag[1]))
        elif element.tag in _BLOCKS and not any(
            c.tag in _BLOCKS for c in element.iterdescendants()
        ):
            builder.add(plain(element.itertext()))
    text, blocks = builder.build()
    if not blocks and page.body is not None:
        builder.add(plain(page.body.itertext()))
        text, blocks = builder.build()
    return text, blocks
