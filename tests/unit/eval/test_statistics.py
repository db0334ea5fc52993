"""Intervals: repeatable, by family, and covering the truth about as often as they say."""

from functools import partial

import numpy as np
import pytest

from eval import metrics
from eval.statistics import Estimate, estimate, resample_weights, wilson


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    groups = [str(i) for i in range(30)]
    first = resample_weights(groups, 100, seed=7)
    assert np.array_equal(first, resample_weights(groups, 100, seed=7))
    assert not np.array_equal(first, resample_weights(groups, 100, seed=8))


def test_every_resample_draws_as_many_groups_as_there_are() -> None:
    weights = resample_weights(["a", "b", "c", "d"], 200)
    assert weights.shape == (200, 4)
    assert (weights.sum(axis=1) == 4).all()


def test_questions_of_a_family_are_drawn_together() -> None:
    weights = resample_weights(["a", "b", "a", "c", "b"], 200)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert np.array_equal(weights[:, 1], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert not np.array_equal(weights[:, 0], weights[:, 1])


def test_a_figure_and_its_interval_are_those_of_the_resamples() -> None:
    values = np.asarray([1.0, 0.0, 1.0])
    # Means of the resamples: 1, 0, 1/3, 2/3, 1: the middle 95 % of five values lies just inside.
    weights = np.asarray([[3, 0, 0], [0, 3, 0], [1, 2, 0], [1, 1, 1], [0, 0, 3]], np.float64)
    found = estimate(partial(metrics.mean, values=values), weights)
    assert found.value == pytest.approx(2 / 3)
    # Type 7 quantiles of 0, 1/3, 2/3, 1, 1 at .025 and .975: positions 0.1 and 3.9.
    assert found.low == pytest.approx(0.1 / 3)
    assert found.high == pytest.approx(1.0)


def test_resamples_where_a_figure_is_undefined_are_left_out() -> None:
    scores, positive = np.asarray([0.9, 0.1]), np.asarray([True, False])
    weights = np.asarray([[2, 0], [0, 2], [1, 1]], dtype=np.float64)
    assert estimate(lambda w: metrics.auroc(w, scores, positive), weights) == Estimate(1, 1, 1)


def test_nothing_has_no_figure_and_no_interval() -> None:
    nothing = Estimate(None, None, None)
    assert estimate(partial(metrics.mean, values=np.zeros(0)), resample_weights([])) == nothing
    unknown = np.asarray([np.nan, np.nan])
    assert estimate(partial(metrics.mean, values=unknown), resample_weights("ab")) == nothing


def test_memory_is_bounded_without_changing_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    statistic = partial(metrics.mean, values=np.arange(20, dtype=np.float64))
    weights = resample_weights([str(i) for i in range(20)], 300)
    whole = estimate(statistic, weights)
    monkeypatch.setattr("eval.statistics._CHUNK", 50)
    assert estimate(statistic, weights) == whole


def test_intervals_cover_the_truth_about_95_times_in_100() -> None:
    # 300 samples of 80 questions of which 70 % are right in truth. At a true rate of .94 a
    # result outside .90 to .98 has a chance under 1 %; the seed is fixed all the same.
    generator = np.random.default_rng(3)
    weights = resample_weights([str(i) for i in range(80)], 1000, seed=1)
    covered = 0
    for _ in range(300):
        values = (generator.random(80) < 0.7).astype(np.float64)
        found = estimate(partial(metrics.mean, values=values), weights)
        assert found.low is not None and found.high is not None
        covered += found.low <= 0.7 <= found.high
    assert 0.90 <= covered / 300 <= 0.98


def test_intervals_of_families_are_wider_than_of_single_questions() -> None:
    # Ten families of ten, each wholly right or wrong: only ten independent questions.
    values = np.repeat([1.0, 0.0] * 5, 10)
    statistic = partial(metrics.mean, values=values)
    families = estimate(statistic, resample_weights([str(i // 10) for i in range(100)]))
    single = estimate(statistic, resample_weights([str(i) for i in range(100)]))
    assert families.low is not None and single.low is not None
    # Standard errors .5 / sqrt(10) = .158 and .5 / sqrt(100) = .05.
    assert 0.5 - families.low == pytest.approx(1.96 * 0.158, abs=0.06)
    assert 0.5 - single.low == pytest.approx(1.96 * 0.05, abs=0.03)


@pytest.mark.parametrize(
    ("share", "n", "expected"),
    [
        # Half of ten: (.5 + .1921) / 1.3841 = .5; half width 1.96 / 1.3841 * sqrt(.025 + .0096).
        (0.5, 10, (0.2366, 0.7634)),
        (1.0, 10, (0.7225, 1.0)),  # 1 / (1 + 3.8415 / 10)
        (0.0, 10, (0.0, 0.2775)),
        (0.0, 0, (0.0, 1.0)),
    ],
)
def test_wilson_interval(share: float, n: int, expected: tuple[float, float]) -> None:
    assert wilson(share, n) == pytest.approx(expected, abs=5e-5)
