"""The figures that a run must reach, from ``eval/expected.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from eval.errors import EvaluationError
from eval.figures import NAMES, Figure


class Bound(BaseModel):
    """The least or the most that a figure may be, and by how much it may miss that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minimum: float | None = None
    maximum: float | None = None
    tolerance: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.minimum is None) == (self.maximum is None):
            raise ValueError("give either a minimum or a maximum")
        return self


class Expectation(BaseModel):
    """What a set of questions must reach, and the command that measures it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str
    figures: dict[str, Bound]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A figure that is not as expected."""

    questions: str
    figure: str
    reason: str

    def __str__(self) -> str:
        return f"{self.questions}: {self.figure} {self.reason}"


_FILE = TypeAdapter(dict[str, Expectation])


def read_expectations(path: Path) -> dict[str, Expectation]:
    """Read the file. Raises EvaluationError naming what is wrong, an unknown figure included."""
    try:
        found = _FILE.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = " / ".join(map(str, first["loc"])) or "file"
        raise EvaluationError(f"{path}: {place}: {first['msg']}") from error
    for name, expectation in found.items():
        for figure in expectation.figures:
            if figure not in NAMES:
                raise EvaluationError(
                    f"{path}: {name}: there is no figure {figure!r}; there are {', '.join(NAMES)}"
                )
    return found


def check(
    expectations: Mapping[str, Expectation], measured: Mapping[str, Mapping[str, Figure]]
) -> tuple[Shortfall, ...]:
    """Return every figure that falls short, and every one expected but not measured.

    ``measured`` holds the figures by set: ``NAME``, ``NAME/SPLIT``, and for a category of either
    ``...:CATEGORY``. Expectations of sets that were not asked at all are let be; one of a category
    that an asked set does not have is a shortfall.
    """
    short: list[Shortfall] = []
    for name, expectation in expectations.items():
        if name.split(":")[0] not in measured:
            continue
        figures = measured.get(name, {})
        for figure, bound in expectation.figures.items():
            reason = _reason(figures.get(figure), bound)
            if reason:
                short.append(Shortfall(name, figure, reason))
    return tuple(short)


def _reason(figure: Figure | None, bound: Bound) -> str | None:
    limit = bound.minimum if bound.minimum is not None else bound.maximum
    kind = "minimum" if bound.minimum is not None else "maximum"
    slack = f", tolerance {bound.tolerance:g}" if bound.tolerance else ""
    if figure is None or figure.value is None:
        return f"was not measured ({kind} {limit:g}{slack})"
    rounding = 1e-9
    if bound.minimum is not None and figure.value < bound.minimum - bound.tolerance - rounding:
        return f"is {figure.value:.4f}, below the minimum {limit:g}{slack}"
    if bound.maximum is not None and figure.value > bound.maximum + bound.tolerance + rounding:
        return f"is {figure.value:.4f}, above the maximum {limit:g}{slack}"
    return None
