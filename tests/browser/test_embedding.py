"""The widget on other people's pages: pinned, coloured, many, strict, and read from the right."""

import json
import re
from html import escape
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from service.assets import asset, integrity
from tests.browser.conftest import SCREENSHOTS
from tests.browser.stub_service import STATIC, SUGGESTIONS, StubService

ACCENT = "node => getComputedStyle(node).backgroundColor"


@pytest.fixture
def quiet(context: BrowserContext) -> Page:
    """A page whose complaints are expected."""
    return context.new_page()


def ask(page: Page, question: str) -> None:
    page.locator("textarea").fill(question)
    page.locator("textarea").press("Enter")


def plain(origin: str, attributes: str) -> str:
    return f"{origin}/plain?attributes={quote(attributes)}"


def test_a_pinned_tag_answers(page: Page, origin: str, stub: StubService) -> None:
    page.goto(plain(origin, f'integrity="{integrity("widget.js")}" crossorigin="anonymous"'))
    page.locator(".launcher").click()
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    assert stub.requests.count("/static/panel.js") == 1


@pytest.mark.parametrize("is_pinned", [True, False])
def test_a_pinned_tag_runs_no_other_panel(quiet: Page, origin: str, is_pinned: bool) -> None:
    """The fault is planted in the panel; without the hash it would run."""

    def tampered(route: Route) -> None:
        body = (STATIC / "panel.js").read_text(encoding="utf-8") + "\nwindow.pwned = 1;"
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(body=body, content_type="text/javascript", headers=headers)

    quiet.route("**/static/panel.js*", tampered)
    hash_ = f'integrity="{integrity("widget.js")}" crossorigin="anonymous"' if is_pinned else ""
    quiet.goto(plain(origin, hash_))
    quiet.locator(".launcher").click()
    if is_pinned:
        expect(quiet.locator(".launcher")).to_have_text("Could not load. Try again")
    else:
        expect(quiet.locator("dialog")).to_be_visible()
    assert quiet.evaluate("window.pwned") == (None if is_pinned else 1)


def test_it_works_under_the_strictest_policy_that_names_the_service(
    page: Page, other_origin: str, origin: str
) -> None:
    policy = (
        f"default-src 'none'; script-src {origin}; connect-src {origin}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    page.goto(f"{other_origin}/strict?service={origin}&policy={quote(policy)}")
    page.locator(".launcher").click()
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    expect(page.locator("dialog")).to_have_css("position", "fixed")


def test_twenty_widgets_on_a_page_keep_out_of_each_others_way(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(f"{origin}/many?count=20")
    expect(page.locator(".launcher")).to_have_count(20)
    page.wait_for_timeout(300)
    seen = [path for path in stub.requests if path != "/favicon.ico"]
    assert seen == ["/many", "/widget.js"]
    for number in (3, 17):
        element = page.locator("ask-the-record").nth(number)
        element.evaluate("(node, n) => node.ask(`Who leads number ${n}?`)", number)
        expect(element.locator(".trust")).to_have_count(1)
    asked = page.locator("ask-the-record .question")
    assert asked.all_text_contents() == ["Who leads number 3?", "Who leads number 17?"]
    assert [body.get("history") for body in stub.received] == [None, None]
    assert page.locator("dialog[open]").count() == 2
    assert stub.requests.count("/static/panel.js") == 1


@pytest.mark.parametrize(
    ("color", "light", "dark"),
    [
        ("#7a1f2b", "rgb(122, 31, 43)", None),
        ("#722", "rgb(119, 34, 34)", None),
        ("#ffee00", None, "rgb(255, 238, 0)"),
        ("#00ffaa", None, "rgb(0, 255, 170)"),
        ("#808080", None, None),
        ("red; } * { display: none", "rgb(20, 82, 77)", "rgb(140, 207, 196)"),
        ("#12345", "rgb(20, 82, 77)", "rgb(140, 207, 196)"),
    ],
)
def test_a_colour_is_made_legible_in_both_themes(
    page: Page, origin: str, color: str, light: str | None, dark: str | None
) -> None:
    """``None``: the colour is changed. Always 4.5 to 1 by WCAG's formula, worked out here."""
    for theme, kept, raised, on in (
        ("light", light, (241, 243, 238), (255, 255, 255)),
        ("dark", dark, (32, 39, 40), (12, 26, 25)),
    ):
        page.goto(plain(origin, f'data-color="{escape(color)}" data-theme="{theme}"'))
        shown = page.locator(".launcher").evaluate(ACCENT)
        if kept:
            assert shown == kept
        rgb = tuple(int(number) for number in re.findall(r"\d+", shown))
        assert contrast(rgb, raised) >= 4.5
        assert contrast(rgb, on) >= 4.5


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    def luminance(rgb: tuple[int, ...]) -> float:
        linear = [
            v / 255 / 12.92 if v / 255 <= 0.04045 else ((v / 255 + 0.055) / 1.055) ** 2.4
            for v in rgb
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_of_black_on_white_is_21() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


def test_the_site_chooses_the_first_questions(page: Page, origin: str, stub: StubService) -> None:
    page.goto(plain(origin, 'data-questions="Who spoke?|When &lt;b&gt;?"'))
    page.locator(".launcher").click()
    offered = page.locator(".suggestion")
    expect(offered).to_have_count(2)
    assert offered.all_text_contents() == ["Who spoke?", "When <b>?"]
    assert "/suggestions" not in stub.requests


def right_to_left(page: Page) -> None:
    """The English texts as those of a language that is written from the right."""

    def texts(route: Route) -> None:
        script = (STATIC / "texts.en.js").read_text(encoding="utf-8")
        assert '"dir":"ltr"' in script
        script = script.replace('"dir":"ltr"', '"dir":"rtl"').replace(
            "What would you like to know?", "ماذا تريد أن تعرف؟"
        )
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(body=script, content_type="text/javascript", headers=headers)

    page.route("**/static/texts.en.js*", texts)


def test_a_language_from_right_to_left_turns_the_panel(
    browser: Browser, origin: str, stub: StubService
) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 760})
    right_to_left(page)
    page.goto(plain(origin, ""))
    page.locator(".launcher").click()
    page.locator(".suggestion").first.wait_for()
    expect(page.locator("dialog")).to_have_css("direction", "rtl")
    close, title = (page.locator(part).bounding_box() for part in ("header .icon", "header h2"))
    send, field = (page.locator(part).bounding_box() for part in (".send", "textarea"))
    assert close is not None and title is not None and send is not None and field is not None
    assert close["x"] < title["x"]
    assert send["x"] < field["x"]
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    # A quotation keeps its own direction.
    expect(page.locator("blockquote").first).to_have_css("direction", "ltr")
    inner = page.locator(".scroller").evaluate("n => n.scrollWidth - n.clientWidth")
    assert inner <= 0
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / "right-to-left.png"))
    page.close()


