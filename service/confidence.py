"""From evidence to a calibrated probability, and to the decision to answer."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.errors import IndexMismatch
from service.answers import Band
from service.evidence import FEATURES, Evidence

log = logging.getLogger(__name__)
CALIBRATIONS = Path(__file__).parent / "calibration"
HIGH, MEDIUM = 0.8, 0.6
CROSS_ENCODER = "ms-marco-MiniLM-L-12-v2-int8"
"""Whose calibration other cross-encoders of its kind borrow."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over standardised evidence, fitted on development data only.

    ``p = 1 / (1 + exp(-(intercept + sum(weight * clip((x - mean) / scale, -4, 4)))))``
    """

    reader: str
    threshold: float
    """The record answers from this probability on."""
    intercept: float
    weights: npt.NDArray[np.float64]
    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    fitted_on: str

    def probability(self, evidence: Evidence) -> float:
        """The chance, 0 to 1, that the candidate answers the question."""
        z = (evidence.vector() - self.means) / self.scales
        logit = self.intercept + float(np.clip(z, -4.0, 4.0) @ self.weights)
        return float(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))))

    @classmethod
    def for_readers(
        cls, reader: str, span_reader: str | None, index_dir: Path, shipped: Path = CALIBRATIONS
    ) -> "Calibration":
        """Load the calibration fitted for these readers.

        One in ``index_dir/calibration`` comes before the shipped one. Readers without any borrow
        that of a cross-encoder: their probabilities are only as good as the likeness of the two,
        and ``python -m eval.calibrate`` fits one of their own.

        Raises IndexMismatch when the file was fitted for other evidence than is collected.
        """
        name = calibration_name(reader, span_reader)
        places = [folder / f"{name}.json" for folder in (index_dir / "calibration", shipped)]
        path = next((p for p in places if p.is_file()), None)
        if path is None:
            log.warning("no calibration was fitted for %s: it borrows %s's", name, CROSS_ENCODER)
            path = shipped / f"{CROSS_ENCODER}.json"
        values = json.loads(path.read_bytes())
        if tuple(values["features"]) != FEATURES:
            raise IndexMismatch(
                f"{path.name} was fitted for {values['features']}, the service collects "
                f"{list(FEATURES)}: fit it again with `python -m eval.calibrate`"
            )
        return cls(
            reader=values["reader"],
            threshold=float(values["threshold"]),
            intercept=float(values["intercept"]),
            weights=np.asarray(values["weights"], dtype=np.float64),
            means=np.asarray(values["means"], dtype=np.float64),
            scales=np.asarray(values["scales"], dtype=np.float64),
            fitted_on=values["fitted_on"],
        )


def calibration_name(reader: str, span_reader: str | None) -> str:
    """``reader+span_reader``, of a folder only its last part."""
    return "+".join(Path(name).name for name in (reader, span_reader) if name)


def band(probability: float) -> Band:
    """``high`` from .8, ``medium`` from .6, ``low`` below."""
    if probability >= HIGH:
        return "high"
    return "medium" if probability >= MEDIUM else "low"
