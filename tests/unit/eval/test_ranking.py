"""ir_measures under our names, against a table worked out by hand."""

from math import log2

import pytest

from eval.ranking import MEASURES, first_of_each, measure

# question  ranking           relevant        worked out
# one       a b c d           b (1)           first right at rank 2
# two       a b c d           a, d, x (1)     ranks 1 and 4, x never found
# graded    a b               a (1), b (2)    the better one second
# lost      c                 x (1)           nothing found
# silent    (no ranking)      x (1)           nothing came back
RANKINGS = {
    "one": ["a", "b", "c", "d"],
    "two": ["a", "b", "c", "d"],
    "graded": ["a", "b"],
    "lost": ["c"],
    "silent": [],
}
RELEVANT = {
    "one": {"b": 1},
    "two": {"a": 1, "d": 1, "x": 1},
    "graded": {"a": 1, "b": 2},
    "lost": {"x": 1},
    "silent": {"x": 1},
}
EXPECTED = {
    "one": {"p@1": 0, "recall@1": 0, "recall@3": 1, "recall@5": 1, "recall@10": 1,
            "mrr": 1 / 2, "ndcg@10": (1 / log2(3)) / 1},
    # Ideal: three relevant at ranks 1 to 3.
    "two": {"p@1": 1, "recall@1": 1 / 3, "recall@3": 1 / 3, "recall@5": 2 / 3,
            "recall@10": 2 / 3, "mrr": 1,
            "ndcg@10": (1 + 1 / log2(5)) / (1 + 1 / log2(3) + 1 / log2(4))},
    # Gains 1 at rank 1 and 2 at rank 2; ideal 2 at rank 1 and 1 at rank 2.
    "graded": {"p@1": 1, "recall@1": 1 / 2, "recall@3": 1, "recall@5": 1, "recall@10": 1,
               "mrr": 1, "ndcg@10": (1 + 2 / log2(3)) / (2 + 1 / log2(3))},
    "lost": dict.fromkeys(MEASURES, 0),
    "silent": dict.fromkeys(MEASURES, 0),
}  # fmt: skip


def test_every_measure_equals_the_table() -> None:
    found = measure(RANKINGS, RELEVANT)
    assert found.keys() == EXPECTED.keys()
    for name, values in EXPECTED.items():
        assert found[name] == pytest.approx(values, abs=1e-6), name


def test_a_question_with_nothing_relevant_has_no_value() -> None:
    assert measure({"q": ["a"]}, {"q": {}, "none": {"a": 0}}) == {}


def test_questions_that_all_got_nothing_score_zero() -> None:
    assert measure({}, {"q": {"a": 1}}) == {"q": dict.fromkeys(MEASURES, 0)}


def test_the_order_of_names_does_not_break_ties() -> None:
    assert measure({"q": ["z", "a"]}, {"q": {"z": 1}})["q"]["p@1"] == 1
    assert measure({"q": ["a", "z"]}, {"q": {"a": 1}})["q"]["p@1"] == 1


def test_only_the_first_ten_count_for_ndcg() -> None:
    ranking = [str(i) for i in range(11)]
    assert measure({"q": ranking}, {"q": {"10": 1}})["q"]["ndcg@10"] == 0
    assert measure({"q": ranking}, {"q": {"9": 1}})["q"]["ndcg@10"] == pytest.approx(1 / log2(11))


def test_items_keep_their_best_rank_and_ignored_ones_drop_out() -> None:
    assert first_of_each(["b", "a", "b", "c"], frozenset({"a"})) == ["b", "c"]
