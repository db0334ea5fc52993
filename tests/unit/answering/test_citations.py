"""Citing: links, formatted citations, and the refusal to quote what is not there."""

import dataclasses
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from index.chunking import passages_of
from index.types import Document, Passage
from service.answers import CitedPassage, Highlight
from service.citations import cite, format_citation, source_link
from tests.fakes_answering import document

TEXT = "The lamp was lit. Anna Holm lit it."


def only(doc: Document) -> Passage:
    (passage,) = passages_of(doc)
    return passage


def cited(doc: Document, *marks: Highlight) -> CitedPassage:
    return cite(only(doc), doc, marks, 1, 0.9, {"reader": 1.0})


def test_citation_names_all_that_is_known() -> None:
    doc = document("d", TEXT, title="The lamp", publisher="Harbour News", published="2025-03-13")
    passage = dataclasses.replace(only(doc), section="History", page=4, paragraph=2)
    assert format_citation(passage, doc) == (
        'Harbour News, "The lamp", 2025-03-13, section “History”, page 4, paragraph 2'
    )


def test_citation_leaves_out_what_is_unknown() -> None:
    doc = document("d", TEXT, title="The lamp")
    assert format_citation(only(doc), doc) == '"The lamp", paragraph 1'


def test_the_author_stands_in_for_a_publisher_who_is_not_known() -> None:
    doc = document("d", TEXT, title="The lamp", extra={"author": "Anna Holm"})
    assert format_citation(only(doc), doc) == 'Anna Holm, "The lamp", paragraph 1'
    doc = dataclasses.replace(doc, publisher="Harbour News")
    assert format_citation(only(doc), doc) == 'Harbour News, "The lamp", paragraph 1'


def test_date_of_the_event_stands_in_for_that_of_publication() -> None:
    doc = document("d", TEXT, title="The lamp", extra={"event_date": "2025-03-12"})
    assert format_citation(only(doc), doc) == '"The lamp", 2025-03-12, paragraph 1'


def test_first_page_is_page_nought_when_the_source_counts_so() -> None:
    doc = document("d", TEXT, title="The lamp")
    passage = dataclasses.replace(only(doc), page=0)
    assert format_citation(passage, doc) == '"The lamp", page 0, paragraph 1'


def test_view_link_leads_to_the_first_mark() -> None:
    doc = document("report", TEXT)
    found = cited(doc, Highlight(18, 35, "sentence"), Highlight(18, 27, "span"))
    assert found.view_url == "/documents/report?start=18&end=35"


def test_view_link_without_a_mark_leads_to_the_passage() -> None:
    assert cited(document("report", TEXT)).view_url == "/documents/report?start=0&end=35"


@pytest.mark.parametrize(
    ("doc_id", "path"),
    [
        ("press kit", "press%20kit"),
        ("a#b?c", "a%23b%3Fc"),
        ("100%", "100%25"),
        ("2025/march", "2025/march"),
        ("hải-đăng", "h%E1%BA%A3i-%C4%91%C4%83ng"),
        ("🗼", "%F0%9F%97%BC"),
        ('"><b>', "%22%3E%3Cb%3E"),
    ],
)
def test_view_link_encodes_the_document_id(doc_id: str, path: str) -> None:
    link = cited(document(doc_id, TEXT)).view_url
    assert link == f"/documents/{path}?start=0&end=35"
    parts = urlsplit(link)
    assert unquote(parts.path) == f"/documents/{doc_id}"
    assert parse_qs(parts.query) == {"start": ["0"], "end": ["35"]}
    assert parts.fragment == ""


def test_source_link_names_a_short_quotation_whole() -> None:
    link = source_link("https://news.example/lamp", "Anna Holm lit it.")
    assert link == "https://news.example/lamp#:~:text=Anna%20Holm%20lit%20it."


def test_source_link_names_a_long_quotation_by_its_first_and_last_six_words() -> None:
    words = [f"w{n}" for n in range(13)]
    link = source_link("https://news.example/lamp", " ".join(words))
    assert link == (
        "https://news.example/lamp#:~:text=w0%20w1%20w2%20w3%20w4%20w5,"
        "w7%20w8%20w9%20w10%20w11%20w12"
    )
    assert "," not in (source_link("https://news.example/", " ".join(words[:12])) or "")


def test_marks_with_a_meaning_in_a_text_fragment_are_encoded() -> None:
    link = source_link("https://news.example/", "one-day, oil & rope #1")
    assert link == "https://news.example/#:~:text=one%2Dday%2C%20oil%20%26%20rope%20%231"


def test_letters_beyond_ascii_are_encoded_as_utf_8() -> None:
    link = source_link("https://news.example/", "đèn 🗼")
    assert link == "https://news.example/#:~:text=%C4%91%C3%A8n%20%F0%9F%97%BC"


def test_fragment_of_the_source_gives_way_and_its_query_stays() -> None:
    link = source_link("https://news.example/a?p=1&q=2#top", "Anna")
    assert link == "https://news.example/a?p=1&q=2#:~:text=Anna"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<b>",
        "file:///etc/passwd",
        "//news.example/lamp",
        "news.example/lamp",
        "https://[news.example/lamp",
    ],
)
def test_address_that_is_not_of_the_web_gives_no_link(url: str | None) -> None:
    assert source_link(url, "Anna") is None
    assert cited(document("d", TEXT, url=url)).source_url is None


def test_scheme_may_be_in_capitals() -> None:
    assert source_link("HTTPS://news.example/", "Anna") == "HTTPS://news.example/#:~:text=Anna"


def test_source_link_quotes_the_marked_words() -> None:
    doc = document("d", TEXT, url="http://news.example/")
    found = cited(doc, Highlight(18, 27, "span"))
    assert found.source_url == "http://news.example/#:~:text=Anna%20Holm"


def test_passage_that_is_not_in_its_document_is_refused() -> None:
    doc = document("d", TEXT)
    changed = dataclasses.replace(only(doc), text=TEXT.replace("Anna", "Nora"))
    with pytest.raises(ValueError, match="d#1 is not in the text of d"):
        cite(changed, doc, (), 1, 0.9, {})


def test_passage_of_another_document_is_refused() -> None:
    with pytest.raises(ValueError, match="is not in the text of other"):
        cite(only(document("d", TEXT)), document("other", "Short."), (), 1, 0.9, {})


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (0, 36), (5, 5), (7, 5), (35, 36)])
def test_mark_outside_of_its_passage_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="outside of passage d#1"):
        cited(document("d", TEXT), Highlight(start, end, "sentence"))
