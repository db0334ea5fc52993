"""What a visitor sees: the quotation, its marked words, refusals and problems."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.stub_service import (
    LONG,
    MAIN,
    OPENING,
    REPORT,
    SUGGESTIONS,
    StubService,
    as_json,
    problem,
    reply_to,
)


def ask(page: Page, question: str) -> None:
    field = page.locator("textarea")
    field.fill(question)
    field.press("Enter")


def last_reply(page: Page) -> Locator:
    return page.locator(".reply").last


def test_the_quotation_comes_first_and_is_the_stored_text(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    reply = last_reply(page)
    expect(reply.locator("blockquote").first).to_be_visible()
    assert reply.locator("> *").first.evaluate("node => node.tagName") == "FIGURE"
    assert (
        reply.locator("blockquote").first.evaluate("node => node.textContent")
        == (REPORT.text[MAIN.passage.start : MAIN.passage.end])
    )


@pytest.mark.parametrize(
    ("question", "sentence", "span"),
    [
        (
            "Who leads the festival?",
            "Mai Thu Hà 🎬, a film historian, was named to lead the organising committee.",
            "Mai Thu Hà 🎬",
        ),
        (
            "When does the archive open?",
            "Under her the archive \U00020bb7田 will open on 4 May 2026 with 38 restored films.",
            "4 May 2026",
        ),
    ],
)
def test_the_marked_words_are_those_of_the_offsets_after_astral_letters(
    page: Page, origin: str, question: str, sentence: str, span: str
) -> None:
    for passage in as_json(reply_to(question))["passages"][:1]:
        marks = {h["kind"]: REPORT.text[h["start"] : h["end"]] for h in passage["highlights"]}
    assert marks == {"sentence": sentence, "span": span}
    page.goto(origin)
    ask(page, question)
    quote = last_reply(page).locator("blockquote").first
    expect(quote).to_be_visible()
    assert quote.locator("mark.sentence").all_text_contents() == [sentence]
    assert quote.locator("mark.span").all_text_contents() == [span]


def test_source_confidence_and_agreement_are_said_in_words(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    reply = last_reply(page)
    expect(reply.locator("figcaption").first).to_have_text(
        "River festival names its chair and opens a film archive"
        "Delta News Agency · 13 March 2025 · paragraph 2"
    )
    expect(reply.locator(".trust")).to_contain_text("High confidence.")
    expect(reply.locator(".trust")).to_contain_text("about 95 in 100 are right")
    expect(reply.locator(".trust")).to_contain_text("2 documents say this.")
    assert reply.locator("[title]").count() == 0


@pytest.mark.parametrize(
    ("given", "shown"),
    [("2025-03-13", "13 March 2025"), ("2025-03", "March 2025"), ("2025", "2025"), ("May", "May")],
)
def test_a_date_is_shown_no_more_exactly_than_it_is_known(
    page: Page, origin: str, given: str, shown: str
) -> None:
    body = as_json(reply_to("Who leads the festival?"))
    body["passages"][0]["source"] |= {"published": None, "event_date": given}
    page.route("**/ask", lambda route: route.fulfill(json=body))
    page.goto(origin)
    ask(page, "Who leads the festival?")
    expect(last_reply(page).locator("time").first).to_have_text(shown)


@pytest.mark.parametrize("scripts", [True, False])
def test_documents_that_differ_are_quoted_one_beside_the_other(
    page: Page, browser: Browser, origin: str, scripts: bool
) -> None:
    if scripts:
        page.goto(origin)
        ask(page, "Which title has she?")
        reply = last_reply(page)
    else:
        page = browser.new_page(java_script_enabled=False)
        page.goto(f"{origin}/?q=Which+title+has+she%3F")
        reply = page.locator(".entry")
    expect(reply.locator(".label").first).to_have_text("The documents differ. Each is quoted:")
    expect(reply.locator("blockquote:not(details *)")).to_have_count(2)
    expect(reply.locator("summary")).to_have_text("1 further passage")


def test_the_document_opens_at_the_marked_words(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "When does the archive open?")
    with page.context.expect_page() as opened:
        last_reply(page).get_by_role("link", name="Open in the document").click()
    document = opened.value
    quote = document.locator("#quote")
    start, end = OPENING.highlights[0].start, OPENING.highlights[0].end
    assert quote.text_content() == REPORT.text[start:end]
    expect(quote).to_be_in_viewport()
    original = last_reply(page).get_by_role("link", name="Original")
    assert original.get_attribute("href") == "https://news.example/reports/river?id=7#:~:text=x"


def test_the_citation_is_copied_with_the_quoted_words(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    last_reply(page).get_by_role("button", name="Copy citation").first.click()
    expect(last_reply(page).get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").split("\n")
    citation = (
        'Delta News Agency, "River festival names its chair and opens a film archive", '
        "2025-03-13, paragraph 2"
    )
    assert lines == [
        "“Mai Thu Hà 🎬, a film historian, was named to lead the organising committee.”",
        citation,
        "https://news.example/reports/river?id=7",
        f"{origin}{MAIN.view_url}#quote",
        page.evaluate(
            "`Accessed ${new Date().toLocaleDateString('en-GB', { dateStyle: 'long' })}`"
        ),
    ]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the price of a ticket?", "The record does not say."),
        ("How far is the moon?", "The record does not say."),
        ("hello", "There is no question here that the record could answer."),
        ("bonjour", "The record cannot be asked in this language."),
    ],
)
def test_a_refusal_is_a_plain_sentence_with_other_questions(
    page: Page, origin: str, question: str, said: str
) -> None:
    page.goto(origin)
    ask(page, question)
    reply = last_reply(page)
    expect(reply.locator(".refusal")).to_have_text(said)
    assert reply.locator("mark").count() == 0
    assert reply.locator(".suggestion").all_text_contents() == list(SUGGESTIONS[:3])


def test_near_misses_are_folded_away_and_unmarked(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "What is the price of a ticket?")
    reply = last_reply(page)
    expect(reply.locator("summary")).to_have_text("The 2 closest passages, which do not answer it")
    expect(reply.locator("blockquote").first).to_be_hidden()
    reply.locator("summary").click()
    expect(reply.locator("blockquote").first).to_be_visible()
    assert reply.locator("blockquote").count() == 2
    assert reply.locator("mark").count() == 0


def test_a_second_question_carries_the_earlier_ones(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    ask(page, "And when is it?")
    expect(last_reply(page).locator(".understood")).to_have_text(
        "Understood as: When does the archive open?"
    )
    assert stub.received == [
        {"question": "Who leads the festival?"},
        {"question": "And when is it?", "history": [{"question": "Who leads the festival?"}]},
    ]


def test_at_most_ten_earlier_questions_are_sent(page: Page, origin: str, stub: StubService) -> None:
    page.goto(origin)
    for number in range(12):
        ask(page, f"Who leads number {number}?")
        expect(page.locator(".trust")).to_have_count(number + 1)
    sent = stub.received[-1]["history"]
    assert sent == [{"question": f"Who leads number {n}?"} for n in range(1, 11)]


def test_feedback_goes_to_the_service(page: Page, origin: str, stub: StubService) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    yes = page.get_by_role("button", name="Yes, it does")
    yes.click()
    expect(last_reply(page).get_by_text("Thank you.")).to_be_visible()
    expect(yes).to_have_attribute("aria-pressed", "true")
    assert stub.feedback == [
        {"answer_id": "01JTESTANSWER", "passage_id": "festival-report#2", "value": "up"}
    ]


def test_a_busy_service_is_asked_once_more_by_itself(
    page: Page, origin: str, stub: StubService
) -> None:
    stub.failures.append(problem(503, "The service is busy", "Too many questions."))
    page.goto(origin)
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    assert len(stub.received) == 2


def test_a_problem_is_said_plainly_and_can_be_tried_again(
    page: Page, origin: str, stub: StubService
) -> None:
    for _ in range(2):
        stub.failures.append(problem(503, "The service is busy", "Too many questions at once."))
    page.goto(origin)
    ask(page, "Who leads the festival?")
    reply = last_reply(page)
    expect(reply.locator(".refusal")).to_have_text("The service is busy")
    expect(reply.locator(".why")).to_have_text("Too many questions at once.")
    assert len(stub.received) == 2
    reply.get_by_role("button", name="Try again").click()
    expect(reply.locator(".trust")).to_be_visible()
    assert "history" not in stub.received[-1]


def test_a_long_retry_after_is_left_to_the_visitor(
    page: Page, origin: str, stub: StubService
) -> None:
    late = problem(429, "Too many questions", "Wait a minute.", **{"Retry-After": "60"})
    stub.failures.append(late)
    page.goto(origin)
    ask(page, "Who leads the festival?")
    expect(last_reply(page).locator(".refusal")).to_have_text("Too many questions")
    assert len(stub.received) == 1


def test_being_offline_is_said(page: Page, origin: str) -> None:
    page.goto(origin)
    page.locator("textarea").wait_for()
    page.context.set_offline(True)
    expect(page.locator(".notice")).to_contain_text("You are offline.")
    ask(page, "Who leads the festival?")
    expect(last_reply(page).locator(".refusal")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    expect(page.locator(".notice")).to_have_text("")
    last_reply(page).get_by_role("button", name="Try again").click()
    expect(page.locator(".trust")).to_be_visible()


def test_a_new_question_gives_up_the_one_that_waits(
    page: Page, origin: str, stub: StubService
) -> None:
    stub.delay_s = 0.6
    page.goto(origin)
    ask(page, "Who leads the festival?")
    expect(page.locator(".waiting")).to_have_text("Looking in the record…")
    ask(page, "When does the archive open?")
    expect(page.locator(".trust")).to_have_count(1)
    replies = page.locator(".reply").all_text_contents()
    assert replies[0] == "Stopped, because you asked something else.Try again"
    assert "4 May 2026" in replies[1]


def test_the_visitor_stops_a_question_and_asks_it_again(
    page: Page, origin: str, stub: StubService
) -> None:
    stub.delay_s = 0.6
    page.goto(origin)
    ask(page, "Who leads the festival?")
    page.get_by_role("button", name="Stop").click()
    expect(last_reply(page).locator(".why")).to_have_text("Stopped.")
    expect(page.locator("textarea")).to_be_focused()
    page.wait_for_timeout(800)
    assert page.locator(".trust").count() == 0
    last_reply(page).get_by_role("button", name="Try again").click()
    expect(page.locator(".trust")).to_be_visible()
    assert "history" not in stub.received[-1]


def test_the_arrow_up_brings_the_last_question_back(page: Page, origin: str) -> None:
    page.goto(origin)
    field = page.locator("textarea")
    field.press("ArrowUp")
    expect(field).to_have_value("")
    ask(page, "Who leads the festival?")
    expect(page.locator(".trust")).to_be_visible()
    field.press("ArrowUp")
    expect(field).to_have_value("Who leads the festival?")
    field.fill("Something else")
    field.press("ArrowUp")
    expect(field).to_have_value("Something else")


def test_a_document_that_says_the_same_is_quoted_with_the_first(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    reply = last_reply(page)
    expect(reply.locator(".label").first).to_have_text("Another document says so too:")
    assert reply.locator("blockquote mark.span").all_text_contents() == [
        "Mai Thu Hà 🎬",
        "Mai Thu Hà",
    ]
    assert reply.locator("summary").count() == 0


def test_a_long_passage_unfolds_in_its_place(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "What does the long passage say?")
    quote = last_reply(page).locator("blockquote")
    assert quote.evaluate("node => node.textContent") == LONG.passages[0].passage.text
    assert quote.evaluate("node => node.innerText").strip("… ").startswith("The answer stands")
    expect(quote).not_to_contain_text("Before it", use_inner_text=True)
    button = last_reply(page).get_by_role("button", name="Whole passage")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(quote).to_contain_text("Before it", use_inner_text=True)
    again = last_reply(page).get_by_role("button", name="Only the answer")
    expect(again).to_have_attribute("aria-expanded", "true")
    again.click()
    expect(quote).not_to_contain_text("Before it", use_inner_text=True)


def test_an_answer_leads_on_to_questions_which_the_next_one_replaces(
    page: Page, origin: str
) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    offered = page.locator(".next .suggestion")
    expect(offered).to_have_text(list(SUGGESTIONS[:2]))
    offered.nth(1).click()
    expect(page.locator(".question").last).to_have_text(SUGGESTIONS[1])
    expect(page.locator(".trust")).to_have_count(2)
    expect(page.locator(".next")).to_have_count(1)


def test_a_thumb_down_can_say_what_is_wrong(page: Page, origin: str, stub: StubService) -> None:
    page.goto(origin)
    ask(page, "Who leads the festival?")
    tags = page.get_by_role("group", name="What is wrong with it?")
    expect(tags).to_be_hidden()
    page.get_by_role("button", name="No, it does not").click()
    page.get_by_role("button", name="Not what I asked").click()
    page.get_by_role("button", name="Outdated").click()
    expect(page.get_by_role("button", name="Outdated")).to_have_attribute("aria-pressed", "true")
    expect(tags.locator("[aria-pressed=true]")).to_have_count(1)
    page.wait_for_timeout(100)
    said = {"answer_id": "01JTESTANSWER", "passage_id": "festival-report#2"}
    assert stub.feedback == [
        {**said, "value": "down"},
        {**said, "value": "down", "tags": ["not_asked"]},
        {**said, "value": "down", "tags": ["outdated"]},
    ]
    page.get_by_role("button", name="Yes, it does").click()
    expect(tags).to_be_hidden()


def test_a_question_in_the_address_is_answered_once(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(f"{origin}/?q=Who+leads+the+festival%3F")
    expect(page.locator("ask-the-record .entry .icon.up")).to_be_visible()
    assert page.locator(".trust").count() == 1
    assert "/ask" not in stub.requests
    assert "/suggestions" not in stub.requests
    ask(page, "And when is it?")
    expect(page.locator(".trust")).to_have_count(2)
    assert stub.received[-1]["history"] == [{"question": "Who leads the festival?"}]


def test_a_refusal_says_what_was_looked_at(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "What is the price of a ticket?")
    expect(last_reply(page).locator(".why")).to_contain_text(
        "2 documents were looked through, as they stood on 20 March 2025."
    )


def test_a_question_that_is_too_long_is_kept_and_counted(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(origin)
    ask(page, "🎬" * 1001)
    expect(page.locator(".notice")).to_have_text(
        "The question has 1001 characters; at most 1000 can be sent."
    )
    expect(page.locator("textarea")).to_have_value("🎬" * 1001)
    assert stub.received == []


def test_enter_within_an_input_method_does_not_send(
    page: Page, origin: str, stub: StubService
) -> None:
    page.goto(origin)
    field = page.locator("textarea")
    field.fill("Ai lãnh đạo")
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    field.press("Shift+Enter")
    expect(field).to_have_value("Ai lãnh đạo\n")
    assert stub.received == []


def test_characters_that_reorder_text_are_shown_and_harmless(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "What about bidi?")
    quote = last_reply(page).locator("blockquote")
    codes = quote.locator(".control").evaluate_all("all => all.map(n => n.dataset.code)")
    assert codes == ["U+202E", "U+202C", "U+2066", "U+2069"]
    shown = quote.locator(".control").first.evaluate(
        "node => getComputedStyle(node, '::before').content"
    )
    assert shown == '"[" "U+202E" "]"' or "U+202E" in shown
    assert quote.locator("mark.span").text_content() == "000,1"


def test_quotations_carry_their_own_language_and_direction(page: Page, origin: str) -> None:
    page.goto(origin)
    ask(page, "What is in the arabic note?")
    quote = last_reply(page).locator("blockquote")
    expect(quote).to_have_attribute("lang", "ar")
    assert quote.evaluate("node => getComputedStyle(node).direction") == "rtl"
