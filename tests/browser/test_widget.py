"""The widget as a guest on another page: keyboard, focus, layout, languages, accessibility."""

from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SCREENSHOTS
from tests.browser.stub_service import StubService, problem

FOCUS = (
    "() => { let at = document.activeElement;"
    " while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
    " return at.className || at.id || at.tagName; }"
)


def ask(page: Page, question: str) -> None:
    page.locator("textarea").fill(question)
    page.locator("textarea").press("Enter")


def open_widget(page: Page, origin: str, attributes: str = "", lang: str = "en") -> None:
    page.goto(f"{origin}/plain?lang={lang}&attributes={quote(attributes)}")
    page.locator(".launcher").click()
    page.locator("textarea").wait_for()


def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


def test_a_whole_conversation_by_keyboard_alone(page: Page, origin: str, stub: StubService) -> None:
    page.goto(f"{origin}/plain")
    page.locator(".launcher").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "own"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "launcher"
    page.keyboard.press("Enter")
    page.locator("textarea").wait_for()
    page.wait_for_function(f"({FOCUS})() === 'field'")
    page.keyboard.type("Who leads the festival?")
    page.keyboard.press("Enter")
    expect(page.locator(".trust")).to_be_visible()
    assert page.evaluate(FOCUS) == "field"
    reached = []
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        reached.append(page.evaluate(FOCUS))
        if reached[-1] == "scroller":
            break
    assert reached == [
        "suggestion",
        "suggestion",
        "icon down",
        "icon up",
        "action",
        "action strong",
        "action",
        "action",
        "action strong",
        "scroller",
    ]
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "action strong"
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "action tag"
    page.keyboard.press("Enter")
    expect(page.locator(".tag").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    assert page.evaluate(FOCUS) == "launcher"
    assert len(stub.received) == 1


def test_focus_moves_in_and_back_and_the_button_says_so(page: Page, origin: str) -> None:
    open_widget(page, origin)
    launcher = page.locator(".launcher")
    expect(launcher).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("dialog", name="Ask the record")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(launcher).to_have_attribute("aria-expanded", "false")
    assert page.evaluate(FOCUS) == "launcher"


def test_the_log_is_live_before_anything_is_said(page: Page, origin: str) -> None:
    open_widget(page, origin)
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    assert log.text_content() == ""


def test_the_conversation_is_kept_when_the_panel_is_closed(page: Page, origin: str) -> None:
    open_widget(page, origin)
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".launcher").click()
    expect(page.locator(".trust")).to_be_visible()


def test_it_works_on_a_hostile_page_of_another_origin(
    page: Page, origin: str, other_origin: str
) -> None:
    page.goto(f"{other_origin}/foreign?service={origin}")
    launcher = page.get_by_role("button", name="Ask the festival")
    expect(launcher).to_be_visible()
    box = launcher.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] == pytest.approx(1280 - 20, abs=16)
    assert box["height"] >= 44
    launcher.click()
    ask(page, "When does the archive open?")
    expect(page.locator(".trust")).to_be_visible()
    quote_size = page.locator("blockquote").first.evaluate("n => getComputedStyle(n).fontSize")
    assert float(quote_size.removesuffix("px")) >= 18
    expect(page.locator("dialog")).to_have_css("direction", "ltr")
    keep(page, "foreign-page")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/plain",
        "/documents",
        "/documents?q=festival",
        "/documents/festival-report",
        "/documents/festival-report?q=festival",
        "/embed",
        "/widget",
    ],
)
def test_nothing_scrolls_sideways_at_320_pixels(
    browser: Browser, origin: str, stub: StubService, path: str
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 568})
    page.goto(f"{origin}{path}")
    if path == "/plain":
        page.locator(".launcher").click()
    if path == "/widget":
        page.locator(".launcher").wait_for()
    elif page.locator("ask-the-record").count():
        ask(page, "Who leads " + "x" * 120 + "?")
        expect(page.locator(".trust")).to_be_visible()
        ask(page, "What is the price of a ticket?")
        page.locator("summary").last.click()
        inner = page.locator(".scroller").evaluate("n => n.scrollWidth - n.clientWidth")
        assert inner <= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    keep(page, f"narrow{path.replace('/', '-').replace('?', '-')}")
    page.close()


