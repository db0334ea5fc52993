"""Nothing that a document, an answer or a visitor writes can run; nothing is asked unasked."""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from service import pages
from service.texts import LANGUAGES
from tests.browser.stub_service import (
    HOSTILE,
    HOSTILE_DOCUMENTS,
    HOSTILE_URLS,
    STATIC,
    StubService,
)
from tests.conftest import RecordFigure

PWNED = "window.pwned"
TEXTS = Path(pages.__file__).parent / "languages"
SOURCES = Path(pages.__file__).parents[1] / "widget"


def ask(page: Page, question: str) -> None:
    page.locator("textarea").fill(question)
    page.locator("textarea").press("Enter")


def test_hostile_titles_passages_publishers_and_links_stay_text(page: Page, origin: str) -> None:
    page.goto(origin)
    for number, source in enumerate(HOSTILE_DOCUMENTS):
        ask(page, f"hostile {number}")
        expect(page.locator(".trust")).to_have_count(number + 1)
        reply = page.locator(".reply").last
        shown = reply.locator("blockquote").evaluate("node => node.textContent")
        assert shown == source.text[source.blocks[1].start : source.blocks[1].end]
    assert page.evaluate(PWNED) is None
    links = page.locator("ask-the-record a").evaluate_all("all => all.map(a => a.href)")
    assert all(re.match("https?://", link) for link in links)
    assert page.locator("ask-the-record :is(script, img, iframe, style, video)").count() == 0


def test_hostile_questions_stay_text(page: Page, origin: str) -> None:
    page.goto(origin)
    for number, payload in enumerate(HOSTILE):
        ask(page, payload)
        expect(page.locator(".question")).to_have_count(number + 1)
        expect(page.locator(".trust")).to_have_count(number + 1)
    assert page.locator(".question").all_text_contents() == list(HOSTILE)
    assert page.evaluate(PWNED) is None


@pytest.mark.parametrize("part", range(4))
def test_hostile_document_pages_stay_text(page: Page, origin: str, part: int) -> None:
    """With the payload in title, passage, publisher, link, field name, file name and search."""
    for number, source in enumerate(HOSTILE_DOCUMENTS[part::4]):
        block = source.blocks[1]
        address = f"{origin}/documents/{quote(source.doc_id, safe='/')}"
        page.goto(f"{address}?start={block.start}&end={block.end}#quote")
        # HTML cannot hold U+0000; the parser shows it as U+FFFD or drops it.
        wanted = source.text[block.start : block.end].replace("\0", "")
        shown = page.locator("#quote").text_content() or ""
        assert shown.replace("\ufffd", "") == wanted
        assert page.evaluate(PWNED) is None
        if number % 4 == 0:
            page.goto(f"{address}?q={quote(source.title[:100])}")
            assert page.locator("main mark").count() > 0
            assert page.evaluate(PWNED) is None
        hrefs = page.locator("dd a").evaluate_all("all => all.map(a => a.href)")
        assert hrefs == []
        assert page.locator("main :is(script, img, iframe, style, video, svg)").count() == 0


def test_there_are_a_hundred_payloads_and_their_documents_are_listed_as_text(
    page: Page, origin: str, figure: RecordFigure
) -> None:
    assert len(set(HOSTILE)) >= 100
    page.goto(f"{origin}/documents?q=answer")
    assert page.locator(".documents li").count() >= 100
    assert page.locator("main :is(script, img, iframe, style, video, svg)").count() == 0
    assert page.evaluate(PWNED) is None
    page.goto(f"{origin}/operator")
    assert page.locator("main td").count() >= 100
    assert page.locator("main :is(script, img, iframe, style, video, svg:not(.chart))").count() == 0
    assert page.evaluate(PWNED) is None
    figure(
        12,
        "Payloads in titles, texts, links and questions of the lists shown in a browser: run",
        f"0 of {len(set(HOSTILE))}",
    )


