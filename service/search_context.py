"""What the conversation adds to the search for a follow-up, whether or not it is rewritten."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.analysis import terms
from service.answers import Turn

FloatArray = npt.NDArray[np.float32]

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


def mixed(vector: FloatArray, context: FloatArray) -> FloatArray:
    """The unit vector, float32 ``(dim,)``, of a question and of its context's text."""
    blend = vector + np.float32(VECTOR_WEIGHT) * context
    unit: FloatArray = (blend / np.linalg.norm(blend)).astype(np.float32)
    return unit
