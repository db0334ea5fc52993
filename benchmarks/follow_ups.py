"""What the conversation gives to a follow-up question: rewriting and search, measured.

    python benchmarks/follow_ups.py --dataset DIR --rewrites DIR

Both folders are as in docs/evaluation.md; each question has its ``history`` and the ``rewrite`` by
which a person made it stand alone. The first table asks the later questions of --dataset, whose
corpus is indexed in a temporary folder (or taken from --index), and needs no reading. "Context"
adds the earlier questions' words and meaning to the search with lower weights; the service does not
do it. The second table holds our rewrites against the person's, over the conversations that
--dataset lacks, so that rules may be chosen by it. Intervals are bootstrapped over whole
conversations.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from eval.dataset import MAX_HISTORY, QuestionRow, read_folder  # noqa: E402
from eval.ranking import first_of_each, measure  # noqa: E402
from eval.spans import token_f1  # noqa: E402
from eval.statistics import FloatArray, estimate, resample_weights  # noqa: E402
from index.analysis import terms  # noqa: E402
from index.build import build_index  # noqa: E402
from index.lexical_index import LexicalIndex  # noqa: E402
from index.search_index import SearchIndex, open_index  # noqa: E402
from service.answers import Turn  # noqa: E402
from service.follow_ups import resolve  # noqa: E402
from service.known_words import known_words  # noqa: E402
from service.query import QueryUnderstanding  # noqa: E402
from service.retriever import FusionOptions, Retriever  # noqa: E402

Vector = np.typing.NDArray[np.float32]

MEASURE = "recall@10"
PASSAGES = 100
"""Passages asked for, so that ten documents are among them."""
WORDS_ALONE = FusionOptions(passage=0.0, sentence=0.0, lexical=1.0)

TURNS = 4
"""Earlier questions whose words are searched for besides."""
ENCODED_TURNS = 3
"""Earlier questions that are encoded, together as one text."""
DECAY = 0.5
"""Each question further back weighs this much of the one behind it."""
FEW_TERMS = 3
WEIGHT_OF_FEW = 0.6
WEIGHT_OF_MANY = 0.3
"""Weight of the last question's words beside a question of few or of many terms: one that says
little needs its context more. Its own words weigh 1."""
VECTOR_WEIGHT = 0.4
"""Weight of the earlier questions' vector beside the question's own."""


@dataclass(frozen=True, slots=True)
class SearchContext:
    """What the earlier questions add to a search; never part of the question that is shown."""

    text: str
    """Earlier questions, the oldest first, to be encoded."""
    terms: tuple[tuple[str, float], ...]
    """BM25 terms that the question lacks, each once, with their weights, 0 to 1."""


def search_context(question: str, history: Sequence[Turn]) -> SearchContext | None:
    """What ``history`` adds to the search for ``question``; None without history.

    ``question`` is the resolved one where there is such, so that nothing is counted twice.
    """
    if not history:
        return None
    own = set(terms(question))
    weight = WEIGHT_OF_FEW if len(own) <= FEW_TERMS else WEIGHT_OF_MANY
    weights: dict[str, float] = {}
    for turn in reversed(history[-TURNS:]):
        for term in terms(turn.question):
            if term not in own:
                weights.setdefault(term, weight)
        weight *= DECAY
    text = " ".join(turn.question for turn in history[-ENCODED_TURNS:])
    return SearchContext(text, tuple(weights.items()))


def mixed(vector: np.typing.NDArray[np.float32], context: np.typing.NDArray[np.float32]) -> Vector:
    """The unit vector, float32 ``(dim,)``, of a question and of its context's text."""
    blend = vector + np.float32(VECTOR_WEIGHT) * context
    unit: Vector = (blend / np.linalg.norm(blend)).astype(np.float32)
    return unit


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for in a question's stead."""

    text: str
    context: SearchContext | None = None


class WithContext(LexicalIndex):
    """A lexical index that adds the weighted terms of a context to every search."""

    def __init__(self, inner: LexicalIndex, context: SearchContext) -> None:
        self._inner = inner
        self._context = context

    def scores(self, query_terms: Sequence[str]) -> Vector:
        """BM25 of ``query_terms`` and, by their weights, of the context's terms."""
        total = self._inner.scores(query_terms)
        for term, weight in self._context.terms:
            total = total + np.float32(weight) * self._inner.scores((term,))
        return total


