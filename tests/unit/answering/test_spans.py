"""The best run of words, with logits written by hand."""

from typing import Any

import numpy as np

from service.spans import best_span

NONE = -9.0


def logits(length: int, **at: float) -> Any:
    """``length`` low logits but for ``t<position>=value``."""
    values = np.full(length, NONE, dtype=np.float32)
    for name, value in at.items():
        values[int(name[1:])] = value
    return values


def test_span_of_the_highest_sum_is_best() -> None:
    starts, ends = logits(8, t3=5, t5=4), logits(8, t3=1, t4=2, t6=6)
    assert best_span(starts, ends, 2, 8) == (11.0, 3, 6)


def test_span_never_ends_before_it_begins() -> None:
    starts, ends = logits(8, t6=5), logits(8, t2=9, t7=1)
    assert best_span(starts, ends, 2, 8) == (6.0, 6, 7)


def test_span_lies_inside_the_passage() -> None:
    starts, ends = logits(8, t0=9, t3=2), logits(8, t0=9, t4=1, t7=9)
    assert best_span(starts, ends, 2, 7) == (3.0, 3, 4)


def test_span_has_at_most_thirty_tokens() -> None:
    starts, ends = logits(60, t5=5), logits(60, t34=1, t35=9)
    assert best_span(starts, ends, 2, 60) == (6.0, 5, 34)


def test_earliest_and_shortest_of_equal_spans_is_best() -> None:
    starts, ends = logits(8, t3=1, t5=1), logits(8, t4=1, t6=1)
    assert best_span(starts, ends, 2, 8) == (2.0, 3, 4)
