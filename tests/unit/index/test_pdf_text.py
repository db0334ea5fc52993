"""Text of a PDF: lines put together as they were written, the furniture of sheets left out."""

from collections.abc import Sequence

import pytest

from index.loaders.pdf_lines import Line, without_furniture
from index.loaders.pdf_paragraphs import paragraphs_of_lines

HEIGHT = 800.0


def line(
    text: str,
    y: float,
    page: int = 1,
    left: float = 72,
    size: float = 10,
    bold: bool = False,
    width: float = 5,
) -> Line:
    """A line whose letters are 5 points wide; one that ends with a hyphen goes on."""
    right = left + width * len(text)
    return Line(text, page, left, right, y, size, bold, text.endswith("-"))


def lines_of(*texts: str, page: int = 1, top: float = 600) -> list[Line]:
    return [line(text, top - 12 * i, page) for i, text in enumerate(texts)]


def texts(lines: Sequence[Line]) -> list[str]:
    return [p.text for p in paragraphs_of_lines(lines)]


BODY = "This line of the report is as long as most of the others"


def test_wrapped_lines_are_one_paragraph_and_a_gap_begins_the_next() -> None:
    lines = lines_of(BODY, BODY, "and it ends here.") + lines_of(BODY, "or here.", top=540)
    assert texts(lines) == [f"{BODY} {BODY} and it ends here.", f"{BODY} or here."]


def test_a_line_that_left_room_for_the_next_word_ended_a_paragraph() -> None:
    lines = lines_of(BODY, "It ends here.", BODY, BODY)
    assert texts(lines) == [f"{BODY} It ends here.", f"{BODY} {BODY}"]


def test_an_indented_line_begins_a_paragraph() -> None:
    full = BODY[:-1] + "."
    lines = [*lines_of(full, full), line(BODY, 576, left=90), line(BODY, 564)]
    assert texts(lines) == [f"{full} {full}", f"{BODY} {BODY}"]


@pytest.mark.parametrize(
    ("first", "second", "elsewhere", "joined"),
    [
        ("much infor-", "mation on it", "", "much information on it"),
        ("a well-", "known engineer", "the well-known engineer", "a well-known engineer"),
        ("a well-", "known engineer", "well and known", "a well-known engineer"),
        ("the co-", "operation of", "cooperation", "the cooperation of"),
        ("the Viet-", "Nam coast", "", "the Viet-Nam coast"),
        ("the years 1990-", "2000 were", "", "the years 1990-2000 were"),
        ("Hợp tác điện-", "ảnh", "điện-ảnh", "Hợp tác điện-ảnh"),
    ],
)
def test_a_word_cut_at_the_end_of_a_line_is_spelt_as_the_document_spells_it(
    first: str, second: str, elsewhere: str, joined: str
) -> None:
    lines = lines_of(first, second) + (lines_of(elsewhere, top=300) if elsewhere else [])
    assert texts(lines)[0] == joined


def test_a_paragraph_over_a_page_break_is_cut_after_the_sentence_that_crosses() -> None:
    first = lines_of("It began in May. The ferry was", page=1, top=100)
    second = lines_of("sold in June. Nobody knew why.", page=2, top=700)
    found = paragraphs_of_lines([*first, *second])
    assert [(p.page, p.text) for p in found] == [
        (1, "It began in May. The ferry was sold in June."),
        (2, "Nobody knew why."),
    ]


def test_a_new_sentence_on_a_new_page_is_a_paragraph_of_that_page() -> None:
    found = paragraphs_of_lines(
        [*lines_of("It ended in May.", page=1), *lines_of("It began anew in June.", page=2)]
    )
    assert [(p.page, p.text) for p in found] == [
        (1, "It ended in May."),
        (2, "It began anew in June."),
    ]


