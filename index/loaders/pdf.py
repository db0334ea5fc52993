"""PDF: the text of its pages in reading order, with page numbers, headings and what it says of
itself. Parsed by PDFium."""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from index.errors import CorpusError
from index.loaders.blocks import TextBuilder
from index.loaders.limits import LimitError
from index.loaders.metadata import found_metadata, title_from_path
from index.loaders.pdf_lines import Line, without_furniture
from index.loaders.pdf_paragraphs import Paragraph, paragraphs_of_lines, title_key
from index.loaders.raw import RawDocument, Skipped
from index.loaders.reading import clean
from index.loaders.source import Source

_CUT = "\x02"
"""What PDFium gives for a hyphen that cuts a word at the end of a line, with the line's end."""
_SOFT_HYPHEN = "\u00ad"
_ENDING_HYPHENS = f"-‐{_SOFT_HYPHEN}"
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st"}
_SAMPLE = 8
"""Letters of a line that are looked at for the size of its type."""
_MADE_UP_TITLE = re.compile(
    r"(Microsoft (Word|PowerPoint) - |untitled|\(?anonymous)|\.\w{2,4}$", re.I
)
_PASSWORD, _SECURITY = pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY


def load_pdf(source: Source) -> Iterator[RawDocument | Skipped]:
    """Read one PDF. Raises CorpusError when it is encrypted, damaged or holds only images."""
    try:
        pdf = pdfium.PdfDocument(source.data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (_PASSWORD, _SECURITY):
            reason = "is encrypted: save a copy without its password"
        else:
            reason = f"is no PDF that can be read ({error}): open it in a viewer and save it again"
        raise CorpusError(source.path, reason) from error
    try:
        yield from _documents(pdf, source)
    finally:
        pdf.close()


def _documents(pdf: pdfium.PdfDocument, source: Source) -> Iterator[RawDocument | Skipped]:
    count = len(pdf)
    if count > source.limits.pages:
        raise LimitError(
            f"has {count:,} pages, over the limit of {source.limits.pages:,}; split it"
        )
    pages: list[tuple[float, list[Line]]] = []
    images: list[int] = []
    characters = 0
    for number in range(1, count + 1):
        page = _page(pdf, number, source)
        lines = list(_lines(page, number))
        characters += sum(len(line.text) for line in lines)
        if characters > source.limits.text_mib * 1024 * 1024:
            raise LimitError(f"holds more than {source.limits.text_mib} MiB of text; split it")
        if not lines and _has_image(page):
            images.append(number)
        pages.append((page.get_height(), lines))
        page.close()
    if not characters:
        pictures = f"{len(images)} of its {count} pages are pictures" if images else "blank pages"
        raise CorpusError(
            source.path, f"has no text layer ({pictures}): run it through OCR, such as ocrmypdf"
        )
    if images:
        yield Skipped(f"{source.name}, {_ranges(images)}", "is a picture without text: run OCR")
    yield _document(pdf, paragraphs_of_lines(without_furniture(pages), _outline(pdf)), source)


def _page(pdf: pdfium.PdfDocument, number: int, source: Source) -> pdfium.PdfPage:
    try:
        return pdf[number - 1]
    except pdfium.PdfiumError as error:
        raise CorpusError(
            source.path, f"page {number} cannot be read: open it in a viewer and save it again"
        ) from error


def _document(pdf: pdfium.PdfDocument, paragraphs: list[Paragraph], source: Source) -> RawDocument:
    said = pdf.get_metadata_dict(skip_empty=True)
    builder = TextBuilder(source.limits.text_mib)
    for p in paragraphs:
        builder.add(clean(p.text), p.kind, p.level, p.page)
    text, blocks = builder.build()
    title = " ".join(said.get("Title", "").split())
    if len(title) < 3 or _MADE_UP_TITLE.search(title):
        title = _first_title(paragraphs) or title_from_path(source.file_name)
    metadata = found_metadata(
        {"author": said.get("Author")},
        title=title,
        published=_date(said.get("CreationDate", "")),
        lang=_language(pdf),
    )
    return RawDocument(text, blocks, title_from_path(source.file_name), metadata)


def _first_title(paragraphs: list[Paragraph]) -> str | None:
    """The heading in the largest type of the first page with words."""
    first = [p for p in paragraphs if p.kind == "heading" and p.page == paragraphs[0].page]
    return max(first, key=lambda p: p.size).text if first else None


def _date(said: str) -> str | None:
    """``D:20250312...`` as an ISO date."""
    found = re.match(r"(?:D:)?(\d{4})(\d{2})(\d{2})", said)
    return f"{found[1]}-{found[2]}-{found[3]}" if found else None


def _language(pdf: pdfium.PdfDocument) -> str | None:
    buffer = ctypes.create_string_buffer(64)
    size = pdfium_c.FPDFCatalog_GetLanguage(
        pdf.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), 64
    )
    return (
        buffer.raw[: max(0, size - 2)].decode("utf-16-le", "ignore") or None if size <= 64 else None
    )