def test_hostile_questions_stay_text_without_scripts_and_on_reload(page: Page, origin: str) -> None:
    for payload in HOSTILE[::4]:
        page.goto(f"{origin}/?q={quote(payload)}")
        expect(page.locator(".trust")).to_be_visible()
        assert page.evaluate(PWNED) is None
        assert page.locator("main :is(img, iframe, svg[onload])").count() == 0


def test_the_checks_would_see_a_payload_run(context: BrowserContext, origin: str) -> None:
    """Plants the fault: HTML put into the page, first with the policy, then without it."""
    plant = (
        "function text(value) { const at = document.createElement('span');"
        " at.innerHTML = value; return [at]; }"
    )

    def planted(route: Route) -> None:
        script = (STATIC / "panel.js").read_text(encoding="utf-8")
        assert script.count("function text(") == 1
        script = script.replace("function text(", "function unused(") + plant
        route.fulfill(body=script, content_type="text/javascript")

    complaints: list[str] = []
    page = context.new_page()
    page.route("**/static/panel.js*", planted)
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(origin)
    ask(page, "<img src=x onerror=window.pwned=1>")
    page.wait_for_timeout(300)
    assert page.evaluate(PWNED) is None
    assert any("TrustedHTML" in complaint for complaint in complaints)

    def without_policy(route: Route) -> None:
        response = route.fetch()
        headers = {k: v for k, v in response.headers.items() if "security-policy" not in k}
        route.fulfill(response=response, headers=headers)

    page.route(f"{origin}/", without_policy)
    page.goto(origin)
    ask(page, "<img src=x onerror=window.pwned=1>")
    page.wait_for_function(f"{PWNED} === 1")


def test_the_scripts_never_name_a_way_to_parse_html_or_to_store() -> None:
    names = (
        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|DOMParser|setHTML|"
        "createContextualFragment|\\beval\\b|new Function|localStorage|sessionStorage|"
        "indexedDB|\\bcookie\\b|\\.style\\b|srcdoc"
    )
    scripts = sorted([*STATIC.glob("*.js"), *SOURCES.glob("*.js")])
    assert len(scripts) >= 9
    found = {str(s): re.findall(names, s.read_text(encoding="utf-8")) for s in scripts}
    assert found == {str(s): [] for s in scripts}


def test_nothing_is_requested_before_the_visitor_opens_it(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(f"{origin}/plain")
    page.locator(".launcher").wait_for()
    page.wait_for_timeout(400)
    assert [path for path in stub.requests if path != "/favicon.ico"] == ["/plain", "/widget.js"]
    page.locator(".launcher").click()
    page.locator(".suggestion").first.wait_for()
    assert "/suggestions" in stub.requests
    assert "/ask" not in stub.requests


def test_the_full_page_takes_its_examples_from_the_page(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(origin)
    page.locator("ask-the-record .empty .suggestion").first.wait_for()
    page.wait_for_timeout(200)
    assert "/suggestions" not in stub.requests
    assert "/ask" not in stub.requests


def test_nothing_is_kept_in_the_browser(page: Page, origin: str) -> None:
    page.goto(f"{origin}/plain")
    page.locator(".launcher").click()
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_what_a_visitor_downloads_is_below_15_kb() -> None:
    """The script, the panel with its styles, and the largest language, gzipped by file."""
    names = ["widget.js", "panel.js", *(path.name for path in STATIC.glob("texts.*.js"))]
    sizes = {n: len(gzip.compress((STATIC / n).read_bytes(), 9, mtime=0)) for n in names}
    largest = max(size for name, size in sizes.items() if name.startswith("texts."))
    assert sizes["widget.js"] + sizes["panel.js"] + largest <= 15_000, sizes


def test_all_languages_have_the_same_texts() -> None:
    def names(path: Path) -> dict[str, set[str]]:
        parts = json.loads(path.read_text(encoding="utf-8")).items()
        return {part: {re.sub("_(one|other|zero)$", "", n) for n in texts} for part, texts in parts}

    english, *others = [names(TEXTS / f"{language}.json") for language in LANGUAGES]
    assert LANGUAGES == ("en", "vi")
    assert others == [english]
    assert len(HOSTILE_URLS) == 8
