"""Word documents: headings, paragraphs, lists, tables and notes, with python-docx."""

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from index.loaders.archive import open_office_zip
from index.loaders.blocks import TextBuilder, plain
from index.loaders.metadata import Metadata, found_metadata, title_from_path
from index.loaders.raw import RawDocument
from index.loaders.source import Source
from index.loaders.xml_tree import parse_xml

_P, _TBL, _TR, _TC, _SDT, _SDT_CONTENT = (
    qn(f"w:{name}") for name in ("p", "tbl", "tr", "tc", "sdt", "sdtContent")
)
_BOX = qn("w:txbxContent")
_LEFT_OUT = {
    qn("w:del"),
    qn("w:moveFrom"),
    qn("w:instrText"),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}
"""Words that were struck out, codes of fields, and what older programs show instead of a box."""
_CONTENTS = re.compile(r"toc \d|toc heading|table of figures", re.IGNORECASE)


def load_docx(source: Source) -> RawDocument:
    """Read one DOCX. It has no page numbers: those are made anew by whatever shows it."""
    open_office_zip(source)
    document = docx.Document(io.BytesIO(source.data))
    builder = TextBuilder(source.limits.text_mib)
    styles = _styles(document)
    title: str | None = None
    for text, kind, level in _blocks(document.element.body, styles):
        if kind == "heading" and title is None:
            title = " ".join(text.split())
        builder.add(text, kind, level)
    for note in _notes(document):
        builder.add(note, "note")
    text, blocks = builder.build()
    return RawDocument(
        text, blocks, title or title_from_path(source.file_name), office_metadata(document)
    )


def office_metadata(document: Any) -> Metadata:
    """What a Word document or a presentation says of itself."""
    said = document.core_properties
    title = (said.title or "").strip()
    # Programs leave the names of their templates here.
    made_up = re.fullmatch(r"(powerpoint|word) (presentation|document)|untitled", title, re.I)
    return found_metadata(
        {"author": said.author if said.author not in ("python-docx", "Steve Canny") else None},
        title=None if made_up else title,
        published=said.modified or said.created,
        lang=said.language,
    )


def _styles(document: Any) -> dict[str, str]:
    """Name of each paragraph style by its id."""
    return {s.style_id: s.name or "" for s in document.styles if s.style_id}


def _blocks(parent: Any, styles: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    for child in parent:
        if child.tag == _P:
            yield from _paragraph(child, styles)
        elif child.tag == _TBL:
            for row in child.iter(_TR):
                cells = (plain(" ".join(_cell(c))) for c in row if c.tag == _TC)
                yield " | ".join(c for c in cells if c), "row", 0
        elif child.tag == _SDT:
            for content in child.iterchildren(_SDT_CONTENT):
                yield from _blocks(content, styles)


def _paragraph(p: Any, styles: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    text = plain(_text(p))
    properties = p.pPr
    style = styles.get(p.style or "", "")
    if not _CONTENTS.match(style):
        level = _level(properties, style)
        if level:
            yield text, "heading", level
        elif (properties is not None and properties.numPr is not None) or "List" in style:
            yield text, "list_item", 0
        else:
            yield text, "quote" if "Quote" in style else "paragraph", 0
    for box in p.iter(_BOX):
        if not any(a.tag in _LEFT_OUT for a in box.iterancestors()):
            yield from _blocks(box, styles)


def _level(properties: Any, style: str) -> int:
    if style == "Title":
        return 1
    found = re.fullmatch(r"heading (\d)", style, re.IGNORECASE)
    if found:
        return min(6, int(found[1]))
    outline = properties.find(qn("w:outlineLvl")) if properties is not None else None
    value = outline.get(qn("w:val"), "9") if outline is not None else "9"
    return int(value) + 1 if value.isdigit() and int(value) < 6 else 0


def _cell(cell: Any) -> Iterator[str]:
    yield from (plain(_text(p)) for p in cell.iter(_P))


def _text(element: Any) -> Iterator[str]:
    """The words of a paragraph; those of boxes within it stand for themselves."""
    for child in element:
        if child.tag in _LEFT_OUT or child.tag == _BOX:
            continue
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in (qn("w:tab"), qn("w:ptab")):
            yield " "
        elif child.tag in (qn("w:br"), qn("w:cr")):
            yield "\n"
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        else:
            yield from _text(child)


def _notes(document: Any) -> Iterator[str]:
    for relation in document.part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")) and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            for note in root:
                if note.get(qn("w:type")) in (None, "normal"):
                    yield plain(" ".join("".join(_text(p)) for p in note.iter(_P)))