def test_larger_or_bold_lines_are_headings_and_long_or_ended_ones_are_not() -> None:
    lines = [
        line("The report", 700, size=18),
        line("Ferries", 660, size=14),
        *lines_of(BODY, BODY, "to its end.", top=630),
        line("Bold words", 580, bold=True),
        *lines_of(BODY, "again.", top=560),
        line("A larger sentence, which ends with a stop.", 500, size=14),
    ]
    found = paragraphs_of_lines(lines)
    assert [(p.text, p.level) for p in found if p.kind == "heading"] == [
        ("The report", 1),
        ("Ferries", 2),
        ("Bold words", 3),
    ]


def test_the_outline_names_headings_that_look_like_text() -> None:
    lines = [*lines_of("2.1 On ferries"), *lines_of(BODY, BODY, top=570)]
    found = paragraphs_of_lines(lines, {(1, "21onferries"): 2})
    assert [(p.kind, p.level) for p in found] == [("heading", 2), ("paragraph", 0)]
    assert [p.kind for p in paragraphs_of_lines(lines, {(2, "21onferries"): 2})] == [
        "paragraph",
        "paragraph",
    ]


def test_list_items_lose_their_bullets_and_keep_their_numbers() -> None:
    found = paragraphs_of_lines(lines_of("• the first thing", "• the second", "3. the third one"))
    assert [(p.kind, p.text) for p in found] == [
        ("list_item", "the first thing"),
        ("list_item", "the second"),
        ("list_item", "3. the third one"),
    ]


def test_the_dots_of_a_list_of_contents_or_prices_become_one_sign() -> None:
    found = paragraphs_of_lines(lines_of("1 Ferries . . . . . . . . 5", "Beer ........ 2.50"))
    assert [(p.kind, p.text) for p in found] == [("row", "1 Ferries … 5"), ("row", "Beer … 2.50")]


def sheets(*pages: Sequence[Line]) -> list[str]:
    return [x.text for x in without_furniture([(HEIGHT, page) for page in pages])]


@pytest.mark.parametrize("form", ["{}", "- {} -", "Page {} of 3", "Trang {}", "[{}]"])
def test_page_numbers_alone_on_a_line_are_left_out(form: str) -> None:
    pages = [[line(BODY, 400, n), line(form.format(n), 30, n)] for n in (1, 2, 3)]
    assert sheets(*pages) == [BODY] * 3


def test_page_numbers_that_do_not_begin_at_one_are_known_by_their_steps() -> None:
    pages = [[line(BODY, 400, n), line(str(n + 40), 30, n)] for n in (1, 2, 3)]
    romans = [[line(BODY, 400, n), line(r, 30, n)] for n, r in ((1, "iv"), (2, "v"), (3, "vi"))]
    assert sheets(*pages) == sheets(*romans) == [BODY] * 3


def test_a_number_that_is_no_page_number_stays() -> None:
    assert sheets([line(BODY, 400), line("1921", 30)]) == [BODY, "1921"]
    middle = [[line(str(n), 400, n), line(BODY, 300, n)] for n in (1, 2, 3)]
    assert sheets(*middle) == ["1", BODY, "2", BODY, "3", BODY]


def test_running_heads_on_three_pages_are_left_out_and_on_two_are_not() -> None:
    def head(n: int) -> list[Line]:
        return [line(f"Harbour report, part {n}", 770, n), line(f"Text {n}.", 400, n)]

    assert sheets(head(1), head(2), head(3)) == ["Text 1.", "Text 2.", "Text 3."]
    assert len(sheets(head(1), head(2))) == 4


def test_what_is_repeated_in_the_middle_of_pages_stays() -> None:
    pages = [[line("The same refrain", 400, n), line(f"Verse {n}", 300, n)] for n in (1, 2, 3)]
    assert sheets(*pages).count("The same refrain") == 3


def test_running_heads_that_change_are_known_by_the_page_number_beside_them() -> None:
    heads = ["Ferries 11", "Ferries 12", "Money 13", "Ships 14"]
    pages = [[line(h, 770, n), line(f"Text {n}.", 400, n)] for n, h in enumerate(heads, 1)]
    assert sheets(*pages) == ["Text 1.", "Text 2.", "Text 3.", "Text 4."]
