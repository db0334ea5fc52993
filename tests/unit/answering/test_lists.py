"""Questions for several things are answered by whole enumerations, others are left alone."""

import time

import pytest

from service.coordination import coordination
from service.lists import asks_for_several, listed_lines, whole_list


def marked(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def answer(question: str, text: str, span: str) -> str:
    """The words that are marked in the one sentence ``text`` when the reader marked ``span``."""
    start, end = whole_list(text, question, marked(text, span), (0, len(text)))
    return text[start:end]


@pytest.mark.parametrize(
    "question",
    [
        "Which cities did they visit?",
        "which ambassadors were there",
        "Which European countries signed the treaty?",
        "What states border Texas?",
        "Which crops grow there?",
        "What are the three aims?",
        "Who were the members?",
        "Who attended the dinner?",
        "Who took part in the meeting?",
        "Name the ships",
        "list all the ports of call",
        "Please list the winners of the race.",
        "Scholars from which universities attended?",
        "The talks were held between what two towns?",
        "What types of boats were built?",
        "Những thành phố nào được thăm?",
        "Kể tên các thành viên",
    ],
)
def test_question_in_the_plural_asks_for_several(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which city did they visit first?",
        "Which river crosses the town?",
        "What happens in May?",
        "What causes the tides?",
        "What does MIT stand for?",
        "What is the list of members?",
        "What news came from the north?",
        "Which sports team won?",
        "Which of the three ports is the largest?",
        "Which church runs some schools in the valley?",
        "Name a city on the coast.",
        "What was one of the reasons?",
        "Besides Hanoi, which cities did they visit?",
        "How many cities did they visit?",
        "Who led the expedition?",
        "Who are you?",
        "Thành phố nào lớn nhất?",
    ],
)
def test_question_in_the_singular_does_not(question: str) -> None:
    assert not asks_for_several(question)


VISIT = "In May 2024 they visited Hanoi, Da Nang, Hue and Ho Chi Minh City before flying home."
CITIES = "Hanoi, Da Nang, Hue and Ho Chi Minh City"


@pytest.mark.parametrize("span", ["Hanoi", "Da Nang", "Ho Chi Minh City", "Da Nang, Hue", CITIES])
def test_any_part_of_an_enumeration_leads_to_the_whole(span: str) -> None:
    assert answer("Which cities did they visit?", VISIT, span) == CITIES


def test_question_for_one_thing_leaves_the_span_alone() -> None:
    assert answer("Which city did they visit first?", VISIT, "Hanoi") == "Hanoi"


def test_offsets_are_those_of_the_document() -> None:
    text = f"Nothing was said.\n\n{VISIT} They liked Vinh, Hoi An and Hue."
    sentence = marked(text, VISIT)
    found = whole_list(text, "Which cities did they visit?", marked(text, "Da Nang"), sentence)
    assert found == marked(text, CITIES)


@pytest.mark.parametrize(
    ("question", "text", "span", "whole"),
    [
        (
            "Who were the members?",
            "The members were Ann Lee, director of the museum, Bob Ray, mayor of Hue, and Cy Dunn, "
            "a painter.",
            "Bob Ray",
            "Ann Lee, director of the museum, Bob Ray, mayor of Hue, and Cy Dunn, a painter",
        ),
        (
            "Who attended the dinner?",
            "The dinner was attended by Ann Lee, Bob Ray, and Cy Dunn on March 12, 2025.",
            "Bob Ray",
            "Ann Lee, Bob Ray, and Cy Dunn",
        ),
        (
            "What were the totals?",
            "The totals were 1,200 tons in May and 1,500 tons in June.",
            "1,200 tons",
            "1,200 tons in May and 1,500 tons",
        ),
        (
            "On which days was it shown?",
            "It was shown on March 12, 2025, and April 3, 2025.",
            "April 3, 2025",
            "March 12, 2025, and April 3, 2025",
        ),
        (
            "Which crops grow there?",
            "The valley produces rice, maize and beans.",
            "maize",
            "rice, maize and beans",
        ),
        (
            "Which animals live there?",
            "Seals, otters and gulls live there.",
            "otters",
            "Seals, otters and gulls",
        ),
        (
            "Which ports were named?",
            "The captain named the ports of Brest; Cork, in Ireland; and Bergen, in Norway.",
            "Cork",
            "Brest; Cork, in Ireland; and Bergen, in Norway",
        ),
        (
            "Who participated?",
            "Ann Lee as well as Bob Ray & Cy Dunn took part in it.",
            "Cy Dunn",
            "Ann Lee as well as Bob Ray & Cy Dunn",
        ),
        (
            "What are the aims?",
            "Its aims are to train painters, to lend tools, and to keep the mill open.",
            "to lend tools",
            "to train painters, to lend tools, and to keep the mill open",
        ),
        (
            "Which countries took part?",
            "The talks between Laos and the Philippines (as hosts) went on.",
            "Laos",
            "Laos and the Philippines (as hosts)",
        ),
        (
            "Những thành phố nào được thăm?",
            "Đoàn đã thăm Hà Nội, Đà Nẵng và Huế.",
            "Đà Nẵng",
            "Hà Nội, Đà Nẵng và Huế",
        ),
        (
            "Which towns came third?",
            "It came third and fourth with Hanoi, Hue and Vinh.",
            "Hue",
            "Hanoi, Hue and Vinh",
        ),
        (
            "Who were the hosts?",
            "The hosts were the Envoy of Laos to the United Nations, the Mayor and the Bishop.",
            "the Mayor",
            "the Envoy of Laos to the United Nations, the Mayor and the Bishop",
        ),
        (
            "Which ministries signed?",
            "It was signed by the Ministry of the Interior, the Treasury and the Mint.",
            "the Treasury",
            "the Ministry of the Interior, the Treasury and the Mint",
        ),
        (
            "Who spoke?",
            "It was opened by Envoy to France Ann Lee, Bob Ray and Cy Dunn.",
            "Bob Ray",
            "Envoy to France Ann Lee, Bob Ray and Cy Dunn",
        ),
        ("Name the cities", "Cities:\n- Hanoi\n- Da Nang\n- Hue", "Da Nang", None),
    ],
)
def test_items_are_taken_whole(question: str, text: str, span: str, whole: str | None) -> None:
    expected = "Hanoi\n- Da Nang\n- Hue" if whole is None else whole
    assert answer(question, text, span) == expected


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Hanoi hosted the show, and Hue sent a choir.", "Hanoi"),
        ("They visited Hanoi, and Hue hosted the show.", "Hue"),
        ("They visited Hanoi and returned to Hue, where it rained.", "Hanoi"),
        ("They stayed in Malibu, California.", "Malibu"),
        ("In Vietnam, Hue was shown, but Vinh was not.", "Hue"),
        ("Hue, which lies on a river, and its harbour were shown.", "harbour"),
        ("The fleet reached Cork on March 12, 2025.", "Cork"),
        ("They liked Hanoi; Hue and Vinh slept.", "Hanoi"),
        ("They liked Hanoi, and Hue and Vinh slept.", "Hanoi"),
        ("They visited Hanoi and Hue hosted them.", "Hanoi"),
        ("Hue was flooded and Vinh burnt.", "Hue was flooded"),
        ("They saw Hue and Vinh and the others slept.", "Hue and Vinh"),
        ("They saw Hanoi in rain and fog.", "Hanoi"),
        ("They sold 40 tons and boats.", "40 tons"),
        ("They praised Hanoi and this was noted.", "Hanoi"),
    ],
)
def test_what_is_no_enumeration_is_left_alone(text: str, span: str) -> None:
    assert answer("Which cities are named?", text, span) == span


