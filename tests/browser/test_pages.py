"""The pages without scripts, and the document page's text, marks and anchors."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from playwright.sync_api import Browser, expect

from index.types import Block, Document
from service import pages
from service.page_text import block_views, mark_runs
from tests.browser.stub_service import (
    BIDI,
    HOSTILE,
    INFO,
    LETTER,
    REPORT,
    StubService,
    refused,
    reply_to,
)


class _Text(HTMLParser):
    """The text of each element with class ``words`` (and h1), and of the marks."""

    def __init__(self) -> None:
        super().__init__()
        self.depth: list[str] = []
        self.words: list[str] = []
        self.marks: list[str] = []
        self.mark_ids: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        kind = "mark" if tag == "mark" else "other"
        if tag == "h1" or values.get("class") == "words":
            kind = "words"
            self.words.append("")
        if kind == "mark":
            self.marks.append("")
            self.mark_ids.append(values.get("id"))
        if tag not in ("meta", "link", "input", "br"):
            self.depth.append(kind)

    def handle_endtag(self, tag: str) -> None:
        self.depth.pop()

    def handle_data(self, data: str) -> None:
        if "words" in self.depth:
            self.words[-1] += data
        if "mark" in self.depth:
            self.marks[-1] += data


def parsed(html: str) -> _Text:
    found = _Text()
    found.feed(html)
    return found


def test_every_block_stands_unchanged_in_its_order() -> None:
    for document in (REPORT, LETTER, BIDI):
        found = parsed(pages.render_document_page(document))
        assert found.words == [document.text[b.start : b.end] for b in document.blocks]
        assert found.marks == []


def test_the_mark_runs_across_blocks_and_is_the_slice_of_the_text() -> None:
    start = REPORT.text.index("plan its tenth")
    end = REPORT.text.index(", a film historian")
    found = parsed(pages.render_document_page(REPORT, start, end))
    assert found.marks == ["plan its tenth year.", "Mai Thu Hà 🎬"]
    assert found.mark_ids == ["quote", None]


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1, 5), (5, 5), (9, 4), (0, 10**9), (10**9, 10**9 + 1), (None, 4), (4, None)],
)
def test_offsets_that_name_no_words_mark_nothing(start: int | None, end: int | None) -> None:
    html = pages.render_document_page(REPORT, start, end)
    assert "<mark" not in html
    assert "characters" not in html


def test_paragraph_anchors_are_numbered_as_citations_are() -> None:
    text = "Title\n\nOne.\n\nPart\n\nTwo.\n\nThree."
    starts = {word: text.index(word) for word in ("Title", "One.", "Part", "Two.", "Three.")}
    kinds = {"Title": "heading", "Part": "heading", "Two.": "list_item", "Three.": "list_item"}
    blocks = tuple(
        Block(at, at + len(word), kinds.get(word, "paragraph"), 2 if word in kinds else 0)
        for word, at in starts.items()
    )
    document = Document("d", text, "Title", blocks, "d.md", "00")
    html = pages.render_document_page(document)
    assert re.findall(r'id="(p\d+)"', html) == ["p1", "p2", "p3"]
    assert html.count("<ul>") == 1
    assert html.count("<h1") == 1
    assert parsed(html).words == list(starts)


def test_words_outside_the_blocks_are_shown_all_the_same() -> None:
    document = replace(LETTER, blocks=(Block(2, 10), Block(5, 12)))
    shown = "".join(parsed(pages.render_document_page(document)).words[1:])
    assert shown == LETTER.text
    assert parsed(pages.render_document_page(replace(LETTER, blocks=()))).words[1:] == [LETTER.text]


def test_the_document_page_names_source_and_proof() -> None:
    html = pages.render_document_page(REPORT, 10, 20)
    assert REPORT.sha256 in html
    assert "characters 10 to 20" in html
    assert "13 March 2025" in html
    assert '<dt dir="auto">Restates</dt>' in html
    assert html.count('href="https://news.example/reports/river?id=7"') == 2
    assert "tháng 3" in pages.render_document_page(REPORT, lang="vi")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://a/b", "http://", ""]
)
def test_only_web_addresses_become_links(url: str) -> None:
    html = pages.render_document_page(replace(REPORT, url=url, extra={"restates": url}))
    assert "<dd><a" not in html
    assert 'rel="noopener' not in html


def test_runs_join_to_the_text_and_clip_what_reaches_beyond() -> None:
    runs = mark_runs("abcdef", 10, [(8, 13, "sentence"), (11, 12, "span"), (20, 30, "span")])
    assert [(run.marked, run.pieces) for run in runs] == [
        (True, (("a", False), ("b", True), ("c", False))),
        (False, (("def", False),)),
    ]
    views = block_views(REPORT, [(0, len(REPORT.text))])
    assert [view.number for view in views] == [None, 1, 2, 3]
    assert [run.number for view in views for run in view.runs] == [1, 2, 3, 4]


def test_every_page_is_escaped_and_has_no_inline_script_or_style() -> None:
    hostile = [replace(REPORT, title=p, publisher=p, doc_id=p, extra={p: p}) for p in HOSTILE]
    made = [pages.render_documents_page(hostile, title=HOSTILE[0])]
    made += [pages.render_document_page(d, 3, 9, title=d.title) for d in hostile]
    made += [
        pages.render_chat_page(
            title=p,
            suggestions=[p],
            answer=refused(p, "below_threshold"),
            question=p,
            problem=p,
            documents=1,
            index_info=replace(INFO, model=p),
        )
        for p in HOSTILE
    ]
    made += [pages.render_embed_page(title=p, suggestions=[p]) for p in HOSTILE]
    for html in made:
        scripts = re.findall(r"<script[^>]*>", html)
        assert all('src="/' in tag for tag in scripts), scripts
        assert not re.search(r"<(style|img|svg|iframe|video|math|template|body o)", html)
        assert not re.search(r"<[a-z-]+ [^>]*\s(style|on\w+)=\"?(?!&)[^>]*>", _without_values(html))


def _without_values(html: str) -> str:
    return re.sub(r'"[^"]*"', '""', html)


def test_a_lone_surrogate_does_not_fail_a_page() -> None:
    html = pages.render_chat_page(title="T", question="a\ud800b", problem="Not readable.")
    assert html.encode("utf-8")


def test_pages_can_stand_below_a_path() -> None:
    html = pages.render_chat_page(title="T", suggestions=["Who?"], root="/record")
    paths = re.findall(r'(?:href|src|action)="([^"]+)"', html)
    assert paths
    assert all(path.startswith("/record/") for path in paths)


def test_the_form_answers_without_scripts(browser: Browser, origin: str, stub: StubService) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(origin)
    page.get_by_label("Your question").fill("Who leads the festival?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("mark.span").first).to_have_text("Mai Thu Hà 🎬")
    expect(page.locator("blockquote").first).to_contain_text("Admission stays free")
    expect(page.get_by_label("Your question")).to_have_value("Who leads the festival?")
    page.get_by_role("link", name="Open in the document").first.click()
    expect(page.locator("#quote")).to_be_in_viewport()
    assert page.locator("#quote").text_content() == (
        "Mai Thu Hà 🎬, a film historian, was named to lead the organising committee."
    )
    context.close()


def test_the_form_refuses_plainly_without_scripts(
    browser: Browser, origin: str, stub: StubService
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/?q=What+is+the+price")
    expect(page.locator(".refusal")).to_have_text("The record does not say.")
    expect(page.locator("details blockquote").first).to_be_hidden()
    assert page.locator("mark").count() == 0
    page.get_by_role("link", name="When does the archive open?").click()
    expect(page.locator("mark.span").first).to_have_text("4 May 2026")
    context.close()


def test_the_widget_and_the_page_say_the_same(
    browser: Browser, origin: str, stub: StubService
) -> None:
    """One record, two renderings: with scripts and without."""
    said = []
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(f"{origin}/?q=Who+leads+the+festival")
        if scripts:
            page.locator(".icon.up").wait_for()
        said.append(
            [
                " ".join((page.locator(part).first.text_content() or "").split())
                for part in ("blockquote", "mark.sentence", "mark.span", "cite", ".place", ".trust")
            ]
        )
        context.close()
    assert said[0] == said[1]
    assert said[0][1] == " ".join(
        reply_to("who").passages[0].passage.text.split(" Under her")[0].split()
    )
