"""Documents as people have them: what is kept of each format, and how a bad one is named."""

import datetime
import email.message
import io
import os
import zipfile
from pathlib import Path

import pytest

from index.chunking import passages_of
from index.errors import CorpusError
from index.loaders import Limits, Skipped, load_corpus
from index.types import Document
from tests.documents import (
    MAIL,
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

Found = Document | CorpusError | Skipped


def load(folder: Path, files: dict[str, bytes], limits: Limits = Limits()) -> list[Found]:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return list(load_corpus([folder], limits))


def documents(found: list[Found]) -> dict[str, Document]:
    return {d.doc_id: d for d in found if isinstance(d, Document)}


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(b.kind, document.text[b.start : b.end]) for b in document.blocks]


def test_a_pdf_keeps_title_author_date_language_headings_and_pages(tmp_path: Path) -> None:
    pages = [
        [(72, 740, 18, "The harbour"), *set_lines(["Two ferries cross the harbour every day."])],
        [(72, 740, 14, "Money"), *set_lines(["A crossing costs two euros."])],
    ]
    info = {"Title": "Harbour 2024", "Author": "Maria Costa", "CreationDate": "D:20240506101500Z"}
    data = pdf(pages, info, catalog=b"/Lang (pt-PT)")
    (found,) = documents(load(tmp_path, {"a.pdf": data})).values()
    assert (found.title, found.published, found.lang) == ("Harbour 2024", "2024-05-06", "pt-PT")
    assert found.extra == {"author": "Maria Costa"}
    assert [(b.page, b.kind) for b in found.blocks] == [
        (1, "heading"), (1, "paragraph"), (2, "heading"), (2, "paragraph"),
    ]  # fmt: skip
    last = passages_of(found)[-1]
    assert (last.text, last.section, last.page) == ("A crossing costs two euros.", "Money", 2)


@pytest.mark.parametrize("title", ["Microsoft Word - draft7.doc", "untitled", "report.indd", ""])
def test_a_made_up_title_of_a_pdf_gives_way_to_its_largest_heading(
    tmp_path: Path, title: str
) -> None:
    words = set_lines(["Two ferries cross the harbour every day, and one at night."], 600)
    page = [(72, 700, 12, "Harbour Office"), (72, 660, 20, "The harbour in 2024"), *words]
    (found,) = documents(load(tmp_path, {"a.pdf": pdf([page], {"Title": title})})).values()
    assert found.title == "The harbour in 2024"


def test_words_cut_at_the_end_of_a_line_of_a_pdf_are_joined(tmp_path: Path) -> None:
    lines = [
        "The harbour office found that infor-",
        "mation was lacking, and that a well-",
        "known engineer was well known to it.",
    ]
    (found,) = documents(load(tmp_path, {"a.pdf": pdf([set_lines(lines)])})).values()
    assert found.text == (
        "The harbour office found that information was lacking, and that a well-known engineer "
        "was well known to it."
    )


def test_bold_lines_of_a_pdf_are_headings_and_two_columns_follow_each_other(tmp_path: Path) -> None:
    left = set_lines(["Left column begins here", "and goes on. Its last", "sentence runs over to"])
    right = [(320.0, y, s, t) for _, y, s, t in set_lines(["the right column, where", "it ends."])]
    head = [(72.0, 730.0, -10.0, "Two columns")]
    (found,) = documents(load(tmp_path, {"a.pdf": pdf([[*head, *left, *right]])})).values()
    assert blocks(found) == [
        ("heading", "Two columns"),
        ("paragraph", "Left column begins here and goes on. Its last sentence runs over to the "
                      "right column, where it ends."),
    ]  # fmt: skip


def test_nobody_is_no_author(tmp_path: Path) -> None:
    data = pdf([set_lines(["A word."])], {"Author": "(anonymous)"})
    (found,) = documents(load(tmp_path, {"a.pdf": data})).values()
    assert found.extra == {}


