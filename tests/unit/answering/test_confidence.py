"""From evidence to a probability, by the formula and by hand."""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from index.errors import IndexMismatch
from service.confidence import (
    CALIBRATIONS,
    CROSS_ENCODER,
    Calibration,
    band,
    calibration_name,
)
from service.evidence import FEATURES
from tests.fakes_answering import calibration, evidence

NOWHERE = Path("no such index")
VALUES = {
    "reader": "some-reader",
    "features": list(FEATURES),
    "threshold": 0.55,
    "intercept": -0.5,
    "weights": [1.0] + [0.0] * (len(FEATURES) - 1),
    "means": [1.0] + [0.0] * (len(FEATURES) - 1),
    "scales": [2.0] + [1.0] * (len(FEATURES) - 1),
    "fitted_on": "a test",
}


def write(folder: Path, name: str, **changes: object) -> None:
    (folder / f"{name}.json").write_text(json.dumps(VALUES | changes), encoding="utf-8")


def test_probability_is_the_logistic_of_the_weighted_standardised_evidence() -> None:
    fitted = dataclasses.replace(
        calibration({"relevance": 0.5, "unknown": -2.0}, intercept=0.3),
        means=np.asarray([1.0 if name == "relevance" else 0.0 for name in FEATURES]),
        scales=np.asarray([2.0 if name == "relevance" else 0.5 for name in FEATURES]),
    )
    # 0.3 + 0.5 * (4 - 1) / 2 - 2 * 0.25 / 0.5 = 0.3 + 0.75 - 1 = 0.05
    probability = fitted.probability(evidence(relevance=4.0, unknown=0.25))
    assert probability == pytest.approx(1 / (1 + math.exp(-0.05)))


def test_without_evidence_the_intercept_decides() -> None:
    assert calibration({}, intercept=0.0).probability(evidence()) == 0.5
    assert calibration({}, intercept=math.log(3)).probability(evidence()) == pytest.approx(0.75)


def test_one_extreme_piece_of_evidence_counts_as_four_deviations() -> None:
    fitted = calibration({"relevance": 0.5, "margin": -1.0})
    assert fitted.probability(evidence(relevance=400.0)) == pytest.approx(1 / (1 + math.exp(-2)))
    assert fitted.probability(evidence(margin=400.0)) == pytest.approx(1 / (1 + math.exp(4)))


def test_probability_of_the_most_extreme_weights_is_still_a_number() -> None:
    huge = calibration({"relevance": 1e6})
    assert huge.probability(evidence(relevance=9.0)) == pytest.approx(1.0)
    assert huge.probability(evidence(relevance=-9.0)) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("probability", "name"),
    [
        (1.0, "high"), (0.8, "high"), (0.7999, "medium"), (0.6, "medium"), (0.5999, "low"),
        (0.0, "low"),
    ],
)  # fmt: skip
def test_bands_begin_at_eight_and_six_tenths(probability: float, name: str) -> None:
    assert band(probability) == name


def test_calibration_of_the_reader_is_loaded(tmp_path: Path) -> None:
    write(tmp_path, "some-reader")
    loaded = Calibration.for_readers("some-reader", None, NOWHERE, tmp_path)
    assert (loaded.reader, loaded.threshold) == ("some-reader", 0.55)
    # -0.5 + (3 - 1) / 2 = 0.5
    assert loaded.probability(evidence(relevance=3.0)) == pytest.approx(1 / (1 + math.exp(-0.5)))


def test_pair_of_readers_has_a_calibration_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "some-reader", threshold=0.1)
    write(tmp_path, "some-reader+spans", threshold=0.2)
    assert Calibration.for_readers("some-reader", None, NOWHERE, tmp_path).threshold == 0.1
    assert Calibration.for_readers("some-reader", "spans", NOWHERE, tmp_path).threshold == 0.2


def test_reader_without_a_calibration_takes_the_default_one(tmp_path: Path) -> None:
    write(tmp_path, CROSS_ENCODER, threshold=0.3)
    assert Calibration.for_readers("unheard-of", None, NOWHERE, tmp_path).threshold == 0.3


def test_calibration_kept_with_the_index_comes_before_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, "some-reader", threshold=0.1)
    (tmp_path / "calibration").mkdir()
    write(tmp_path / "calibration", "some-reader", threshold=0.9)
    assert Calibration.for_readers("some-reader", None, tmp_path, tmp_path).threshold == 0.9


def test_reader_from_a_folder_is_known_by_the_folders_name() -> None:
    assert calibration_name("/models/my-reader", None) == "my-reader"
    assert calibration_name("/models/my-reader", "/models/spans") == "my-reader+spans"


def test_calibration_for_other_evidence_is_refused_with_the_remedy(tmp_path: Path) -> None:
    write(tmp_path, "some-reader", features=[*FEATURES[1:], "colour"])
    with pytest.raises(IndexMismatch, match=r"some-reader\.json .*colour.*python -m eval"):
        Calibration.for_readers("some-reader", None, NOWHERE, tmp_path)


@pytest.mark.parametrize("path", sorted(CALIBRATIONS.glob("*.json")), ids=lambda p: p.stem)
def test_shipped_calibration_fits_the_evidence_that_is_collected(path: Path) -> None:
    reader, _, spans = path.stem.partition("+")
    loaded = Calibration.for_readers(reader, spans or None, NOWHERE)
    assert len(loaded.weights) == len(loaded.means) == len(loaded.scales) == len(FEATURES)
    assert np.all(loaded.scales > 0)
    assert 0 < loaded.threshold < 1


def test_default_calibration_is_shipped() -> None:
    assert (CALIBRATIONS / f"{CROSS_ENCODER}.json").is_file()
