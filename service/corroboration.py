"""The same answer in several documents."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.search_index import SearchIndex
from service.answers import Corroboration
from service.assessment import Assessed

MIN_COSINE = 0.6
"""Sentences at least this alike state the same thing, each being an answer already."""


def corroborated(index: SearchIndex, answers: Sequence[Assessed]) -> tuple[Corroboration, ...]:
    """Group the answers of other documents that say what the first one says."""
    if len(answers) < 2:
        return ()
    first, group, sources = _vector(index, answers[0]), [answers[0]], {answers[0].document.doc_id}
    for other in answers[1:]:
        if other.document.doc_id not in sources and _vector(index, other) @ first >= MIN_COSINE:
            group.append(other)
            sources.add(other.document.doc_id)
    if len(group) < 2:
        return ()
    ids = tuple(a.candidate.passage.passage_id for a in group)
    return (Corroboration(ids, len(sources)),)


def _vector(index: SearchIndex, answer: Assessed) -> npt.NDArray[np.float32]:
    passage = answer.candidate.passage
    row = index.first_sentences[passage.row] + passage.sentences.index(answer.sentence)
    return np.asarray(index.sentence_vectors[row], dtype=np.float32)