def _outline(pdf: pdfium.PdfDocument) -> dict[tuple[int, str], int]:
    """Level of each title in the outline, by its page and its letters."""
    found: dict[tuple[int, str], int] = {}
    for entry in pdf.get_toc(max_depth=6):
        target = entry.get_dest()
        index = target.get_index() if target else None
        if index is not None:
            found[index + 1, title_key(entry.get_title())] = min(6, entry.level + 1)
        if len(found) > 10_000:
            break
    return found


def _lines(page: pdfium.PdfPage, number: int) -> Iterator[Line]:
    """The lines of a page in reading order, those of white space left out."""
    textpage = page.get_textpage()
    raw = textpage.raw
    start, codes = 0, list[int]()
    for i in range(textpage.count_chars()):
        code = pdfium_c.FPDFText_GetUnicode(raw, i)
        if code in (10, 13) or chr(code) == _CUT:
            yield from _line(raw, start, codes, number, chr(code) == _CUT)
            start, codes = i + 1, []
        else:
            codes.append(code)
    yield from _line(raw, start, codes, number, False)
    textpage.close()


def _line(raw: object, start: int, codes: list[int], number: int, hyphen: bool) -> Iterator[Line]:
    whole = "".join(chr(c) for c in codes)
    text = re.sub(r"\s+", " ", whole).strip()
    if not text.strip(_SOFT_HYPHEN):
        return
    hyphen = hyphen or (len(text) > 2 and text[-1] in _ENDING_HYPHENS and text[-2].isalpha())
    # As anyone would type it: letters rather than ligatures, accents on their letters.
    text = unicodedata.normalize("NFC", text.translate(_LIGATURES).replace(_SOFT_HYPHEN, ""))
    if hyphen:
        text = text.rstrip(_ENDING_HYPHENS) + "-"
    first = start + len(whole) - len(whole.lstrip())
    last = start + len(whole.rstrip()) - 1
    # Letters across the line stand for it: bullets and signs may be of other sizes.
    letters = [i for i in range(first, last + 1) if chr(codes[i - start]).isalnum()] or [first]
    sample = letters[:: -(-len(letters) // _SAMPLE)]
    yield Line(
        text=text,
        page=number,
        left=_box(raw, first).left,
        right=_box(raw, last).right,
        bottom=_baseline(raw, sample[0]),
        size=max(_type_size(raw, i) for i in sample),
        bold=all(_is_bold(raw, i) for i in (sample[0], sample[len(sample) // 2], sample[-1])),
        hyphen=hyphen,
    )


def _box(raw: object, index: int) -> pdfium_c.FS_RECTF:
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(raw, index, box)
    return box


def _baseline(raw: object, index: int) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium_c.FPDFText_GetCharOrigin(raw, index, x, y)
    return y.value


def _type_size(raw: object, index: int) -> float:
    """Size of the type in points; a page may scale it by the text's matrix."""
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFText_GetMatrix(raw, index, matrix)
    return float(pdfium_c.FPDFText_GetFontSize(raw, index)) * math.hypot(matrix.c, matrix.d)


def _is_bold(raw: object, index: int) -> bool:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(raw, index, name, 128, flags)
    return bool(re.search(rb"bold|black|heavy|semibd|CMBX|SFBX", name.value, re.IGNORECASE))


def _has_image(page: pdfium.PdfPage) -> bool:
    return any(True for _ in page.get_objects([pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _ranges(numbers: list[int]) -> str:
    """``[3, 4, 5, 9]`` as "pages 3-5, 9"."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    named = [f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs]
    return (
        f"page{'s' if len(numbers) > 1 else ''} {', '.join(named[:8])}{' …' if named[8:] else ''}"
    )
