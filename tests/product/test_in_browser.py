"""The real product in a real browser: typed question, marked quotation, opened document."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]
SCREENSHOTS = Path(__file__).parents[2] / "test-output" / "screenshots"


def test_a_visitor_asks_reads_the_quotation_and_opens_it_in_the_document(
    browser: Browser, service: str
) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 860})
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(service)
    page.get_by_role("textbox").fill("Who is the President of the VFDA?")
    page.keyboard.press("Enter")
    mark = page.locator("mark").first
    expect(mark).to_contain_text("Ngo Phuong Lan", timeout=20_000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "product-answer.png")
    link = page.get_by_role("link", name=re.compile("Open in the document")).first
    with page.context.expect_page() as opened:
        link.click()
    document = opened.value
    expect(document.locator("mark").first).to_contain_text("Ngo Phuong Lan")
    expect(document.locator("mark").first).to_be_in_viewport()
    document.screenshot(path=SCREENSHOTS / "product-document.png")
    assert problems == []
    page.context.close()


def test_a_visitor_is_told_plainly_when_the_record_does_not_say(
    browser: Browser, service: str
) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 860})
    page.goto(service)
    page.get_by_role("textbox").fill("How tall is Mount Everest?")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("record does not"))).to_be_visible(timeout=20_000)
    page.screenshot(path=SCREENSHOTS / "product-refusal.png")
    page.context.close()