def test_introductory_phrase_is_no_item() -> None:
    text = "In the Netherlands, Breda, Delft and Gouda were visited."
    assert answer("Which towns were visited?", text, "Delft") == "Breda, Delft and Gouda"


def test_brackets_bound_an_enumeration() -> None:
    text = "Three ships (the Aurora, the Bell and the Comet) sailed, and Bergen waited."
    assert answer("Which ships sailed?", text, "the Bell") == "the Aurora, the Bell and the Comet"


def test_stated_number_of_things_is_a_limit() -> None:
    text = "They met Ann Lee, Bob Ray and Cy Dunn."
    assert answer("What three people did they meet?", text, "Bob Ray") == text[9:-1]
    assert answer("What two people did they meet?", text, "Bob Ray") == "Bob Ray"


def test_span_outside_its_sentence_is_refused() -> None:
    assert coordination("A and B. C and D.", (9, 10), (0, 8)) is None


TEXT = "The board chose three cities:\n\nHanoi\n\nDa Nang, in the centre\n\nHue\n\nIt then rose."
LINES = [marked(TEXT, line) for line in TEXT.split("\n\n")]


@pytest.mark.parametrize("chosen", [0, 1, 2, 3])
def test_lines_of_a_list_belong_together(chosen: int) -> None:
    assert listed_lines(TEXT, LINES[:4], chosen, "Which cities were chosen?") == (1, 3)


def test_bullets_and_numbers_make_a_list_without_a_colon() -> None:
    text = "1. Open the lid.\n2. Pour the water.\n3. Wait."
    lines = [marked(text, line) for line in text.split("\n")]
    assert listed_lines(text, lines, 1, "What are the steps?") == (0, 2)


@pytest.mark.parametrize(
    ("chosen", "question"), [(1, "Which city was chosen first?"), (4, "Which cities were chosen?")]
)
def test_lines_are_left_alone(chosen: int, question: str) -> None:
    assert listed_lines(TEXT, LINES, chosen, question) is None


def test_single_line_is_no_list() -> None:
    assert listed_lines(TEXT, LINES[:2], 1, "Which cities were chosen?") is None


def test_paragraphs_of_prose_are_no_list() -> None:
    text = "Ann Lee spoke.\n\nBob Ray listened to her.\n\nCy Dunn left."
    sentences = [marked(text, line) for line in text.split("\n\n")]
    assert listed_lines(text, sentences, 1, "Who were the speakers?") is None


@pytest.mark.parametrize("span", [(9, 14), (9 + 7 * 10_000, 14 + 7 * 10_000)])
def test_long_enumeration_is_read_in_linear_time(span: tuple[int, int]) -> None:
    text = "They saw " + "Hanoi, " * 20_000 + "and Hue."
    begun = time.process_time()
    found = whole_list(text, "Which cities did they see?", span, (0, len(text)))
    assert found == (9, len(text) - 1)
    assert time.process_time() - begun < 2.0


def test_enumeration_without_and_must_be_announced() -> None:
    question = "Which colours are used?"
    assert answer(question, "Three colours: red, blue, green.", "blue") == "red, blue, green"
    assert answer(question, "Paint it red, blue, green.", "blue") == "blue"
