"""How many lists of like vectors a search must look at, measured on the published vectors."""

import numpy as np
import numpy.typing as npt

from index.stores.engine import Engine
from index.stores.filters import All
from index.stores.layout import Names
from index.stores.schema import VectorOptions

QUERIES = 64
NEAREST = 10
MOST = 65_536


def probes(
    engine: Engine, names: Names, queries: npt.NDArray[np.float32], options: VectorOptions
) -> int:
    """The smallest power of two of lists that finds ``options.recall`` of the ten nearest."""
    exact = [set(_found(engine, names, query, None)) for query in queries]
    tried = 4
    while tried < MOST:
        tried *= 2
        found = [set(_found(engine, names, query, tried)) for query in queries]
        shares = [len(f & e) / max(1, len(e)) for f, e in zip(found, exact, strict=True)]
        if float(np.mean(shares)) >= options.recall:
            break
    return tried


def _found(
    engine: Engine, names: Names, query: npt.NDArray[np.float32], lists: int | None
) -> list[str]:
    return engine.nearest(names.passages, "vector", query.tolist(), NEAREST, All(()), lists)
