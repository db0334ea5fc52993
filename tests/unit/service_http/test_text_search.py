import time

import pytest

from service.text_search import find_words, snippet


def found(text: str, words: str) -> list[str]:
    return [text[start:end] for start, end in find_words(text, words)]


@pytest.mark.parametrize(
    ("text", "words", "places"),
    [
        ("Hà  Nội, hà\nnội, HA NOI; Hanoi", "ha noi", ["Hà  Nội", "hà\nnội", "HA NOI"]),
        ("Đại học đại", "dai", ["Đại", "đại"]),
        ("Ha\u0300 No\u0323\u0302i", "Hà Nội", ["Ha\u0300 No\u0323\u0302i"]),
        ("cost (net) 3.5 or 3x5", "3.5", ["3.5"]),
        ("cost (net)", "(net", ["(net"]),
        ("the river and the lake", "lake river", ["river", "lake"]),
        ("nothing of it", "zebra", []),
        ("anything", "   ", []),
        ("anything", "", []),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(
    text: str, words: str, places: list[str]
) -> None:
    assert found(text, words) == places


def test_no_more_places_than_asked_for() -> None:
    assert find_words("aaaa", "a", limit=2) == [(0, 1), (1, 2)]


def test_the_worst_text_takes_no_more_than_its_length_times_that_of_the_words() -> None:
    begun = time.perf_counter()
    assert find_words("a" * 50_000 + "b", "a" * 99 + "c") == []
    assert find_words("a\u0300" * 25_000, "a" * 90 + "b") == []
    assert time.perf_counter() - begun < 5


def test_a_snippet_is_cut_between_words_and_stands_in_one_line() -> None:
    text = "one two three\nfour five six seven"
    start = text.index("four")
    assert snippet(text, start, start + 4, around=8) == ("… three ", "four", " five …")
    parts = "Title here\n\nfirst words and so on\n\nnext"
    at = parts.index("words")
    assert snippet(parts, at, at + 5) == ("first ", "words", " and so on")
    assert snippet("alone", 0, 5) == ("", "alone", "")