def test_a_word_document_keeps_headings_lists_tables_and_what_it_says_of_itself(
    tmp_path: Path,
) -> None:
    data = docx(author="Maria Costa", modified=datetime.datetime(2024, 5, 6), title="")
    (found,) = documents(load(tmp_path, {"a.docx": data})).values()
    assert blocks(found) == [
        ("heading", "The harbour of Aveiro"),
        ("heading", "Ferries"),
        ("paragraph", "The first ferry crossed the harbour on 5 May 1921."),
        ("list_item", "It was built by Maria Costa."),
        ("row", "Ship | Tons"),
        ("row", "Gaivota | 310"),
        ("heading", "Bridges"),
        ("paragraph", "Two bridges span it."),
    ]
    assert [b.level for b in found.blocks if b.kind == "heading"] == [1, 1, 2]
    assert (found.title, found.published) == ("The harbour of Aveiro", "2024-05-06")
    assert found.extra == {"author": "Maria Costa"}
    assert {b.page for b in found.blocks} == {None}


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def test_a_word_document_shows_what_was_put_in_and_not_what_was_struck_out(tmp_path: Path) -> None:
    body = f"""<?xml version="1.0"?><w:document {W}><w:body><w:p>
<w:r><w:t xml:space="preserve">The ferry </w:t></w:r><w:ins><w:r><w:t>never </w:t></w:r></w:ins>
<w:del><w:r><w:delText>always </w:delText><w:t>often </w:t></w:r></w:del><w:hyperlink><w:r>
<w:t>sank</w:t></w:r></w:hyperlink><w:r><w:noBreakHyphen/><w:t>it floats.</w:t></w:r></w:p>
<w:sdt><w:sdtContent><w:p><w:r><w:t>In a field.</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr><w:r><w:t>Kept, as no such style is there</w:t></w:r>
</w:p></w:body></w:document>"""
    data = with_member(docx(), "word/document.xml", body.encode())
    (found,) = documents(load(tmp_path, {"a.docx": data})).values()
    assert found.text.split("\n\n")[:2] == ["The ferry never sank-it floats.", "In a field."]


def test_notes_and_text_boxes_of_a_word_document_are_read_once(tmp_path: Path) -> None:
    box = """<w:p><w:r><w:t>Around.</w:t></w:r><w:r><mc:AlternateContent xmlns:mc=
"http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:drawing>
<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice>
<mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>
</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"""
    notes = f"""<?xml version="1.0"?><w:footnotes {W}><w:footnote w:type="separator" w:id="0"><w:p>
<w:r><w:t>no note</w:t></w:r></w:p></w:footnote><w:footnote w:id="1"><w:p><w:r>
<w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>"""
    relation = (
        b'<Relationship Id="rId99" Target="footnotes.xml" Type="http://schemas.openxmlformats.org/'
        b'officeDocument/2006/relationships/footnotes"/></Relationships>'
    )
    data = docx()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        body = archive.read("word/document.xml").decode()
        relations = archive.read("word/_rels/document.xml.rels")
    end = body.index("<w:sectPr")
    for name, content in {
        "word/document.xml": (body[:end] + box + body[end:]).encode(),
        "word/footnotes.xml": notes.encode(),
        "word/_rels/document.xml.rels": relations.replace(b"</Relationships>", relation),
    }.items():
        data = with_member(data, name, content)
    (found,) = documents(load(tmp_path, {"a.docx": data})).values()
    assert blocks(found)[-3:] == [
        ("paragraph", "Around."),
        ("paragraph", "In a box."),
        ("note", "A note."),
    ]


def test_a_presentation_counts_slides_as_pages_and_keeps_notes(tmp_path: Path) -> None:
    data = pptx(author="Rui Alves", modified=datetime.datetime(2024, 5, 6))
    (found,) = documents(load(tmp_path, {"a.pptx": data})).values()
    assert [(b.page, b.kind, found.text[b.start : b.end]) for b in found.blocks] == [
        (1, "heading", "The harbour in figures"),
        (1, "paragraph", "A talk for the town"),
        (2, "heading", "Ferries"),
        (2, "list_item", "The ferries carried 12,000 people"),
        (2, "list_item", "None of them sank"),
        (2, "note", "Mention the storm of 1931."),
    ]
    assert (found.title, found.published) == ("The harbour in figures", "2024-05-06")
    carried = passages_of(found)[1]
    assert (carried.section, carried.page) == ("Ferries", 2)


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    (found,) = documents(load(tmp_path, {"a.epub": epub()})).values()
    assert blocks(found) == [
        ("heading", "The quay"),
        ("paragraph", "The quay is of oak."),
        ("heading", "The light"),
        ("paragraph", "The light is red."),
    ]
    assert (found.title, found.publisher) == ("The harbour book", "Harbour Press")
    assert (found.published, found.lang, found.extra) == (
        "2024-05-06", "en", {"author": "Maria Costa"},
    )  # fmt: skip