def main() -> int:
    """Build, search, print two Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True, metavar="DIR")
    parser.add_argument("--rewrites", type=Path, required=True, metavar="DIR")
    parser.add_argument("--index", type=Path, metavar="DIR", help="index of --dataset's corpus")
    arguments = parser.parse_args()
    rows = read_folder(arguments.dataset).rows
    later = [r for r in rows if r.history and r.relevant]
    with tempfile.TemporaryDirectory() as folder:
        root = arguments.index or Path(folder)
        if arguments.index is None:
            build_index([arguments.dataset / "corpus.jsonl"], root)
        index = open_index(root)
        print(f"{MEASURE} of {len(later)} later questions of {arguments.dataset.name}\n")
        print(
            "| what is searched for | our retrieval | above the last alone | words alone (BM25) |"
        )
        print("| --- | --- | --- | --- |")
        _print_searches(index, later)
        index.close()
    known = [r for r in read_folder(arguments.rewrites).rows if r.history and r.rewrite]
    ids = {r.id for r in rows}
    seen = {_conversation(r) for r in rows} | {_conversation(r) for r in known if r.id in ids}
    own = [r for r in known if _conversation(r) not in seen]
    print(f"\n{len(own)} later questions of {arguments.rewrites.name}, other conversations\n")
    print("| | questions | token F1 with the person's rewrite | above the question as it is |")
    print("| --- | --- | --- | --- |")
    _print_rewrites(own)
    return 0


def _print_searches(index: SearchIndex, rows: Sequence[QuestionRow]) -> None:
    ways: dict[str, Callable[[QuestionRow], Asked]] = {
        "last question alone": lambda r: Asked(r.question),
        "all questions in a row": lambda r: Asked(" ".join([*r.history, r.question])),
        "resolved question": lambda r: Asked(_resolved(r)),
        "last question and context": lambda r: _with_context(r, r.question),
        "resolved question and context": lambda r: _with_context(r, _resolved(r)),
        "a person's rewrite": lambda r: Asked(r.rewrite or r.question),
    }
    understanding = QueryUnderstanding(
        index.lexicon, known_words(index.embedder), tuple(index.manifest.languages)
    )
    weights = _weights(rows)
    base = None
    for name, way in ways.items():
        asked = [way(row) for row in rows]
        fused, words = (
            _recalls(index, understanding, rows, asked, options)
            for options in (FusionOptions(), WORDS_ALONE)
        )
        base = fused if base is None else base
        gain = _shown(fused - base, weights)
        print(f"| {name} | {_shown(fused, weights)} | {gain} | {_shown(words, weights)} |")


def _recalls(
    index: SearchIndex,
    understanding: QueryUnderstanding,
    rows: Sequence[QuestionRow],
    asked: Sequence[Asked],
    options: FusionOptions,
) -> FloatArray:
    """Return float64 ``(questions,)``: the measure of each."""
    rankings = {}
    for row, way in zip(rows, asked, strict=True):
        query = understanding.understand(way.text)
        retriever = Retriever(index, options)
        vector = retriever.encode(query.text)
        if way.context is not None:
            vector = mixed(vector, retriever.encode(way.context.text))
            lexical = WithContext(index.lexical, way.context)
            retriever = Retriever(replace(index, lexical=lexical), options)
        found = retriever.retrieve(vector, query.terms, PASSAGES)
        rankings[row.id] = first_of_each((c.passage.doc_id for c in found), frozenset(row.ignore))
    measured = measure(rankings, {row.id: row.relevant for row in rows})
    return np.asarray([measured[row.id][MEASURE] for row in rows])


def _print_rewrites(rows: Sequence[QuestionRow]) -> None:
    left = np.asarray([token_f1(r.question, [r.rewrite or ""]) for r in rows])
    ours = np.asarray([token_f1(_resolved(r), [r.rewrite or ""]) for r in rows])
    changed = np.asarray([_resolved(r) != r.question for r in rows])
    for name, chosen in (("all", np.ones(len(rows), bool)), ("rewritten", changed)):
        weights = _weights([r for r, c in zip(rows, chosen, strict=True) if c])
        f1, gain = _shown(ours[chosen], weights), _shown((ours - left)[chosen], weights)
        print(f"| {name} | {chosen.sum()} | {f1} | {gain} |")


def _resolved(row: QuestionRow) -> str:
    turns = [Turn(q) for q in row.history[-MAX_HISTORY:]]
    return resolve(row.question, turns, lambda _: None) or row.question


def _with_context(row: QuestionRow, text: str) -> Asked:
    return Asked(text, search_context(text, [Turn(q) for q in row.history[-MAX_HISTORY:]]))


def _conversation(row: QuestionRow) -> str:
    """The first question, which the questions of one conversation share."""
    return row.history[0] if row.history else row.question


def _weights(rows: Sequence[QuestionRow]) -> FloatArray:
    return resample_weights([_conversation(row) for row in rows])


def _shown(values: FloatArray, weights: FloatArray) -> str:
    found = estimate(lambda w: (w @ values) / w.sum(axis=1), weights)
    if found.value is None or found.low is None or found.high is None:
        return "-"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


if __name__ == "__main__":
    sys.exit(main())
