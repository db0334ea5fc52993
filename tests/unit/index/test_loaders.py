"""Loaders: what is read, and how what cannot be read is named."""

import codecs
from pathlib import Path

import pytest

from index.errors import CorpusError
from index.loaders import Skipped, load_corpus
from index.types import Document


def load(folder: Path, *names: str) -> list[Document | CorpusError | Skipped]:
    return list(load_corpus([folder / n for n in names] or [folder]))


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def only(folder: Path) -> Document:
    (found,) = load(folder)
    assert isinstance(found, Document), found
    return found


MARKDOWN = """---
id: launch
title: The launch
published: 2024-05-05
publisher: The Press
url: https://press.example/launch
place: Lisbon
---
# The launch

The **archive** was [opened](https://x.example) by *Maria
Costa*.

- first item
- second `item`

> A quotation.

| a | b |
| - | - |
| 1 | 2 |
"""


def test_markdown_is_stored_as_a_reader_sees_it_with_its_front_matter(tmp_path: Path) -> None:
    write(tmp_path, "x.md", MARKDOWN)
    found = only(tmp_path)
    assert (found.doc_id, found.title, found.published) == ("launch", "The launch", "2024-05-05")
    assert found.extra == {"place": "Lisbon"}
    assert "The archive was opened by Maria Costa." in found.text
    kinds = [b.kind for b in found.blocks]
    assert kinds == ["heading", "paragraph", "list_item", "list_item", "quote", "row", "row"]
    assert all(found.text[b.start : b.end].strip() for b in found.blocks)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.md", "---\ntitle: [x\n---\ntext", "a.md:3: front matter"),
        ("a.md", "---\ntitle: x\ntext", "a.md:1: front matter: opened with --- but never closed"),
        ("a.md", "---\npublished: March\n---\ntext", "published: 'March' is not a date"),
        ("a.md", "---\nurl: javascript:x\n---\ntext", "url: 'javascript:x' must begin with http"),
        ("a.md", "---\nlang: '!'\n---\ntext", "lang: '!' is not a language tag"),
        ("a.txt", "", "a.txt: is empty"),
        ("a.txt", "...\n---", "a.txt: is empty"),
        ("a.html", "", "a.html: is empty"),
        ("a.txt", codecs.BOM_UTF8 + b"caf\xe9", "is not valid utf-8 although its byte-order mark"),
        ("a.html", b"<meta charset='ascii7'><p>x", "is not valid ascii7"),
        ("a.jsonl", '{"id": "x", "text": "y"', "a.jsonl:1: bad JSON"),
        ("a.jsonl", "[1]", "a.jsonl:1: expected a JSON object, found list"),
        ("a.jsonl", '{"id": 5, "text": "y"}', "a.jsonl:1: id: expected text, found 5"),
        ("a.jsonl", '{"id": "x"}', "a.jsonl:1: text: expected text, found None"),
        ("a.jsonl", '{"id": "x", "text": "\\ud800"}', "a.jsonl:1: text holds a lone surrogate"),
        ("a.jsonl", '{"id": "x", "text": "y", "title": "\\ud800"}', "lone surrogate"),
    ],
)
def test_a_bad_document_is_named_with_its_reason(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    write(tmp_path, name, content)
    (found,) = load(tmp_path)
    assert isinstance(found, CorpusError)
    assert message in str(found)


def test_a_bad_line_leaves_the_other_lines_readable(tmp_path: Path) -> None:
    write(tmp_path, "x.jsonl", '{"id":"a","text":"One."}\n{bad\n\n{"id":"b","text":"Two."}\n')
    found = load(tmp_path)
    assert [
        f.doc_id if isinstance(f, Document) else f.line for f in found if not isinstance(f, Skipped)
    ] == ["a", 2, "b"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (codecs.BOM_UTF8 + "Đêm nay.".encode(), "Đêm nay."),
        (codecs.BOM_UTF16_LE + "Đêm nay.".encode("utf-16-le"), "Đêm nay."),
        ("Das Café über der Straße öffnet täglich um neun Uhr für alle Gäste.".encode("latin-1"),
         "Das Café über der Straße öffnet täglich um neun Uhr für alle Gäste."),
        (b"One line.\r\nTwo lines.", "One line.\nTwo lines."),
        (b"Bell\x07 here.", "Bell  here."),
    ],
)  # fmt: skip
def test_the_encoding_is_found(tmp_path: Path, content: bytes, text: str) -> None:
    write(tmp_path, "x.txt", content)
    assert only(tmp_path).text == text


def test_lines_that_are_paragraphs_are_told_from_wrapped_lines(tmp_path: Path) -> None:
    long = "This is a whole paragraph of a report that stands on one single line of its own. " * 2
    write(tmp_path, "lines.txt", f"{long}\n{long}\n{long}")
    write(tmp_path, "wrapped.txt", "This line goes on\nin the next one and\nends here.\n\nNew one.")
    lines, wrapped = load(tmp_path)
    assert isinstance(lines, Document)
    assert isinstance(wrapped, Document)
    assert (len(lines.blocks), len(wrapped.blocks)) == (3, 2)


HTML = """<html lang="vi"><head><title>Launch - Site</title><meta charset="utf-8"></head><body>
<nav><a href="/">Home</a> <a href="/a">About us menu</a></nav><main><h1>The launch</h1>
<p>The archive was opened by Maria Costa on 5 May 2024 in Lisbon before many guests.</p>
<p>It cost 3 million euros and holds 12,000 films from all over the country.</p></main>
<script>var x = "hidden";</script><footer>Copyright notice</footer></body></html>"""


def test_html_gives_its_main_text_without_menus_and_scripts(tmp_path: Path) -> None:
    write(tmp_path, "x.html", HTML)
    found = only(tmp_path)
    assert found.title == "The launch"
    assert "opened by Maria Costa" in found.text
    assert "12,000 films" in found.text
    for other in ("About us", "hidden", "Copyright"):
        assert other not in found.text


def test_a_page_with_one_short_line_is_still_read(tmp_path: Path) -> None:
    write(tmp_path, "x.html", "<p>The door is open.</p>")
    assert only(tmp_path).text == "The door is open."


def test_duplicate_ids_name_both_places_and_the_first_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "---\nid: same\n---\nOne.")
    write(tmp_path, "b.md", "---\nid: same\n---\nTwo.")
    first, second = load(tmp_path)
    assert isinstance(first, Document)
    assert first.text == "One."
    assert isinstance(second, CorpusError)
    assert "duplicate id 'same': a.md has it already" in str(second)


def test_read_me_and_hidden_files_are_left_out_and_others_named(tmp_path: Path) -> None:
    for name in ("README.md", ".hidden.md", "sub/.git/x.md"):
        write(tmp_path, name, "Text.")
    write(tmp_path, "photo.png", b"\x89PNG")
    write(tmp_path, "sub/x.md", "Text.")
    found = load(tmp_path)
    assert [f.doc_id for f in found if isinstance(f, Document)] == ["sub/x"]
    assert [f.path for f in found if isinstance(f, Skipped)] == ["photo.png"]


def test_a_link_out_of_the_corpus_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path, "secret.txt", "Secret.")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "link.txt").symlink_to(outside)
    (found,) = load(corpus)
    assert isinstance(found, Skipped)
    assert "leads out of the corpus" in found.reason


def test_a_corpus_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="does not exist"):
        load(tmp_path, "nothing")