def test_a_message_and_each_document_attached_to_it_are_documents(tmp_path: Path) -> None:
    found = load(tmp_path, {"mail.eml": MAIL.encode()})
    mail, row = documents(found).values()
    assert (mail.doc_id, mail.title, mail.published) == ("mail", "The new timetable", "2024-05-06")
    assert mail.extra == {
        "author": "Maria Costa <maria@harbour.example>",
        "to": "Rui Alves <rui@harbour.example>",
    }
    assert blocks(mail)[1:] == [
        ("paragraph", "the first ferry now leaves at 6:15."),
        ("quote", "> When does it leave?"),
    ]
    assert (row.doc_id, row.path) == ("mail/times/2", "mail.eml/times.csv:2")
    assert row.text == "Ferry: Gaivota\nLeaves: 6:15"
    assert [f.path for f in found if isinstance(f, Skipped)] == ["mail.eml/map.png"]


def test_a_message_in_html_and_a_message_in_a_message_are_read(tmp_path: Path) -> None:
    inner = email.message.EmailMessage()
    inner["Subject"] = "Inner"
    inner.set_content("The inner word.")
    outer = email.message.EmailMessage()
    outer["Subject"] = "Outer"
    outer.set_content("<style>p{}</style><p>The <b>outer</b> word.</p><p>More.</p>", subtype="html")
    outer.add_attachment(inner)
    found = documents(load(tmp_path, {"m.eml": outer.as_bytes()}))
    assert [(d.title, d.text) for d in found.values()] == [
        ("Outer", "The outer word.\n\nMore."),
        ("Inner", "The inner word."),
    ]


def test_each_row_of_a_table_is_a_document_that_names_its_columns(tmp_path: Path) -> None:
    data = 'Name;Tons;Date\n"Gaivota";310;2024-05-06\n\nPelicano;;yesterday\n'
    found = documents(load(tmp_path, {"ships.csv": data.encode()}))
    assert list(found) == ["ships/2", "ships/4"]
    first, second = found.values()
    assert first.text == "Name: Gaivota\nTons: 310\nDate: 2024-05-06"
    assert (first.title, first.published) == ("Gaivota (Ships, row 2)", "2024-05-06")
    assert first.path == "ships.csv:2"
    assert (second.text, second.published) == ("Name: Pelicano\nDate: yesterday", None)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_found(tmp_path: Path, sign: str) -> None:
    rows = [["Name", "Made, when"], ["Gaivota", "in 1921"], ["Pelicano", "in 1933"]]
    data = "\n".join(sign.join(f'"{c}"' if sign in c else c for c in row) for row in rows)
    found = documents(load(tmp_path, {"a.csv": data.encode()}))
    assert found["a/2"].text == "Name: Gaivota\nMade, when: in 1921"


def test_a_workbook_names_sheets_and_shows_values_as_a_reader_would(tmp_path: Path) -> None:
    crew = [
        ["The crew of 2024"],
        ["Name", "Born", "Pay", "Paid"],
        ["Rui Alves", datetime.date(1980, 2, 3), 1250.5, True],
        ["Ana", None, 0.1 + 0.2, None],
    ]
    data = xlsx({"Crew": crew, "Empty": []})
    found = documents(load(tmp_path, {"a.xlsx": data}))
    assert {name: d.text for name, d in found.items()} == {
        "a/Crew/1": "The crew of 2024",
        "a/Crew/3": "Name: Rui Alves\nBorn: 1980-02-03\nPay: 1250.5\nPaid: yes",
        "a/Crew/4": "Name: Ana\nPay: 0.3",
    }
    assert found["a/Crew/4"].title == "Ana (A, Crew, row 4)"


