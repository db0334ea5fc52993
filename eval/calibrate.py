"""Fit the calibration that turns evidence into a probability, on development data only.

    python -m eval.calibrate --index index-data --dataset DIR --output service/calibration

Uses the development split of eval/questions.jsonl and, from each DIR laid out as in
``docs/evaluation.md``, a sample of its questions. Each source has the same total weight, and in
each the share of questions that can be answered is weighted to 60 %. Prints what cross-validation
by family says of the fit, then writes one file for the readers in use.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eval import dataset as datasets
from eval.dataset import EvalQuestion
from eval.gold import resolve
from eval.judging import holds_gold
from index.errors import RecordError
from service.answers import Question, Turn
from service.evidence import FEATURES
from service.pipeline import QuestionAnswerer

RECORD_QUESTIONS = Path(__file__).parent / "questions.jsonl"
RISK = 0.18
"""Of the answers shown, this share may be wrong. A wrong answer with its source beside it can be
seen to be wrong; a refusal of what the record says cannot."""
PENALTY = 0.01
"""Of the squared weights, against the mean log loss."""
ANSWERABLE = 0.6
"""Share of questions that the record can answer, as a record's visitors are assumed to ask. The
share in a data set says only how its authors made it, so every source is weighted to this one."""
SIGNS = {name: -1.0 if name in ("unknown", "kind_missing") else 1.0 for name in FEATURES}
"""Which way each piece of evidence may speak; a small sample must not turn one round."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Evidence ``(n, features)``, labels and families of one source of questions."""

    source: str
    evidence: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    families: tuple[str, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Fit and write; return 0, or 1 when there is too little to fit on."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--index", type=Path, required=True, help="index of the record")
    parser.add_argument("--dataset", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--off-topic", type=Path, metavar="FILE", help="questions of other worlds")
    parser.add_argument("--sample", type=int, default=500, help="questions from each DIR")
    parser.add_argument("--indexes", type=Path, default=Path("eval-output/indexes"))
    parser.add_argument(
        "--risk",
        type=float,
        default=RISK,
        help="share of shown answers that may be wrong; sets the threshold (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, help="folder of the calibrations (default: kept with the index)"
    )
    arguments = parser.parse_args(argv)
    try:
        samples, reader = _samples(arguments)
    except RecordError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    report, fitted = fit(samples, arguments.risk)
    for line in report:
        print(line)
    values = {
        "reader": reader,
        "features": list(FEATURES),
        **fitted,
        "fitted_on": "; ".join(f"{s.source} ({len(s.right)})" for s in samples),
    }
    folder: Path = arguments.output or arguments.index / "calibration"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{reader}.json"
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {path}")
    return 0


def fit(
    samples: Sequence[Sample], risk: float = RISK, seed: int = 0
) -> tuple[list[str], dict[str, Any]]:
    """Return lines about the fit and the parameters of ``service.confidence.Calibration``."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    evidence = np.concatenate([s.evidence for s in samples])
    right = np.concatenate([s.right for s in samples])
    families = [f"{s.source}:{f}" for s in samples for f in s.families]
    weight = np.concatenate([_balanced(s.right) for s in samples])
    weight *= len(weight) / weight.sum()
    means = np.average(evidence, axis=0, weights=weight)
    scales = np.sqrt(np.average((evidence - means) ** 2, axis=0, weights=weight))
    # Evidence that never varies, such as that of a reader that is not used, must not divide by 0.
    scales = np.where(scales < 1e-3, 1.0, scales)
    standardised = np.clip((evidence - means) / scales, -4.0, 4.0)

    predicted = np.zeros(len(right))
    folds = GroupKFold(n_splits=5, shuffle=True, random_state=seed)
    for train, held_out in folds.split(standardised, right, families):
        bias, weights = logistic(standardised[train], right[train], weight[train])
        predicted[held_out] = 1 / (1 + np.exp(-(bias + standardised[held_out] @ weights)))
    report = []
    first = 0
    for sample in samples:
        part = slice(first, first + len(sample.right))
        first = part.stop
        report.append(
            f"{sample.source}: {len(sample.right)} questions, {sample.right.mean():.2f} right, "
            f"held-out AUROC {roc_auc_score(sample.right, predicted[part]):.3f}, "
            f"Brier {np.mean((predicted[part] - sample.right) ** 2):.3f}"
        )
    bias, weights = logistic(standardised, right, weight)
    report += [f"  {name:18} {value:+.2f}" for name, value in zip(FEATURES, weights, strict=True)]
    threshold = threshold_for(risk, predicted, right, weight)
    shown = predicted >= threshold
    report.append(
        f"threshold {threshold:.2f}: of the right answers {_share(shown, right, weight):.3f} are "
        f"shown, of those shown {_share(~right, shown, weight):.3f} are wrong"
    )
    return report, {
        "threshold": threshold,
        "intercept": round(bias, 5),
        "weights": [round(float(w), 5) for w in weights],
        "means": [round(float(m), 5) for m in means],
        "scales": [round(float(s), 5) for s in scales],
    }


def threshold_for(
    risk: float,
    predicted: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    weight: npt.NDArray[np.float64],
) -> float:
    """The lowest threshold, in hundredths, from which on at most ``risk`` of the shown are wrong.

    ``predicted`` are held-out probabilities ``(n,)``. Selective risk as El-Yaniv and Wiener (2010)
    define it. The highest threshold that shows anything when no threshold keeps to the risk.
    """
    grid = np.arange(5, 96) / 100
    grid = grid[[bool((predicted >= t).any()) for t in grid]]
    risks = np.asarray([_share(~right, predicted >= t, weight) for t in grid])
    within = np.flatnonzero(risks <= risk)
    return round(float(grid[within[0]] if len(within) else grid[-1]), 2)


def _share(
    of: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_], weight: npt.NDArray[np.float64]
) -> float:
    """The weighted share of ``among`` that is also ``of``; 0 of none."""
    total = float(weight[among].sum())
    return float(weight[among & of].sum()) / total if total else 0.0


def _balanced(right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Weights that add up to 1, those of right answers to ``ANSWERABLE``."""
    weights: npt.NDArray[np.float64] = np.where(
        right, ANSWERABLE / right.sum(), (1 - ANSWERABLE) / (~right).sum()
    )
    return weights


def logistic(
    evidence: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    weight: npt.NDArray[np.float64],
) -> tuple[float, npt.NDArray[np.float64]]:
    """Logistic regression with an L2 penalty and the sign of each weight given by ``SIGNS``.

    Returns the intercept and the weights that minimise the weighted mean log loss.
    """
    from scipy.optimize import minimize

    sign = np.where(right, 1.0, -1.0)
    share = weight / weight.sum()

    def loss(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        margins = sign * (values[0] + evidence @ values[1:])
        slope = -share * sign / (1 + np.exp(margins))
        gradient = np.concatenate([[slope.sum()], slope @ evidence + 2 * PENALTY * values[1:]])
        total = share @ np.logaddexp(0, -margins) + PENALTY * values[1:] @ values[1:]
        return float(total), gradient

    bounds = [(None, None)] + [(0, None) if SIGNS[name] > 0 else (None, 0) for name in FEATURES]
    found = minimize(loss, np.zeros(1 + len(FEATURES)), jac=True, bounds=bounds)
    return float(found.x[0]), found.x[1:]


def _samples(arguments: argparse.Namespace) -> tuple[list[Sample], str]:
    record = QuestionAnswerer.open(arguments.index)
    rows = datasets.read_questions(RECORD_QUESTIONS, "record")
    development = datasets.select(rows, split="dev", limit=None, seed=0)
    samples = [collect("record/dev", record, development)]
    reader = record.calibration_name
    record.close()
    for folder in arguments.dataset:
        samples.append(_of_folder(folder, arguments))
    return samples, reader


def _of_folder(folder: Path, arguments: argparse.Namespace) -> Sample:
    from index.build import BuildOptions, build_index
    from index.progress import for_stream

    rows = datasets.read_folder(folder)
    if rows.corpus is None:
        raise RecordError(f"{folder} holds no corpus.jsonl to fit on")
    index = arguments.indexes / f"calibrate-{rows.name}"
    build_index([rows.corpus], index, BuildOptions(if_stale=True), for_stream())
    answerer = QuestionAnswerer.open(index)
    chosen = datasets.select(rows, split="all", limit=arguments.sample, seed=0)
    off_topic: list[str] = []
    if arguments.off_topic:
        lines = arguments.off_topic.read_text(encoding="utf-8").splitlines()
        questions = [json.loads(line)["question"] for line in lines]
        off_topic = random.Random(0).sample(questions, min(len(questions), arguments.sample // 5))
    sample = collect(rows.name, answerer, chosen, off_topic)
    answerer.close()
    return sample


def collect(
    source: str, answerer: QuestionAnswerer, questions: Any, off_topic: Sequence[str] = ()
) -> Sample:
    """Ask every question and note the evidence for the first candidate, right or not."""

    def text_of(doc_id: str) -> str | None:
        document = answerer.document(doc_id)
        return None if document is None else document.text

    resolved: Sequence[EvalQuestion] = resolve(questions, text_of)[0]
    evidence, right, families = [], [], []
    for question in resolved:
        turns = tuple(Turn(h) for h in question.history)
        assessed = answerer.assess(Question(question.text, history=turns))
        if not assessed:
            continue
        first = assessed[0]
        evidence.append(first.evidence.vector())
        right.append(
            bool(question.answerable)
            and holds_gold(question, first.document.doc_id, *first.sentence)
        )
        families.append(question.family or question.id)
    for number, text in enumerate(off_topic):
        if assessed := answerer.assess(Question(text)):
            evidence.append(assessed[0].evidence.vector())
            right.append(False)
            families.append(f"off-topic {number}")
    return Sample(source, np.asarray(evidence), np.asarray(right, dtype=bool), tuple(families))


if __name__ == "__main__":
    sys.exit(main())