@pytest.mark.parametrize(("width", "height"), [(390, 800), (800, 390)])
def test_on_a_phone_the_panel_fills_the_screen_and_holds_the_focus(
    browser: Browser, origin: str, stub: StubService, width: int, height: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    open_widget(page, origin)
    box = page.locator("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": width, "height": height}
    assert page.locator("dialog").evaluate("node => node.matches(':modal')")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    assert page.evaluate(FOCUS) == "launcher"
    page.close()


def test_dark_mode_follows_the_visitor_unless_the_page_chooses(
    browser: Browser, origin: str, stub: StubService
) -> None:
    page = browser.new_page(color_scheme="dark")
    open_widget(page, origin)
    dark = page.locator("dialog").evaluate("n => getComputedStyle(n).backgroundColor")
    assert dark == "rgb(21, 26, 27)"
    open_widget(page, origin, 'data-theme="light"')
    light = page.locator("dialog").evaluate("n => getComputedStyle(n).backgroundColor")
    assert light == "rgb(253, 253, 251)"
    page.close()


def test_movement_stops_for_those_who_ask_for_less(
    browser: Browser, origin: str, stub: StubService
) -> None:
    stub.delay_s = 30
    page = browser.new_page(reduced_motion="reduce")
    page.goto(origin)
    ask(page, "Who leads the festival?")
    expect(page.locator(".waiting")).to_have_css("animation-name", "none")
    page.close()


def test_marks_differ_from_each_other_in_forced_colours(
    browser: Browser, origin: str, stub: StubService
) -> None:
    page = browser.new_page(forced_colors="active")
    page.goto(origin)
    ask(page, "Who leads the festival?")
    colour = "n => getComputedStyle(n).backgroundColor"
    sentence = page.locator("mark.sentence").first
    assert sentence.evaluate(colour) != page.locator("mark.span").first.evaluate(colour)
    expect(sentence).to_have_css("text-decoration-line", "underline")
    page.close()


def test_the_page_sets_colours_and_parts_from_outside(page: Page, origin: str) -> None:
    open_widget(page, origin)
    page.evaluate(
        "() => { const sheet = new CSSStyleSheet(); sheet.replaceSync("
        "'ask-the-record { --ask-accent: rgb(1, 2, 3) } "
        "ask-the-record::part(header) { color: rgb(4, 5, 6) }');"
        " document.adoptedStyleSheets = [sheet]; }"
    )
    expect(page.locator(".launcher")).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(page.locator("header")).to_have_css("color", "rgb(4, 5, 6)")


@pytest.mark.parametrize(("lang", "attributes"), [("vi", ""), ("en", 'data-lang="vi-VN"')])
def test_it_speaks_vietnamese(page: Page, origin: str, lang: str, attributes: str) -> None:
    open_widget(page, origin, attributes, lang)
    expect(page.locator(".launcher")).to_have_text("Hỏi tư liệu")
    expect(page.locator("dialog")).to_have_attribute("lang", "vi")
    ask(page, "What is the price of a ticket?")
    expect(page.locator(".refusal")).to_have_text("Tư liệu không nói về điều này.")
    ask(page, "Who leads the festival?")
    expect(page.locator(".source .place").last).to_contain_text("đoạn")


def test_position_opening_and_manual_placing_are_attributes(page: Page, origin: str) -> None:
    page.goto(f"{origin}/plain?attributes={quote('data-open data-position=bottom-left')}")
    expect(page.locator("dialog")).to_be_visible()
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert box["x"] == pytest.approx(20, abs=1)
    assert page.evaluate(FOCUS) == "BODY"
    page.goto(f"{origin}/plain?attributes=data-manual")
    page.wait_for_load_state()
    assert page.locator("ask-the-record").count() == 0


def test_events_and_methods_serve_the_page(page: Page, origin: str) -> None:
    page.goto(f"{origin}/plain")
    page.locator(".launcher").wait_for()
    page.evaluate(
        "() => { window.heard = []; for (const name of ['open', 'close', 'answer', 'error'])"
        "addEventListener(`record-${name}`, e => heard.push([name, e.detail?.question ?? null])); }"
    )
    page.evaluate("document.querySelector('ask-the-record').ask('Who leads the festival?')")
    expect(page.locator(".trust")).to_be_visible()
    page.evaluate("document.querySelector('ask-the-record').close()")
    expect(page.locator("dialog")).to_be_hidden()
    assert page.evaluate("heard") == [
        ["open", None],
        ["answer", "Who leads the festival?"],
        ["close", None],
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/plain"])
def test_axe_finds_nothing_in_any_state(
    browser: Browser, origin: str, stub: StubService, path: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{origin}{path}")
    found = {}
    if path == "/plain":
        found["closed"] = Axe().run(page)
        page.locator(".launcher").click()
    page.locator(".empty .suggestion").first.wait_for()
    found["empty"] = Axe().run(page)
    ask(page, "Who leads the festival?")
    page.locator(".trust").wait_for()
    found["answered"] = Axe().run(page)
    page.get_by_role("button", name="No, it does not").click()
    page.locator(".tag").first.click()
    found["voted down"] = Axe().run(page)
    ask(page, "Which title has she?")
    page.locator("summary").last.click()
    found["differing"] = Axe().run(page)
    ask(page, "What does the long passage say?")
    page.get_by_role("button", name="Whole passage").wait_for()
    found["folded"] = Axe().run(page)
    # Axe may take long on busy cores, and the answer must not come meanwhile.
    stub.delay_s = 30
    ask(page, "Who leads it?")
    page.get_by_role("button", name="Stop").wait_for()
    found["waiting"] = Axe().run(page)
    page.get_by_role("button", name="Stop").click()
    found["stopped"] = Axe().run(page)
    stub.delay_s = 0
    ask(page, "What is the price of a ticket?")
    page.locator(".refusal").wait_for()
    page.locator("summary").last.click()
    found["refused"] = Axe().run(page)
    stub.failures += [problem(503, "The service is busy", "Too many questions.")] * 2
    ask(page, "Who leads it?")
    page.get_by_role("button", name="Try again").last.wait_for()
    page.locator(".reply").last.locator(".refusal").wait_for()
    found["error"] = Axe().run(page)
    context.close()
    assert {
        state: [(v["id"], v["nodes"][0]["html"]) for v in result.response["violations"]]
        for state, result in found.items()
    } == {state: [] for state in found}


def test_axe_finds_nothing_on_the_other_pages(
    browser: Browser, origin: str, stub: StubService
) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    found = {}
    for path in (
        "/documents",
        "/documents/festival-report?start=100&end=300",
        "/documents/arabic-note",
        "/documents/festival-report?q=festival",
        "/documents?q=festival",
        "/embed",
        "/widget",
        "/operator",
        "/?q=price",
        "/?q=who",
    ):
        page.goto(f"{origin}{path}")
        page.wait_for_timeout(200)
        found[path] = [
            (v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]
        ]
    context.close()
    assert found == {path: [] for path in found}


def test_the_screenshots_are_kept_out_of_the_repository() -> None:
    ignored = (Path(__file__).parents[2] / ".gitignore").read_text(encoding="utf-8").split()
    assert "/test-output/" in ignored
