"""From outcomes to figures: which questions each one rests on."""

import pytest

from eval.figures import NAMES, figures_of
from eval.judging import Outcome, judge
from tests.unit.eval.builders import question, quoted, reply, unanswerable


def right(id: str, probability: float = 0.9, answered: bool = True) -> Outcome:
    return judge(question(id), reply(quoted(), probability=probability, answered=answered), (), 10)


def wrong(id: str, probability: float = 0.9, answered: bool = True) -> Outcome:
    return judge(
        question(id), reply(quoted("other"), probability=probability, answered=answered), (), 20
    )


def off(id: str, probability: float = 0.1, answered: bool = False) -> Outcome:
    return judge(
        unanswerable(id), reply(quoted(), probability=probability, answered=answered), (), 30
    )


def test_figures_of_a_small_run_are_those_worked_out_by_hand() -> None:
    outcomes = [right("a", 0.9), right("b", 0.4, answered=False), wrong("c", 0.7), off("d", 0.2),
                off("e", 0.8, answered=True)]  # fmt: skip
    found = {name: f.value for name, f in figures_of(outcomes).items()}
    assert found["passage@1"] == pytest.approx(2 / 3)
    assert found["answered"] == pytest.approx(2 / 3)
    assert found["answered_right"] == pytest.approx(1 / 3)
    assert found["refused"] == pytest.approx(1 / 2)
    assert found["answered_accuracy"] == pytest.approx(1 / 3)  # of a, c, e
    # Answerable .9 .4 .7 against .2 .8: won 2 + 1 + 1 of 6.
    assert found["auroc_answerable"] == pytest.approx(4 / 6)
    # Right .9 .4 against .7 .2 .8: won 3 + 1 of 6.
    assert found["auroc_right"] == pytest.approx(4 / 6)
    # Squares: .01, .36, .49, .04, .64.
    assert found["brier"] == pytest.approx(1.54 / 5)
    # Each in a bin of its own: .1 + .6 + .7 + .2 + .8.
    assert found["ece"] == pytest.approx(2.4 / 5)
    # Surest first: .9 right, .8 wrong, .7 wrong, .4 right, .2 wrong.
    assert found["aurc"] == pytest.approx((0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5)
    # Of 10 10 20 30 30: the third, and the fifth.
    assert (found["latency_p50_ms"], found["latency_p95_ms"]) == (20, 30)


def test_every_figure_tells_on_how_many_questions_it_rests() -> None:
    found = figures_of([right("a"), wrong("b"), off("c"), off("d"), off("e")])
    counts = {n: found[n].n for n in ("passage@1", "refused", "answered_accuracy", "ece",
                                      "auroc_answerable", "latency_p50_ms", "span_f1")}  # fmt: skip
    assert counts == {"passage@1": 2, "refused": 3, "answered_accuracy": 2, "ece": 5,
                      "auroc_answerable": 5, "latency_p50_ms": 5, "span_f1": 0}  # fmt: skip


def test_without_unanswerable_questions_refusals_are_not_measured() -> None:
    found = figures_of([right("a"), wrong("b")])
    assert found["refused"].value is None and found["auroc_answerable"].value is None
    assert found["auroc_right"].value == 0.5


def test_when_none_is_answered_the_accuracy_of_answers_is_not_measured() -> None:
    found = figures_of([right("a", answered=False), off("b")])
    assert found["answered_accuracy"].value is None
    assert found["answered"].value == 0


def test_when_all_are_wrong_the_figures_are_at_their_worst() -> None:
    found = figures_of([wrong("a", 1.0), off("b", 1.0, answered=True)])
    values = [found[n].value for n in ("passage@1", "answered_accuracy", "refused")]
    assert values == [0, 0, 0]
    assert [found[n].value for n in ("ece", "brier", "aurc")] == [1, 1, 1]
    assert found["auroc_right"].value is None


def test_a_question_that_failed_counts_for_answers_but_not_for_confidence_or_latency() -> None:
    failed = judge(question("f"), None, (), 99.0, "it broke")
    found = figures_of([right("a"), failed])
    assert found["answered"].value == 0.5
    assert (found["ece"].n, found["latency_p50_ms"].value) == (1, 10)


def test_intervals_hold_their_figure_and_are_the_same_for_the_same_seed() -> None:
    outcomes = [right(f"r{i}") for i in range(30)] + [wrong(f"w{i}") for i in range(10)]
    first, again = figures_of(outcomes, seed=4), figures_of(outcomes, seed=4)
    assert first == again
    f = first["passage@1"]
    assert f.low is not None and f.high is not None
    # Standard error sqrt(.75 * .25 / 40) = .068.
    assert f.value == 0.75
    assert f.low == pytest.approx(0.75 - 1.96 * 0.068, abs=0.04)
    assert f.high == pytest.approx(0.75 + 1.96 * 0.068, abs=0.04)
    assert figures_of(outcomes, seed=5) != first


def test_no_outcomes_have_every_figure_unmeasured() -> None:
    found = figures_of([])
    assert found.keys() == NAMES.keys()
    assert {f.value for f in found.values()} == {None}


def test_ten_right_of_ten_do_not_prove_that_all_are() -> None:
    outcomes = [right(f"r{i}") for i in range(10)]
    found = figures_of(outcomes)["passage@1"]
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.7225, abs=5e-5)  # Wilson's, for ten families
    same = [judge(question(f"r{i}", family="one"), reply(quoted()), (), 10) for i in range(10)]
    assert figures_of(same)["passage@1"].low == pytest.approx(0.2065, abs=5e-5)  # for one
    assert figures_of(outcomes)["marked_sentences"].low == 1  # a count, not a share
