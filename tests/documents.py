"""Small documents of every format, made here so that each test can see what is in them."""

import io
import zipfile
from collections.abc import Mapping, Sequence

Text = tuple[float, float, float, str]
"""x, y and size in points, and the words; a font of None is set with ``bold``."""


def pdf_objects(objects: Sequence[bytes]) -> bytes:
    """A PDF of ``objects``, numbered from 1; the first is the catalog."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R /Info 2 0 R >>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(data), extra) + data + b"\nendstream"


def pdf(
    pages: Sequence[Sequence[Text]],
    info: Mapping[str, str] = {},
    outline: Sequence[tuple[str, int]] = (),
    catalog: bytes = b"",
) -> bytes:
    """A PDF with words at given places, sheets of 600 x 800 points, all in Helvetica.

    A size below zero is bold. ``outline`` holds titles with the numbers of their pages.
    """
    first = 5
    kids = b" ".join(b"%d 0 R" % (first + 2 * i) for i in range(len(pages)))
    after = first + 2 * len(pages)
    said = b" ".join(b"/%s (%s)" % (k.encode(), _escaped(v)) for k, v in info.items())
    outlines = b"/Outlines %d 0 R" % after if outline else b""
    objects = [
        b"<< /Type /Catalog /Pages 3 0 R %s %s >>" % (outlines, catalog),
        b"<< %s >>" % said,
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), kids),
        b"<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
        b"/Encoding /WinAnsiEncoding >> /F2 << /Type /Font /Subtype /Type1 "
        b"/BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >> >>",
    ]
    for i, texts in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 600 800] "
            b"/Resources << /Font 4 0 R >> /Contents %d 0 R >>" % (first + 2 * i + 1)
        )
        words = [
            b"BT /F%d %g Tf %g %g Td (%s) Tj ET" % (2 if s < 0 else 1, abs(s), x, y, _escaped(t))
            for x, y, s, t in texts
        ]
        objects.append(stream(b"\n".join(words)))
    if outline:
        count = len(outline)
        objects.append(
            b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>"
            % (after + 1, after + count, count)
        )
        for i, (title, page) in enumerate(outline):
            following = b"/Next %d 0 R" % (after + i + 2) if i + 1 < count else b""
            objects.append(
                b"<< /Title (%s) /Parent %d 0 R %s /Dest [%d 0 R /Fit] >>"
                % (_escaped(title), after, following, first + 2 * (page - 1))
            )
    return pdf_objects(objects)


def _escaped(text: str) -> bytes:
    data = text.encode("cp1252")
    return data.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def set_lines(lines: Sequence[str], top: float = 700, size: float = 10) -> list[Text]:
    """``lines`` one below the other, 12 points apart; an empty one leaves a gap."""
    return [(72.0, top - 12 * i, size, line) for i, line in enumerate(lines) if line]


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """The archive ``data`` with one member replaced or added."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members: dict[str, bytes | str] = {n: archive.read(n) for n in archive.namelist()}
    return zipped({**members, name: content})


def docx(**properties: object) -> bytes:
    """A Word document on a harbour; ``properties`` are its core properties."""
    import docx as library

    document = library.Document()
    for name, value in properties.items():
        setattr(document.core_properties, name, value)
    document.add_heading("The harbour of Aveiro", 0)
    document.add_heading("Ferries", 1)
    document.add_paragraph("The first ferry crossed the harbour on 5 May 1921.")
    document.add_paragraph("It was built by Maria Costa.", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells),
        ("Ship", "Tons", "Gaivota", "310"),
        strict=True,
    ):
        cell.text = text
    document.add_heading("Bridges", 2)
    document.add_paragraph("Two bridges span it.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pptx(**properties: object) -> bytes:
    """A presentation of two slides on a harbour."""
    import pptx as library

    presentation = library.Presentation()
    for name, value in properties.items():
        setattr(presentation.core_properties, name, value)
    first = presentation.slides.add_slide(presentation.slide_layouts[0])
    first.shapes.title.text = "The harbour in figures"
    first.placeholders[1].text = "A talk for the town"
    second = presentation.slides.add_slide(presentation.slide_layouts[1])
    second.shapes.title.text = "Ferries"
    second.placeholders[1].text = "The ferries carried 12,000 people\nNone of them sank"
    second.notes_slide.notes_text_frame.text = "Mention the storm of 1931."
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CHAPTER = """<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">
<head><title>x</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"""
CONTAINER = """<?xml version="1.0"?><container version="1.0"
 xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The harbour book</dc:title>
<dc:creator>Maria Costa</dc:creator><dc:date>2024-05-06</dc:date><dc:language>en</dc:language>
<dc:publisher>Harbour Press</dc:publisher></metadata><manifest>
<item id="two" href="two.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>
<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="two"/></spine></package>"""


def epub() -> bytes:
    """A book of two chapters, the second one first in the list of files."""
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": PACKAGE,
            "OEBPS/nav.xhtml": CHAPTER.format(title="Contents", text="One, two."),
            "OEBPS/one.xhtml": CHAPTER.format(title="The quay", text="The quay is of oak."),
            "OEBPS/two.xhtml": CHAPTER.format(title="The light", text="The light is red.&nbsp;"),
        }
    )


MAIL = """From: Maria Costa <maria@harbour.example>
To: Rui Alves <rui@harbour.example>
Subject: The new timetable
Date: Mon, 06 May 2024 10:30:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="cut"

--cut
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

Dear Rui,

the first ferry now leaves at 6:15.

> When does it leave?

--cut
Content-Type: text/csv; name="times.csv"
Content-Disposition: attachment; filename="times.csv"

Ferry,Leaves
Gaivota,6:15

--cut
Content-Type: image/png
Content-Disposition: attachment; filename="map.png"
Content-Transfer-Encoding: base64

iVBORw0K

--cut--
"""
