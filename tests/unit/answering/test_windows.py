"""Cutting passages into windows of whole sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.chunking import passages_of
from service.windows import runs, windows_of
from tests.fakes_answering import document, only_passage


def sentence(words: int) -> str:
    return "Rope " + "rope " * (words - 2) + "end."


def test_short_passage_is_one_window() -> None:
    passage = only_passage("One is short. Two is too.")
    (window,) = windows_of(passage, 80)
    assert window.text == passage.text
    assert [window.text[s:e] for s, e in window.sentences] == ["One is short.", "Two is too."]


@pytest.mark.parametrize(
    ("lengths", "longest", "expected"),
    [
        ([], 10, []),
        ([10], 10, [(0, 1)]),
        ([4, 4, 4], 10, [(0, 1), (1, 3)]),  # 4 is as far from 6 as 8 is not nearer
        ([5, 5, 5, 5], 10, [(0, 2), (2, 4)]),
        ([30], 10, [(0, 1)]),  # a sentence is never cut
        ([2, 30, 2], 20, [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_runs_are_of_about_equal_length(
    lengths: list[int], longest: int, expected: list[tuple[int, int]]
) -> None:
    found = runs(lengths, longest)
    if lengths == [4, 4, 4]:
        assert found in ([(0, 1), (1, 3)], [(0, 2), (2, 3)])
    else:
        assert found == expected


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.integers(5, 80))
def test_runs_hold_each_sentence_once_and_never_too_many_words(
    lengths: list[int], longest: int
) -> None:
    found = runs(lengths, longest)
    assert [n for first, end in found for n in range(first, end)] == list(range(len(lengths)))
    for first, end in found:
        assert end > first
        assert end - first == 1 or sum(lengths[first:end]) <= longest


def test_windows_of_a_later_passage_are_cut_from_its_own_text() -> None:
    first = sentence(70)
    *_, last = passages_of(document("d", first, f"{sentence(60)} {sentence(50)}"))
    assert last.start > 0
    windows = windows_of(last, 80)
    assert [w.text for w in windows] == [sentence(60), sentence(50)]
    text = f"{first}\n\n{last.text}"
    assert [text[w.start : w.start + len(w.text)] for w in windows] == [w.text for w in windows]
