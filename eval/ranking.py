"""Ranking measures, computed by ir_measures."""

from collections.abc import Iterable, Mapping, Sequence

import ir_measures
from ir_measures import RR, P, R, nDCG

MEASURES = {
    "p@1": P @ 1,
    "recall@1": R @ 1,
    "recall@3": R @ 3,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "mrr": RR,
    "ndcg@10": nDCG @ 10,
}
"""Our names of ir_measures' measures.

``p@1``: the first item is relevant (precision at 1, success at 1, hit rate at 1). ``recall@k``:
share of the relevant items among the first k. ``mrr``: 1 / rank of the first relevant item, over
the whole ranking (reciprocal rank). ``ndcg@10``: gains discounted by log2 of the rank + 1, over
the best possible (Jarvelin and Kekalainen 2002), with the grade itself as the gain.
"""


def measure(
    rankings: Mapping[str, Sequence[str]], relevant: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, float]]:
    """Return ``{question: {measure: value}}`` for every question with something relevant.

    ``rankings`` lists items best first, each once; ``relevant`` gives grades, 0 or less meaning
    not relevant. A question without a ranking, or with an empty one, scores 0 in everything. One
    with nothing relevant has no value at all: there is nothing to find.
    """
    qrels = {q: dict(g) for q, g in relevant.items() if any(v > 0 for v in g.values())}
    # trec_eval orders by score alone, so the scores are made from the ranks: no ties.
    run = {
        q: {item: -float(rank) for rank, item in enumerate(rankings[q])}
        for q in qrels
        if rankings.get(q)
    }
    values = {q: dict.fromkeys(MEASURES, 0.0) for q in qrels}
    if run:
        names = {m: name for name, m in MEASURES.items()}
        for found in ir_measures.iter_calc(list(names), qrels, run):
            if found.query_id in values:
                values[found.query_id][names[found.measure]] = float(found.value)
    return values


def first_of_each(items: Iterable[str], ignored: frozenset[str] = frozenset()) -> list[str]:
    """``items`` in order, each once and without those ``ignored``."""
    return [item for item in dict.fromkeys(items) if item not in ignored]
