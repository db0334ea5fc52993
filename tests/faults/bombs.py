"""Documents made to do harm, small enough to make in a test. Each is named by what it does."""

import io
import struct
import zipfile
import zlib

from tests.documents import (
    CHAPTER,
    MAIL,
    PACKAGE,
    docx,
    epub,
    pdf,
    pdf_objects,
    pptx,
    set_lines,
    stream,
    with_member,
    xlsx,
    zipped,
)

MIB = 1024 * 1024
LAUGHS = b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'>%s]>" % b"".join(
    b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
)
STEAL = b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY j SYSTEM 'file:///etc/passwd'>]>"
W = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
A = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORDS = (
    b"<w:document xmlns:w='%s'><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>"
)
NUMBERS = b" ".join(b"%d" % i for i in range(170_000))
"""Over 1 MiB, which packs to a third."""


def entry(name: str, data: bytes = b"Secret words.", mode: int = 0o100644) -> bytes:
    """An archive of one member, whatever its name."""
    out = io.BytesIO()
    info = zipfile.ZipInfo("x" * len(name))
    info.external_attr = mode << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, data)
    return out.getvalue().replace(b"x" * len(name), name.encode())


def overlapping() -> bytes:
    """Ten names for the bytes of one member."""
    member = entry("a.txt", b"Words. " * 100)
    at = member.index(b"PK\x01\x02")
    end = member.index(b"PK\x05\x06")
    listed = b"".join(member[at:end].replace(b"a.txt", b"%d.txt" % i) for i in range(10))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 10, 10, len(listed), at, 0)
    return member[:at] + listed + tail


def lying() -> bytes:
    """A member that says it is smaller than it is."""
    data = zipped({"a.txt": "Words. " * 10_000})
    at = data.index(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", 100) + data[at + 4 :]


def nested_zip(depth: int) -> bytes:
    data = zipped({"a.txt": "The bottom."})
    for _ in range(depth):
        data = zipped({"a.zip": data})
    return data


def nested_mail(depth: int) -> bytes:
    data = b"Subject: bottom\n\nThe bottom.\n"
    for _ in range(depth):
        data = b"Subject: a\nContent-Type: message/rfc822\n\n" + data
    return data


def nested_parts(depth: int) -> bytes:
    lines = [b"Subject: deep"]
    for i in range(depth):
        lines += [b'Content-Type: multipart/mixed; boundary="b%d"' % i, b"", b"--b%d" % i]
    return b"\n".join([*lines, b"", b"Words."])


def page(content: bytes, extra: bytes = b"", filters: bytes = b"") -> bytes:
    return pdf_objects(
        [
            b"<< /Type /Catalog /Pages 3 0 R >>",
            b"<< >>",
            b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
            b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 600 800] /Contents 5 0 R /Resources << "
            b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> %s >> >>"
            % extra,
            stream(content, filters),
            stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
                   b"/Resources << /XObject << /X 6 0 R >> >>"),
        ]
    )  # fmt: skip


def pdf_of_much_text() -> bytes:
    words = b"BT /F1 1 Tf 9 9 Td (%s) Tj ET\n" % (b"harbour " * 100)
    return page(zlib.compress(words * 100_000), filters=b"/Filter /FlateDecode")


def sheet(rows: bytes, dimension: bytes = b"A1") -> bytes:
    return with_member(
        xlsx({"S": [["Name", "Role"], ["Rui", "captain"]]}),
        "xl/worksheets/sheet1.xml",
        b"<?xml version='1.0'?><worksheet xmlns='%s'><dimension ref='%s'/><sheetData>%s"
        b"</sheetData></worksheet>" % (A, dimension, rows),
    )


def cell(place: bytes, text: bytes = b"word") -> bytes:
    return b"<c r='%s' t='inlineStr'><is><t>%s</t></is></c>" % (place, text)


def yaml_laughs(depth: int) -> bytes:
    lines = [b"a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [b"a%d: &a%d [%s]" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 10))
              for i in range(1, depth)]  # fmt: skip
    return b"---\n%s\ntitle: *a%d\n---\nWords." % (b"\n".join(lines), depth - 1)


