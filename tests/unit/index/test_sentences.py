"""Sentences: exact offsets, abbreviations, other scripts, linear time."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import split_sentences


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Ngo met Mr. Giang. They spoke.", ["Dr. Ngo met Mr. Giang.", "They spoke."]),
        ("He lives in the U.S. The film is old.", ["He lives in the U.S.", "The film is old."]),
        ("J. K. Rowling wrote it.", ["J. K. Rowling wrote it."]),
        ("Industry 4.0 is here. It costs 3.5 m.", ["Industry 4.0 is here.", "It costs 3.5 m."]),
        ('"Did he?" she said. "No."', ['"Did he?" she said.', '"No."']),
        ("A film park./.", ["A film park./."]),
        ("Prices rose to 3 . They fell .", ["Prices rose to 3 .", "They fell ."]),
        ("これは本です。あれは？はい", ["これは本です。", "あれは？", "はい"]),
        ("Bà Lan phát biểu. Ông Giang đáp.", ["Bà Lan phát biểu.", "Ông Giang đáp."]),
        ("1. Open the lid. 2. Look.", ["1. Open the lid.", "2. Look."]),
        ("a wrapped\nline goes on. Next", ["a wrapped\nline goes on.", "Next"]),
        ("Heading\n\nText here.", ["Heading", "Text here."]),
        ("", []),
        ("I am here to . . . submit. Gladly.", ["I am here to . . . submit.", "Gladly."]),
        ("He paused . . . Then he spoke.", ["He paused . . .", "Then he spoke."]),
        ("It ends. .NET goes on.", ["It ends.", ".NET goes on."]),
        ("  \n\n ", []),
    ],
)
def test_a_text_is_split_where_its_sentences_end(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@given(st.text(alphabet=st.sampled_from("aB1 .!?\n\"'()。éđ😀,;-"), max_size=200))
def test_spans_are_ordered_and_cover_every_character_that_is_not_blank(text: str) -> None:
    spans = split_sentences(text)
    covered = "".join(text[s:e] for s, e in spans)
    assert all(s < e for s, e in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert "".join(covered.split()) == "".join(text.split())


@pytest.mark.parametrize(
    "piece", ["a" * 50, ". ", "Mr. ", "A.", '." ', "?!", "\n", "1. ", "( ", "x.y ", "'' ", "。"]
)
def test_twice_the_text_takes_about_twice_the_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        best = 9.0
        for _ in range(3):
            begun = time.perf_counter()
            split_sentences(text)
            best = min(best, time.perf_counter() - begun)
        return best

    small, large = seconds(100_000), seconds(400_000)
    # Four times the text: a quadratic splitter would take sixteen times as long.
    assert large < 10 * small + 0.05
