"""Positions and wordings compared."""

import pytest

from eval.spans import contains, exact_match, normalise, overlaps_half, token_f1


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 10), (0, 10), True),
        ((0, 10), (5, 15), True),  # 5 of 10
        ((0, 10), (6, 16), False),  # 4 of 10
        ((0, 100), (90, 110), True),  # 10 of the shorter 20
        ((0, 100), (91, 111), False),  # 9 of the shorter 20
        ((0, 10), (10, 20), False),  # touching shares nothing
        ((0, 10), (5, 5), False),  # an empty span meets nothing
    ],
)
def test_half_of_the_shorter_span_must_be_shared(
    a: tuple[int, int], b: tuple[int, int], expected: bool
) -> None:
    assert overlaps_half(a, b) is expected
    assert overlaps_half(b, a) is expected


def test_a_span_contains_itself_but_nothing_that_sticks_out() -> None:
    assert contains((3, 9), (3, 9))
    assert contains((3, 9), (4, 5))
    assert not contains((3, 9), (2, 5))
    assert not contains((3, 9), (8, 10))


def test_case_punctuation_articles_and_spaces_do_not_count() -> None:
    assert normalise("  The U.S.   Navy's a-team, an Answer!") == "us navys ateam answer"
    assert normalise("theatre") == "theatre"


def test_exact_match_with_any_accepted_answer() -> None:
    assert exact_match("the Ada Moreau.", ["keeper", "Ada Moreau"]) == 1
    assert exact_match("Ada", ["Ada Moreau"]) == 0
    assert exact_match("Ada", []) == 0


@pytest.mark.parametrize(
    ("prediction", "answers", "expected"),
    [
        # 2 shared words of 4 said and 2 wanted: 2 * 2 / 6.
        ("keeper was Ada Moreau", ["Ada Moreau"], 2 * 2 / 6),
        # The better of both answers: 1 of 1 and 2: 2 * 1 / 3, against 0.
        ("Ada", ["lighthouse", "Ada Moreau"], 2 / 3),
        # A word said twice is shared once: 2 * 1 / (2 + 1).
        ("Ada Ada", ["Ada"], 2 / 3),
        ("", ["Ada"], 0.0),
        ("the", ["an"], 1.0),  # both empty once articles are gone
        ("Ada", [], 0.0),
    ],
)
def test_token_f1_counts_shared_words(prediction: str, answers: list[str], expected: float) -> None:
    assert token_f1(prediction, answers) == pytest.approx(expected)