LINKED = PACKAGE.replace("one.xhtml", "../../../../etc/passwd")
STOLEN = CHAPTER.replace("<!DOCTYPE html>", STEAL.decode().split("?>")[1]).format(
    title="x", text="&j;"
)
REFUSED: dict[str, tuple[bytes, str]] = {
    "ratio.zip": (zipped({"a.txt": b"\0" * (3 * MIB)}), "a.txt: unpacks to more than 200 times"),
    "nested.zip": (nested_zip(5), "lies in more than 3 archives"),
    "sum.zip": (zipped({f"{i}.txt": NUMBERS for i in range(9)}), "unpacks to more than 8 MiB"),
    "large-member.zip": (zipped({"a.txt": NUMBERS * 5}), "a.txt: unpacks to more than 4 MiB"),
    "many.zip": (zipped({f"{i}.txt": "Word." for i in range(501)}), "more than 500 members"),
    "overlap.zip": (overlapping(), "overlaps another member"),
    "lying.zip": (lying(), "a.txt: cannot be unpacked"),
    "up.zip": (entry("../../up.txt"), "has a name that leads out of the archive"),
    "root.zip": (entry("/etc/root.txt"), "has a name that leads out of the archive"),
    "drive.zip": (entry("C:/drive.txt"), "has a name that leads out of the archive"),
    "backslash.zip": (entry("..\\back.txt"), "has a name that leads out of the archive"),
    "link.zip": (entry("passwd.txt", b"/etc/passwd", 0o120777), "is a link, not a file"),
    "method.zip": (
        entry("a.txt").replace(b"\0\0\0\0!\0", b"\x63\0\0\0!\0"), "is packed by method 99",
    ),
    "laughs.docx": (with_member(docx(), "word/document.xml", LAUGHS + WORDS % W), "XML entities"),
    "steal.docx": (with_member(docx(), "word/document.xml", STEAL + WORDS % W), "XML entities"),
    "utf-16.docx": (
        with_member(docx(), "word/document.xml", (STEAL + WORDS % W).decode().encode("utf-16")),
        "XML entities",
    ),
    "ratio.docx": (
        with_member(docx(), "word/document.xml", b"<a>" + b" " * (3 * MIB) + b"</a>"),
        "member 'word/document.xml' unpacks to more than 200 times",
    ),
    "up.docx": (with_member(docx(), "../up.xml", b"<a/>"), "'../up.xml' has a name that leads out"),
    "deep.docx": (
        with_member(docx(), "word/document.xml", b"<a>" * 20_000 + b"</a>" * 20_000),
        "cannot be read as a Word document",
    ),
    "steal.pptx": (
        with_member(pptx(), "ppt/slides/slide1.xml", STEAL + b"<l>&j;</l>"), "XML entities",
    ),
    "rels.pptx": (with_member(pptx(), "_rels/.rels", LAUGHS + b"<l>&j;</l>"), "XML entities"),
    "laughs.xlsx": (
        with_member(xlsx({"S": [["a"]]}), "xl/sharedStrings.xml", LAUGHS + b"<l>&j;</l>"),
        "XML entities",
    ),
    "row.xlsx": (sheet(b"<row r='999999999'>%s</row>" % cell(b"A999999999")), "rows beyond"),
    "columns.xlsx": (
        sheet(b"<row r='1'>%s</row>" % cell(b"XFD1")), "row has 16,384 cells, over the limit",
    ),
    "steal.epub": (with_member(epub(), "OEBPS/one.xhtml", STOLEN.encode()), "XML entities"),
    "laughs.epub": (with_member(epub(), "OEBPS/book.opf", LAUGHS + b"<l>&j;</l>"), "XML entities"),
    "link.epub": (with_member(epub(), "OEBPS/book.opf", LINKED.encode()), "lacks its chapter"),
    "text.pdf": (pdf_of_much_text(), "MiB"),
    "pages.pdf": (pdf([set_lines(["Words."])] * 301), "has 301 pages, over the limit of 300"),
    "tree.pdf": (pdf([set_lines(["x"])]).replace(b"/Kids [5 0 R]", b"/Kids [3 0 R]"), "page"),
    "parts.eml": (nested_parts(2000), "cannot be read as an e-mail message"),
    "messages.eml": (nested_mail(5), "lies in more than 3 archives or messages"),
    "bomb.eml": (
        MAIL.replace("Ferry,Leaves\nGaivota,6:15", "a," * 1001).encode(), "row has 1,002 cells",
    ),
    "cell.csv": (b"a,b\nc,%s\n" % (b"d" * 100_001), "row has a cell of 100,001 characters"),
    "quote.csv": (b'a,b\n"c,d\n' + b"e,f\n" * 30_000, "is a quotation mark left open?"),
    "columns.csv": (b"a," * 1001 + b"b\n", "row has 1,002 cells"),
    "names.csv": (
        b",".join(b"n%0180d" % i for i in range(500)) + b"\n" + (b"x," * 499 + b"x\n") * 300,
        "gives more than 16 MiB of text",
    ),
    "yaml.md": (yaml_laughs(9), "title: expected text, found list"),
    "slow.md": (b"![" * 200_000 + b"words", "or raise --loader-seconds"),
    "quotes.md": (b">" * 20_000 + b" Words.", "is empty"),
    "deep.html": (b"<div>" * 50_000 + b"Words." + b"</div>" * 50_000, "is empty"),
    "yaml-deep.md": (b"---\na: " + b"[" * 20_000 + b"\n---\nWords.", "front matter"),
    "large.pdf": (bytes(4 * MIB + 1), "over the limit of 4 MiB"),
}  # fmt: skip
"""What is in them, and what is said of them under the limits of the test."""
DEFUSED: dict[str, bytes] = {
    "form-in-itself.pdf": page(
        b"BT /F1 9 Tf 9 9 Td (Words.) Tj ET /X Do", b"/XObject << /X 6 0 R >>"
    ),
    "outline-loop.pdf": pdf([set_lines(["Words."])], outline=[("a", 1), ("b", 1)]).replace(
        b"/Next 9 0 R", b"/Next 8 0 R"
    ),
    "dimension.xlsx": sheet(
        b"<row r='1'>%s</row><row r='1048576'>%s</row>" % (cell(b"A1"), cell(b"A1048576")),
        b"A1:XFD1048576",
    ),
    "pages-that-are-not-there.pdf": pdf([set_lines(["Words."])]).replace(
        b"/Count 1 ", b"/Count 99999999 "
    ),
    "brackets.md": b"[" * 20_000 + b" Words. " + b"*a " * 5_000,
    "attached-up.eml": MAIL.replace("times.csv", "../../../tmp/times.csv").encode(),
}
"""Made to do harm, yet read without any."""
