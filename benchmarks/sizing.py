"""Disk, memory and replicas for a record of any size, by arithmetic.

    python -m benchmarks.sizing
    python -m benchmarks.sizing --passages 2500000 --sentences 3 --latency-ms 80 --rate 20

Nothing is measured here: docs/sizing.md explains each formula, and a test holds the exact ones to
the files of an index that was built. Prints Markdown tables; sizes are decimal (1 MB = 10^6 bytes).
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

WORKER_BYTES = 400_000_000
"""Python, libraries and models of one worker with an index of a few documents."""
TERM_BYTES = 300
"""A term in the dictionaries of BM25 and of the lexicon."""
LINKS = 32
"""``GraphOptions.links``."""
EXACT_UP_TO = 50_000
"""``GraphOptions.above``."""
BASE64 = 4 / 3
BUSY = 0.7
"""Share of the time that a replica may be busy before questions begin to wait for long."""
MAPPED_FROM = 64 * 1024 * 1024
"""``index.verified_files.MAPPED_FROM``: a file of this size is mapped, a smaller one read."""
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


@dataclass(frozen=True, slots=True)
class Record:
    """What decides the sizes; means over the passages."""

    passages: int
    dim: int = 384
    sentences: float = 4.0
    """Sentences of a passage."""
    postings: float = 60.0
    """Different terms of a passage."""
    text_bytes: float = 600.0
    """UTF-8 of a passage."""

    @property
    def vectors(self) -> float:
        """``passages.faiss``: float32."""
        return self.passages * self.dim * 4

    @property
    def sentence_vectors(self) -> float:
        """``sentences.npy``: float16."""
        return self.passages * self.sentences * self.dim * 2

    @property
    def graph(self) -> float:
        """``graph.faiss``: twice the links of 4 bytes below, one in 31 nodes above, two numbers."""
        if self.passages <= EXACT_UP_TO:
            return 0.0
        return self.passages * (2 * LINKS * 4 + LINKS * 4 / (LINKS - 1) + 12)

    @property
    def lexical(self) -> float:
        """``lexical/rows.npy`` and ``scores.npy``: a row and a weight, 4 bytes each."""
        return self.passages * self.postings * 8

    @property
    def text(self) -> float:
        """``record.sqlite``: the text in its document and in its passage, and what describes it."""
        return self.passages * (2 * self.text_bytes + 250)

    @property
    def terms(self) -> float:
        """Different terms by Heaps' law, ``44 n^0.5`` of n words (an estimate)."""
        return 44 * math.sqrt(self.passages * self.postings)

    @property
    def generation(self) -> float:
        """Disk of one generation, without the encoder of some 90 MB."""
        parts = self.vectors, self.sentence_vectors, self.graph, self.lexical, self.text
        return sum(parts) + self.terms * 40

    @property
    def own_memory(self) -> float:
        """Memory that each worker needs for itself."""
        rows = self.passages * 8
        read = sum(size for size in self.files if size < MAPPED_FROM)
        return WORKER_BYTES + read + rows + self.terms * TERM_BYTES

    @property
    def shared_memory(self) -> float:
        """Pages of mapped files that the workers of a machine share; less will do, but slowly."""
        return sum(size for size in self.files if size >= MAPPED_FROM)

    @property
    def files(self) -> tuple[float, ...]:
        """What is read into memory or, when it is large, mapped."""
        return self.vectors, self.sentence_vectors, self.graph, self.lexical / 2, self.lexical / 2

    @property
    def keys(self) -> float:
        """Memory of a build for the keys of the vectors of the generation before."""
        return self.passages * (1 + self.sentences) * 100

    @property
    def build_memory(self) -> float:
        """A build that takes over: postings, then vectors twice and keys; and a fixed part."""
        counted = self.passages * self.postings * 20
        return 1_400_000_000 + max(counted, 2 * self.vectors + self.keys)

    @property
    def engine_row(self) -> float:
        """A passage in an engine: its vector, its text, its sentences and terms in base64."""
        told = self.sentences * self.dim * 2 + self.postings * 8
        return self.dim * 4 + self.text_bytes + 200 + BASE64 * told

    @property
    def engine_memory(self) -> float:
        """All query nodes together, for one copy with every field in memory, and a fifth more."""
        return self.passages * self.engine_row * 1.2


def per_replica(latency_ms: float, workers: int) -> float:
    """Questions a second that a replica answers, ``workers`` each one at a time."""
    return workers * 1000 / latency_ms * BUSY


def replicas(rate: float, latency_ms: float, workers: int) -> int:
    """Replicas for ``rate`` questions a second, and one more that may be away."""
    return math.ceil(rate / per_replica(latency_ms, workers)) + 1


def amount(count: float) -> str:
    """Bytes in MB, GB or TB, to two digits that count."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            value = count / size
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return "0" if count == 0 else "< 1 MB"


def sizes_table(records: Sequence[Record]) -> str:
    """A column for each of ``records``."""
    rows = (
        ("vectors of passages", "vectors"),
        ("vectors of sentences", "sentence_vectors"),
        ("graph", "graph"),
        ("BM25", "lexical"),
        ("text", "text"),
        ("**a generation on disk**", "generation"),
        ("**a worker's own memory**", "own_memory"),
        ("**shared by the workers of a machine**", "shared_memory"),
        ("a build, about", "build_memory"),
        ("engine: query nodes, one copy", "engine_memory"),
    )
    head = ["passages", *(f"{r.passages:,}" for r in records)]
    lines = [head, ["---"] * len(head)]
    lines += [[title, *(amount(getattr(r, name)) for r in records)] for title, name in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rates_table(latencies_ms: Sequence[float], rates: Sequence[float], workers: int) -> str:
    """A row for each latency: what a replica answers, and the replicas for each rate."""
    head = ["ms an answer", "a replica, a second", *(f"for {rate:g} a second" for rate in rates)]
    lines = [head, ["---"] * len(head)]
    for ms in latencies_ms:
        needed = [str(replicas(rate, ms, workers)) for rate in rates]
        lines.append([f"{ms:g}", f"{per_replica(ms, workers):.1f}", *needed])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(argv: list[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sizing",
        description="Disk, memory and replicas for a record of any size, by arithmetic.",
        epilog="example: python -m benchmarks.sizing --passages 2500000 --latency-ms 80 --rate 20",
    )
    standard = Record(1)
    add = parser.add_argument
    add("--passages", type=_positive, nargs="+", default=list(SIZES), metavar="N")
    add("--dim", type=_positive, default=standard.dim, help="numbers of a vector")
    add("--sentences", type=_positive, default=standard.sentences, help="a passage")
    add("--postings", type=_positive, default=standard.postings, help="terms of a passage")
    add("--text-bytes", type=_positive, default=standard.text_bytes, help="of a passage")
    add("--latency-ms", type=_positive, nargs="+", default=[50, 100, 200], metavar="MS")
    add("--rate", type=_positive, nargs="+", default=[1, 10, 100], metavar="N")
    add("--workers", type=int, default=1, choices=range(1, 65), metavar="N")
    given = parser.parse_args(argv)
    means = replace(
        standard,
        dim=int(given.dim),
        sentences=given.sentences,
        postings=given.postings,
        text_bytes=given.text_bytes,
    )
    print(sizes_table([replace(means, passages=int(n)) for n in given.passages]))
    print()
    print(rates_table(given.latency_ms, given.rate, given.workers))
    return 0


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


if __name__ == "__main__":
    sys.exit(main())