def test_the_members_of_an_archive_are_documents_and_the_others_are_named(tmp_path: Path) -> None:
    members = {
        "a/minutes.txt": "The meeting began at nine.",
        "note.pdf": pdf([set_lines(["A note."])]),
        "inner.zip": zipped({"x.jsonl": '{"id": "own", "text": "Deep."}\n{bad'}),
        "README.md": "Not indexed.",
        ".DS_Store": "x",
        "__MACOSX/y.txt": "y",
        "old.doc": "x",
    }
    found = load(tmp_path, {"z.zip": zipped(members)})
    assert {name: d.path for name, d in documents(found).items()} == {
        "z/a/minutes": "z.zip/a/minutes.txt",
        "z/note": "z.zip/note.pdf",
        "own": "z.zip/inner.zip/x.jsonl:1",
    }
    assert [str(f).split(": ")[0] for f in found if isinstance(f, CorpusError)] == [
        f"{tmp_path}/z.zip/inner.zip/x.jsonl:2"
    ]
    assert [(f.path, f.reason) for f in found if isinstance(f, Skipped)] == [
        ("z.zip/old.doc", "is of no format that is read (.doc): save it as .docx")
    ]


def test_files_that_share_a_name_get_their_endings_as_ids(tmp_path: Path) -> None:
    found = load(tmp_path, {"r.docx": docx(), "r.md": b"A word.", "r.pdf": pdf([set_lines(["X"])])})
    assert list(documents(found)) == ["r", "r.md", "r.pdf"]
    assert len(found) == 3


def encrypted_zip() -> bytes:
    data = bytearray(zipped({"a.txt": "words"}))
    data[6] |= 1  # the flag in the member's header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the list of members
    return bytes(data)


PICTURE = stream(b"\xff", b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 "
                 b"/ColorSpace /DeviceGray")  # fmt: skip
