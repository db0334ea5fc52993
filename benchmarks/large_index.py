"""Exact search beside the graph, as the number of passages grows.

    python benchmarks/large_index.py --index index-data --sizes 10000 100000

The vectors are those of the index's sentences, each repeated with noise of its own until there are
as many as asked for, so they lie as real ones do, if closer together. Questions are such vectors
too. All is searched with one thread, in one run. Prints the time to build the graph, its size, the
time of a search, and the share of the ten nearest that the graph finds.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index.search_index import open_index  # noqa: E402
from index.vector_graph import GraphOptions, VectorGraph  # noqa: E402
from index.vector_index import FloatArray, VectorIndex  # noqa: E402

NOISE = 0.6
"""Length of the noise that is added to a unit vector."""
QUESTIONS = 200


def main() -> int:
    """Measure each size and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, default=ROOT / "index-data", metavar="DIR")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], metavar="N")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    index = open_index(arguments.index)
    seeds = np.asarray(index.sentence_vectors, dtype=np.float32)
    index.close()
    print("| passages | exact, ms: p50 / p95 | graph, ms: p50 / p95 | recall | built in, s | MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in arguments.sizes:
        vectors = VectorIndex.build(varied(seeds, size, seed=0))
        questions = varied(seeds, QUESTIONS, seed=1)
        begun = time.perf_counter()
        graph = VectorGraph.build(vectors, GraphOptions())
        seconds = time.perf_counter() - begun
        facts = graph.measure(varied(seeds, QUESTIONS, seed=2), GraphOptions().recall)
        exact = timed(lambda q, v=vectors: v.search(q, 50), questions)  # type: ignore[misc]
        near = timed(lambda q, g=graph: g.search(q, 50), questions)  # type: ignore[misc]
        print(
            f"| {size:,} | {exact} | {near} | {facts.recall:.3f} at width {facts.width} "
            f"| {seconds:.0f} | {len(graph.to_bytes()) / 1e6:.0f} |",
            flush=True,
        )
    return 0


def varied(seeds: FloatArray, size: int, seed: int) -> FloatArray:
    """``size`` unit vectors, each one of ``seeds`` with noise."""
    rng = np.random.default_rng(seed)
    made = np.empty((size, seeds.shape[1]), dtype=np.float32)
    for first in range(0, size, 10_000):
        rows = made[first : first + 10_000]
        noise = rng.standard_normal(rows.shape, dtype=np.float32)
        noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        rows[:] = seeds[rng.integers(0, len(seeds), len(rows))] + noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return made


def timed(search: Callable[[FloatArray], object], questions: FloatArray) -> str:
    """Milliseconds of a search: the median and the 95th percentile."""
    times = []
    for question in questions:
        begun = time.perf_counter()
        search(question)
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    return f"{statistics.median(times):.2f} / {times[len(times) * 95 // 100]:.2f}"


if __name__ == "__main__":
    sys.exit(main())
