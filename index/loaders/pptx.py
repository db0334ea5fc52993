"""PowerPoint presentations: a slide is a page, its title a heading, with python-pptx."""

import io
from collections.abc import Iterator
from typing import Any

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER

from index.errors import CorpusError
from index.loaders.archive import open_office_zip
from index.loaders.blocks import TextBuilder, plain
from index.loaders.docx import office_metadata
from index.loaders.metadata import title_from_path
from index.loaders.raw import RawDocument
from index.loaders.source import Source

_LISTS = {PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY}
_FURNITURE = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}


def load_pptx(source: Source) -> RawDocument:
    """Read one PPTX. Raises CorpusError when its slides hold nothing but pictures."""
    open_office_zip(source)
    presentation = pptx.Presentation(io.BytesIO(source.data))
    builder = TextBuilder(source.limits.text_mib)
    title: str | None = None
    number = 0
    for number, slide in enumerate(presentation.slides, start=1):
        for text, kind, level in _slide(slide):
            if kind == "heading" and title is None:
                title = text
            builder.add(text, kind, level, number)
    text, blocks = builder.build()
    if not blocks and number:
        raise CorpusError(source.path, f"holds no text: its {number} slides are pictures or empty")
    return RawDocument(
        text, blocks, title or title_from_path(source.file_name), office_metadata(presentation)
    )


def _slide(slide: Any) -> Iterator[tuple[str, str, int]]:
    title = slide.shapes.title
    if title is not None and title.text_frame.text.strip():
        yield " ".join(title.text_frame.text.split()), "heading", 2
    for shape in slide.shapes:
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        for paragraph in slide.notes_slide.notes_text_frame.paragraphs:
            yield _words(paragraph), "note", 0


def _shape(shape: Any) -> Iterator[tuple[str, str, int]]:
    if hasattr(shape, "shapes"):
        for inner in shape.shapes:
            yield from _shape(inner)
        return
    if getattr(shape, "has_table", False):
        for row in shape.table.rows:
            cells = (" ".join(cell.text.split()) for cell in row.cells)
            yield " | ".join(c for c in cells if c), "row", 0
        return
    if not shape.has_text_frame:
        return
    place = shape.placeholder_format.type if shape.is_placeholder else None
    if place in _FURNITURE:
        return
    for paragraph in shape.text_frame.paragraphs:
        yield _words(paragraph), "list_item" if place in _LISTS else "paragraph", 0


def _words(paragraph: Any) -> str:
    return plain([paragraph.text.replace("\v", "\n")])
