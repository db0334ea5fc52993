"""Fitting the calibration: by hand where it can be, and on evidence made to be found out."""

import numpy as np
import pytest

from eval.calibrate import SIGNS, Sample, fit, logistic, threshold_for
from service.evidence import FEATURES

EVEN = np.ones(6)


def test_threshold_is_the_lowest_that_keeps_to_the_risk() -> None:
    predicted = np.asarray([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    right = np.asarray([True, True, True, False, True, False])
    # From .4: 2 of 6 wrong; from .41: 1 of 5; from .51: 1 of 4; from .61: none.
    assert threshold_for(0.34, predicted, right, EVEN) == 0.05
    assert threshold_for(0.2, predicted, right, EVEN) == 0.41
    assert threshold_for(0.19, predicted, right, EVEN) == 0.61


def test_threshold_counts_each_question_by_its_weight() -> None:
    predicted = np.asarray([0.9, 0.5])
    right = np.asarray([True, False])
    assert threshold_for(0.25, predicted, right, np.asarray([3.0, 1.0])) == 0.05
    assert threshold_for(0.25, predicted, right, np.asarray([1.0, 1.0])) == 0.51


def test_risk_that_cannot_be_kept_to_shows_as_little_as_possible() -> None:
    predicted = np.asarray([0.9, 0.5])
    right = np.asarray([False, True])
    assert threshold_for(0.1, predicted, right, np.ones(2)) == pytest.approx(0.9)


def test_weights_keep_their_natural_direction_whatever_a_sample_says() -> None:
    rng = np.random.default_rng(0)
    evidence = rng.normal(size=(400, len(FEATURES)))
    # The sample says that every piece of evidence speaks the other way.
    against = np.asarray([-SIGNS[name] for name in FEATURES])
    right = evidence @ against + rng.normal(size=400) > 0
    _, weights = logistic(evidence, right, np.ones(400))
    assert weights == pytest.approx(np.zeros(len(FEATURES)), abs=1e-9)


def test_fit_finds_the_evidence_that_tells_and_says_so_on_questions_held_out() -> None:
    rng = np.random.default_rng(1)
    evidence = rng.normal(size=(500, len(FEATURES)))
    right = evidence[:, 0] * 2 + rng.normal(size=500) > 0
    families = tuple(str(n // 2) for n in range(500))
    report, values = fit([Sample("made up", evidence, right, families)], risk=0.1)
    weights = dict(zip(FEATURES, values["weights"], strict=True))
    assert max(weights, key=lambda name: abs(weights[name])) == FEATURES[0]
    assert "made up: 500 questions" in report[0]
    assert float(report[0].split("AUROC ")[1].split(",")[0]) > 0.9
    assert 0.05 <= values["threshold"] < 0.95
    assert "wrong" in report[-1]


def test_fit_on_noise_promises_nothing() -> None:
    rng = np.random.default_rng(2)
    evidence = rng.normal(size=(500, len(FEATURES)))
    right = rng.random(500) < 0.5
    families = tuple(str(n) for n in range(500))
    report, _ = fit([Sample("noise", evidence, right, families)], risk=0.1)
    assert abs(float(report[0].split("AUROC ")[1].split(",")[0]) - 0.5) < 0.1