def test_what_is_pressed_shows_in_forced_colours(
    browser: Browser, origin: str, stub: StubService
) -> None:
    page = browser.new_page(forced_colors="active", viewport={"width": 1000, "height": 900})
    page.goto(plain(origin, ""))
    page.locator(".launcher").click()
    ask(page, "Who leads the festival?")
    down = page.get_by_role("button", name="No, it does not")
    before = down.evaluate(ACCENT)
    down.click()
    expect(page.locator(".tag").first).to_be_visible()
    assert down.evaluate(ACCENT) != before
    assert down.evaluate(ACCENT) != page.locator(".icon.up").evaluate(ACCENT)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / "forced-colours.png"))
    page.close()


def test_the_page_for_site_owners_makes_the_tag_and_shows_it_at_work(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(f"{origin}/widget")
    code = page.locator("#tag")
    first = (
        f'<script defer src="{origin}/{asset("widget.js").removeprefix("static/")}"\n'
        f'  integrity="{integrity("widget.js")}"\n  crossorigin="anonymous"></script>'
    )
    expect(code).to_have_text(first)
    page.get_by_label("Title").fill('Ask "us" <b>')
    page.get_by_label("Position").select_option("bottom-left")
    page.get_by_label("First questions").fill("Who spoke?\n\n When? ")
    page.get_by_label("Pin the very file").uncheck()
    page.get_by_role("button", name="Copy the tag").click()
    expect(page.locator("#said")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.replace("\r\n", "\n") == (
        f'<script defer src="{origin}/{asset("widget.js").removeprefix("static/")}"\n'
        '  data-title="Ask &quot;us&quot; &lt;b>"\n  data-position="bottom-left"\n'
        '  data-questions="Who spoke?|When?"></script>'
    )
    assert "/suggestions" not in stub.requests
    launcher = page.locator("#stage .launcher")
    expect(launcher).to_have_text('Ask "us" <b>')
    stage, button = page.locator("#stage").bounding_box(), launcher.bounding_box()
    assert stage is not None and button is not None
    assert button["x"] == pytest.approx(stage["x"] + 21, abs=3)
    launcher.click()
    page.locator("#stage .suggestion").first.wait_for()
    assert page.locator("#stage .suggestion").all_text_contents() == ["Who spoke?", "When?"]
    page.locator("#stage .suggestion").first.click()
    expect(page.locator("#stage .trust")).to_be_visible()


def test_the_copied_tag_works_where_it_is_put(page: Page, origin: str) -> None:
    page.goto(f"{origin}/widget")
    page.get_by_label("Language").select_option("vi")
    page.get_by_label("Title").fill('"Hỏi" & đáp')
    made = page.locator("#tag").text_content()
    assert made is not None
    page.goto(f"{origin}/holding?body={quote(made)}")
    page.locator(".launcher").click()
    expect(page.locator("header h2")).to_have_text('"Hỏi" & đáp')
    expect(page.locator(".welcome")).to_have_text("Bạn muốn biết điều gì?")


def test_the_page_for_site_owners_holds_the_tag_without_scripts(
    browser: Browser, origin: str, stub: StubService
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/widget")
    expect(page.locator("#tag")).to_contain_text(integrity("widget.js"))
    expect(page.locator("#workshop")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    context.close()


def test_words_are_found_in_documents_without_scripts(
    browser: Browser, origin: str, stub: StubService
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/documents")
    page.get_by_role("searchbox").fill("mai thu ha")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".lead")).to_have_text("2 documents hold “mai thu ha”.")
    page.get_by_role("link", name=re.compile("River festival names")).click()
    expect(page.locator("mark#hit1")).to_have_text("Mai Thu Hà")
    expect(page.locator("mark#hit1")).to_be_in_viewport()
    page.get_by_role("searchbox").fill("screenings")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".found li")).to_have_count(1)
    page.locator(".found li a").click()
    expect(page.locator("mark#hit1")).to_have_text("Screenings")
    context.close()


def test_a_language_is_one_file() -> None:
    """What a visitor's language needs is in its file and nowhere else."""
    folder = STATIC.parent / "languages"
    for path in folder.glob("*.json"):
        parts = json.loads(path.read_text(encoding="utf-8"))
        assert list(parts) == ["launcher", "widget", "page"]
        assert parts["widget"]["dir"] in ("ltr", "rtl")
    assert len(SUGGESTIONS) == 4
