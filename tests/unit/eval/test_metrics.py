"""Every figure against values worked out by hand, and against slow, plain oracles."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval import metrics

NAN = math.nan


def once(*values: float) -> np.ndarray:
    """One resample in which every question counts once."""
    return np.ones((1, len(values)))


def array(*values: float) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)


def flags(text: str) -> np.ndarray:
    return np.asarray([c == "1" for c in text])


def test_mean_leaves_out_what_it_does_not_concern_and_keeps_zeros() -> None:
    values = array(1, 0, NAN, 0.5)
    assert metrics.mean(once(*values), values)[0] == pytest.approx(0.5)  # (1 + 0 + .5) / 3


def test_mean_weighs_questions_by_how_often_they_were_drawn() -> None:
    weights = array(3, 1, 5, 0)[None]
    assert metrics.mean(weights, array(1, 0, NAN, 0.5))[0] == pytest.approx(0.75)  # 3 / 4


def test_mean_of_no_concerned_question_is_undefined() -> None:
    assert math.isnan(metrics.mean(once(1, 2), array(NAN, NAN))[0])


@pytest.mark.parametrize(
    ("q", "expected"),
    [(0.5, 20.0), (0.75, 30.0), (0.95, 40.0), (0.25, 10.0)],  # 2nd, 3rd, 4th, 1st of four
)
def test_quantile_is_the_value_that_enough_questions_do_not_exceed(
    q: float, expected: float
) -> None:
    values = array(40, 10, 30, 20)
    assert metrics.quantile(once(*values), values, q)[0] == expected


def test_quantile_of_resamples_skips_questions_that_were_not_drawn() -> None:
    # Drawn: 10, 20, 20, 20, so half of them do not exceed 20 and 95 % neither.
    weights = array(0, 1, 0, 3)[None]
    values = array(40, 10, 30, 20)
    assert metrics.quantile(weights, values, 0.95)[0] == 20
    assert metrics.quantile(weights, values, 0.25)[0] == 10


def test_quantile_of_nothing_is_undefined() -> None:
    assert math.isnan(metrics.quantile(np.zeros((1, 2)), array(1, 2), 0.5)[0])
    assert math.isnan(metrics.quantile(once(1), array(NAN), 0.5)[0])


def test_auroc_counts_pairs_and_a_tie_as_half() -> None:
    # positives .9 .6 .4, negatives .6 .2: pairs won .9>.6 .9>.2 .6>.2 .4>.2 = 4,
    # tied .6=.6 = 1/2, lost .4<.6; 4.5 of 6.
    scores = array(0.9, 0.6, 0.4, 0.6, 0.2)
    assert metrics.auroc(once(*scores), scores, flags("11100"))[0] == pytest.approx(0.75)


def test_auroc_of_all_ties_is_a_half_whatever_the_order() -> None:
    scores = array(0.3, 0.3, 0.3, 0.3)
    assert metrics.auroc(once(*scores), scores, flags("1100"))[0] == 0.5
    assert metrics.auroc(once(*scores), scores, flags("0011"))[0] == 0.5


@pytest.mark.parametrize("labels", ["11", "00", ""])
def test_auroc_needs_both_kinds(labels: str) -> None:
    scores = array(*[0.5] * len(labels))
    assert math.isnan(metrics.auroc(once(*scores), scores, flags(labels))[0])


def test_calibration_error_averages_the_gaps_of_equal_bins() -> None:
    # Two bins of two: (.1 + .3)/2 = .2 promised, 1 of 2 right: gap .3;
    # (.7 + .9)/2 = .8 promised, 2 of 2 right: gap .2. Mean of both: .25.
    p = array(0.9, 0.1, 0.7, 0.3)
    assert metrics.calibration_error(once(*p), p, flags("1011"), bins=2)[0] == pytest.approx(0.25)


def test_calibration_error_keeps_equal_probabilities_in_one_bin() -> None:
    # Split anywhere else the bins would be (.5 right, .5 wrong), and the gaps .5 each. Together:
    # .5 promised, half right: 0.
    p = array(0.5, 0.5, 0.5, 0.5)
    for labels in ("1100", "0011", "1010"):
        assert metrics.calibration_error(once(*p), p, flags(labels), bins=2)[0] == 0


def test_calibration_error_of_one_wrong_certainty_is_one() -> None:
    assert metrics.calibration_error(once(1), array(1.0), flags("0"))[0] == 1


def test_calibration_error_of_nothing_is_undefined() -> None:
    assert math.isnan(metrics.calibration_error(np.ones((1, 0)), array(), flags(""))[0])


def test_reliability_bins_are_those_of_the_calibration_error() -> None:
    p, right = array(0.9, 0.1, 0.7, 0.3), flags("1011")
    bins = metrics.reliability_bins(p, right, bins=2)
    assert [(b.n, b.right) for b in bins] == [(2, 0.5), (2, 1.0)]
    assert [b.probability for b in bins] == pytest.approx([0.2, 0.8])
    assert metrics.reliability_bins(array(), flags("")) == ()


def test_area_under_risk_coverage_is_the_mean_of_the_selective_risks() -> None:
    # Surest first: right, wrong, right, wrong. Risks of the first 1..4: 0, 1/2, 1/3, 2/4.
    scores = array(0.9, 0.8, 0.7, 0.6)
    expected = (0 + 1 / 2 + 1 / 3 + 1 / 2) / 4
    assert metrics.area_under_risk_coverage(once(*scores), scores, flags("1010"))[
        0
    ] == pytest.approx(expected)


def test_area_under_risk_coverage_spreads_the_errors_of_equal_scores() -> None:
    # The first is sure and right. The other two tie, one wrong: half an error each.
    # Risks: 0, .5/2, 1/3.
    scores = array(0.9, 0.5, 0.5)
    for labels in ("110", "101"):
        found = metrics.area_under_risk_coverage(once(*scores), scores, flags(labels))[0]
        assert found == pytest.approx((0 + 0.25 + 1 / 3) / 3)


@pytest.mark.parametrize(("labels", "expected"), [("000", 1.0), ("111", 0.0)])
def test_area_under_risk_coverage_at_its_ends(labels: str, expected: float) -> None:
    scores = array(0.3, 0.2, 0.1)
    assert metrics.area_under_risk_coverage(once(*scores), scores, flags(labels))[0] == expected


def test_risk_coverage_curve_has_a_point_for_each_threshold() -> None:
    curve = metrics.risk_coverage_curve(array(0.9, 0.5, 0.5, 0.1), flags("1011"))
    assert [(p.threshold, p.coverage, p.risk) for p in curve] == [
        (0.9, 0.25, 0.0),
        (0.5, 0.75, pytest.approx(1 / 3)),
        (0.1, 1.0, 0.25),
    ]
    assert metrics.risk_coverage_curve(array(), flags("")) == ()


# Few different scores, so that ties are common.
answers = st.lists(
    st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.9]), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


@given(answers)
@settings(deadline=None, max_examples=60)
def test_weights_mean_the_same_as_repeated_questions(
    rows: list[tuple[float, bool, int]],
) -> None:
    scores = array(*[s for s, _, _ in rows])
    right = np.asarray([r for _, r, _ in rows])
    counts = np.asarray([c for _, _, c in rows])
    again, right_again = np.repeat(scores, counts), np.repeat(right, counts)
    weights, ones = counts[None].astype(np.float64), np.ones((1, len(again)))
    for figure in (metrics.auroc, metrics.calibration_error, metrics.area_under_risk_coverage):
        weighted, repeated = figure(weights, scores, right), figure(ones, again, right_again)
        np.testing.assert_allclose(weighted, repeated)


@given(answers)
@settings(deadline=None, max_examples=60)
def test_auroc_equals_a_count_over_all_pairs(rows: list[tuple[float, bool, int]]) -> None:
    scores = array(*[s for s, _, _ in rows])
    right = np.asarray([r for _, r, _ in rows])
    pairs = list(itertools.product(scores[right], scores[~right]))
    won = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs]
    found = metrics.auroc(np.ones((1, len(rows))), scores, right)[0]
    assert math.isnan(found) if not won else found == pytest.approx(sum(won) / len(won))


@given(answers)
@settings(deadline=None, max_examples=60)
def test_area_under_risk_coverage_equals_the_mean_over_orders_of_ties(
    rows: list[tuple[float, bool, int]],
) -> None:
    rows = rows[:5]
    scores = array(*[s for s, _, _ in rows])
    right = np.asarray([r for _, r, _ in rows])
    areas = []
    for order in itertools.permutations(range(len(rows))):
        taken = list(order)
        if any(scores[a] < scores[b] for a, b in itertools.pairwise(taken)):
            continue
        risks = np.cumsum(~right[taken]) / np.arange(1, len(rows) + 1)
        areas.append(risks.mean())
    found = metrics.area_under_risk_coverage(np.ones((1, len(rows))), scores, right)[0]
    assert found == pytest.approx(float(np.mean(areas)))
