"""In which order to show what was read: the fit behind ``service.assessment.rank``.

    python -m benchmarks.passage_order --fit DIR [DIR ...] --report DIR [DIR ...] \\
        --index index-data --limit 300

Each DIR holds corpus.jsonl and questions.jsonl as in docs/evaluation.md. The development half of
the record's questions, asked of ``--index``, is fitted on too. Prints the weights of the fused
score and of the question's words beside log odds, from a listwise fit (the softmax over the
passages of a question, Cao et al., 2007), and for each set how often the first passage is right:
by probability alone, by the fitted weights, and as shipped. No set to report on should be one
that is fitted on.
"""

import argparse
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from eval import dataset as datasets
from eval.engines import LocalEngine, Quoted
from eval.gold import resolve
from eval.judging import passage_is_right
from index.build import BuildOptions, build_index
from service.answers import Question, Turn
from service.assessment import COVERED, RETRIEVED, Assessed
from service.pipeline import QuestionAnswerer

RECORD = Path("eval/questions.jsonl")
DECAY = 0.001
"""Weight of the squared weights in the fit."""
Group = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]
"""A question's passages: ``(n, 3)`` log odds, fused score and coverage; which are right."""


def main() -> int:
    """Read, fit, print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fit", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--report", type=Path, nargs="+", default=[], metavar="DIR")
    parser.add_argument("--index", type=Path, required=True, help="Index of the record.")
    parser.add_argument("--limit", type=int, default=None, help="Questions of each set.")
    options = parser.parse_args()
    questions = datasets.select(datasets.read_questions(RECORD), "dev", None, 0)
    sets = {"record/dev": _groups(questions, options.index)}
    for folder in (*options.fit, *options.report):
        sets[folder.name] = _read(folder, options.limit)
    fitted = ["record/dev", *(folder.name for folder in options.fit)]
    weights = fit([group for name in fitted for group in sets[name]])
    print(f"fused {weights[1] / weights[0]:.2f}, coverage {weights[2] / weights[0]:.2f}\n")
    print("| set | questions | by probability | fitted | as shipped |\n" + "| --- " * 5 + "|")
    orders = np.array([1.0, 0.0, 0.0]), weights, np.array([1.0, RETRIEVED, COVERED])
    for name, groups in sets.items():
        figures = " | ".join(f"{first_is_right(groups, order):.3f}" for order in orders)
        print(f"| {name}{' (fitted on)' * (name in fitted)} | {len(groups)} | {figures} |")
    return 0


def fit(groups: list[Group]) -> npt.NDArray[np.float64]:
    """The three weights, none below 0, under which the right passages are likeliest."""
    telling = [(x, right) for x, right in groups if right.any() and not right.all()]

    def loss(weights: npt.NDArray[np.float64]) -> float:
        total = 0.0
        for x, right in telling:
            scores = np.exp(x @ weights - (x @ weights).max())
            total -= math.log(scores[right].sum() / scores.sum())
        return total / len(telling) + DECAY * float(weights @ weights)

    found = minimize(loss, np.full(3, 0.5), bounds=[(0.0, None)] * 3).x
    return np.asarray(found, dtype=np.float64)


def first_is_right(groups: list[Group], weights: npt.NDArray[np.float64]) -> float:
    """The share of the questions whose first passage in that order is right."""
    return float(np.mean([bool(right[np.argmax(x @ weights)]) for x, right in groups]))


def _read(folder: Path, limit: int | None) -> list[Group]:
    rows = datasets.read_folder(folder)
    if rows.corpus is None:
        sys.exit(f"{folder} holds no corpus.jsonl")
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / "index"
        build_index([rows.corpus], index, BuildOptions())
        return _groups(datasets.select(rows, "all", limit, 0), index)


def _groups(rows: datasets.Dataset, index: Path) -> list[Group]:
    answerer = QuestionAnswerer.open(index)
    found = []
    for question in resolve(rows, LocalEngine(answerer).text_of)[0]:
        if not question.answerable:
            continue
        history = tuple(Turn(text) for text in question.history)
        read = answerer.assess(Question(question.text, history=history))
        if read:
            right = [passage_is_right(question, _quoted(one)) for one in read]
            found.append((np.stack([_evidence(one) for one in read]), np.asarray(right)))
    answerer.close()
    return found


def _evidence(one: Assessed) -> npt.NDArray[np.float64]:
    odds = math.log(one.probability) - math.log1p(-one.probability)
    return np.array([odds, one.evidence.fused, one.evidence.coverage])


def _quoted(one: Assessed) -> Quoted:
    passage = one.candidate.passage
    return Quoted(passage.passage_id, passage.doc_id, passage.start, passage.end)


if __name__ == "__main__":
    sys.exit(main())