SCANNED = pdf_objects(
    [
        b"<< /Type /Catalog /Pages 3 0 R >>",
        b"<< >>",
        b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
        b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 600 800] "
        b"/Resources << /XObject << /I 6 0 R >> >> /Contents 5 0 R >>",
        stream(b"600 0 0 800 0 0 cm /I Do"),
        PICTURE,
    ]
)
ENCRYPTED_PDF = pdf([set_lines(["x"])]).replace(
    b"/Info 2 0 R",
    b"/Info 2 0 R /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 "
    b"/O (12345678901234567890123456789012) /U (12345678901234567890123456789012) >>",
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
LOCKED = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData>
<EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></EncryptedData>
</encryption>"""


BAD = [
    ("a.pdf", b"", "is no PDF that can be read"),
    ("a.pdf", b"%PDF-1.7\nnothing", "open it in a viewer and save it again"),
    ("a.pdf", SCANNED, "has no text layer (1 of its 1 pages are pictures): run it through OCR"),
    ("a.pdf", ENCRYPTED_PDF, "is encrypted: save a copy without its password"),
    ("a.docx", OLE, "is encrypted, or of an older Office format: save it without a password"),
    ("a.docx", b"PK\x03\x04 cut", "is damaged: it cannot be unpacked"),
    ("a.docx", zipped({"a.txt": "x"}), "cannot be read as a Word document"),
    ("a.docx", docx()[:-500], "is damaged"),
    ("a.pptx", OLE, "save it without a password as .pptx"),
    ("a.xlsx", zipped({"a.txt": "x"}), "cannot be read as an Excel workbook"),
    ("a.epub", zipped({"a.txt": "x"}), "it has no META-INF/container.xml"),
    ("a.epub", with_member(epub(), "META-INF/encryption.xml", LOCKED.encode()), "DRM"),
    ("a.eml", b"\x00\x01", "is no e-mail message"),
    ("a.eml", b"Subject: x\nContent-Type: application/pkcs7-mime\n\nMIIB", "is encrypted"),
    ("a.csv", b"a,b\n", "gives no document"),
    ("a.zip", b"Rar!", "is damaged: it cannot be unpacked"),
    ("a.zip", encrypted_zip(), "a.txt: is encrypted: make the archive without"),
    ("a.zip", zipped({}), "gives no document"),
]
"""Ending, bytes, and what is said of them."""


def test_files_that_cannot_be_used_are_named_with_reason_and_remedy(tmp_path: Path) -> None:
    files = {f"{i:02}{name[1:]}": data for i, (name, data, _) in enumerate(BAD)}
    found = load(tmp_path, {**files, "good.txt": b"A good word."})
    assert list(documents(found)) == ["good"]
    errors = {Path(f.path).relative_to(tmp_path).parts[0]: f for f in found[:-1]}
    assert len(found) == len(errors) + 1 == len(BAD) + 1
    for name, (_, _, reason) in zip(files, BAD, strict=True):
        assert isinstance(errors[name], CorpusError)
        assert reason in str(errors[name])


def test_pages_without_text_among_others_are_named(tmp_path: Path) -> None:
    words = stream(b"BT /F1 12 Tf 72 700 Td (Words.) Tj ET")
    data = SCANNED.replace(b"/Count 1 /Kids [4 0 R]", b"/Count 2 /Kids [4 0 R 7 0 R]")
    objects = [body.split(b" obj\n", 1)[1] for body in data.split(b"\nendobj\n")[:-1]]
    objects += [
        b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 600 800] /Contents 8 0 R /Resources << "
        b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        words,
    ]
    found = load(tmp_path, {"a.pdf": pdf_objects(objects)})
    (document,) = documents(found).values()
    assert (document.text, document.blocks[0].page) == ("Words.", 2)
    (skipped,) = (f for f in found if isinstance(f, Skipped))
    assert (skipped.path, skipped.reason) == ("a.pdf, page 1", "is a picture without text: run OCR")


def test_a_hidden_sheet_is_named_and_not_read(tmp_path: Path) -> None:
    workbook = xlsx({"Shown": [["A", "B"], ["x", "y"]], "Secret": [["A", "B"], ["u", "v"]]})
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        book = archive.read("xl/workbook.xml")
    hidden = book.replace(b'name="Secret" sheetId="2" state="visible"',
                          b'name="Secret" sheetId="2" state="hidden"')  # fmt: skip
    assert hidden != book
    found = load(tmp_path, {"a.xlsx": with_member(workbook, "xl/workbook.xml", hidden)})
    assert list(documents(found)) == ["a/Shown/2"]
    assert [f.path for f in found if isinstance(f, Skipped)] == ["a.xlsx, sheet Secret"]


def test_a_web_page_without_recognised_main_text_gives_every_word_once(tmp_path: Path) -> None:
    page = (
        b"<div>Loose <b>words</b> <p>Inner one.</p> after it.</div><nav>Menu</nav><ul><li>x1</ul>"
    )
    (found,) = documents(load(tmp_path, {"a.html": page})).values()
    assert sorted(found.text.split()) == sorted("Loose words Inner one. after it. x1".split())


def test_a_link_to_a_folder_and_a_pipe_are_named(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text("A word.")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nothing.pdf")
    found = load(tmp_path, {})
    assert list(documents(found)) == ["real/a"]
    said = {Path(f.path).name: f.reason for f in found if not isinstance(f, Document)}
    assert said == {
        "link": "is a link to a folder, which is not followed",
        "pipe.txt": "is not a regular file",
        "gone.pdf": "does not exist",
    }


def test_every_passage_of_every_format_is_a_slice_of_its_document(tmp_path: Path) -> None:
    files = {
        "a.docx": docx(),
        "b.pptx": pptx(),
        "c.epub": epub(),
        "d.eml": MAIL.encode(),
        "e.xlsx": xlsx({"S": [["Name", "Role"], ["Rui", "captain"]]}),
        "f.pdf": pdf([set_lines(["One line of words", "and another one."])] * 3),
    }
    found = documents(load(tmp_path, files))
    assert len(found) == 7
    for document in found.values():
        passages = passages_of(document)
        assert passages
        for p in passages:
            assert document.text[p.start : p.end] == p.text
            assert all(p.start <= s < e <= p.end for s, e in p.sentences)
