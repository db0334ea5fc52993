"""What each part of retrieval gives, and which passage size: the choices, measured.

    python benchmarks/retrieval.py --dataset DIR

DIR holds corpus.jsonl and questions.jsonl as in docs/evaluation.md. The first table takes parts of
the fused score away; the second cuts the same corpus into passages of other sizes. Only answerable
questions count; a passage is right when it holds an accepted answer's words at their place.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index.analysis import terms  # noqa: E402
from index.build import BuildOptions, build_index  # noqa: E402
from index.chunking import ChunkingOptions  # noqa: E402
from index.search_index import SearchIndex, open_index  # noqa: E402
from service.retriever import FusionOptions, Retriever  # noqa: E402

VARIANTS = {
    "all three": FusionOptions(),
    "without the best sentence": FusionOptions(passage=0.5, sentence=0.0),
    "without the passage's cosine": FusionOptions(passage=0.0, sentence=0.5),
    "meaning alone": FusionOptions(passage=0.5, sentence=0.5, lexical=0.0),
    "words alone (BM25)": FusionOptions(passage=0.0, sentence=0.0, lexical=1.0),
    "the passage's cosine alone": FusionOptions(passage=1.0, sentence=0.0, lexical=0.0),
}
SIZES = (40, 80, 160, 240)
K = 10


def main() -> int:
    """Build, ask, print two Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True, metavar="DIR")
    parser.add_argument("--limit", type=int, default=0, help="answerable questions to ask")
    arguments = parser.parse_args()
    lines = (arguments.dataset / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [q for q in map(json.loads, lines) if q["answerable"] and q["answers"]]
    questions = questions[: arguments.limit or None]
    corpus = arguments.dataset / "corpus.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        opened = {
            size: _index(corpus, Path(folder) / str(size), ChunkingOptions(max_words=size))
            for size in SIZES
        }
        print(f"{len(questions)} questions of {arguments.dataset.name}\n")
        print("| score | right at 1 | at 3 | at 10 |\n| --- | --- | --- | --- |")
        for name, options in VARIANTS.items():
            print(f"| {name} | {_row(opened[160], questions, options)} |")
        print("\n| words at most | passages | right at 1 | at 3 | at 10 |")
        print("| --- | --- | --- | --- | --- |")
        for size, index in opened.items():
            count = index.manifest.counts["passages"]
            print(f"| {size} | {count} | {_row(index, questions, FusionOptions())} |")
        for index in opened.values():
            index.close()
    return 0


def _index(corpus: Path, output: Path, chunking: ChunkingOptions) -> SearchIndex:
    build_index([corpus], output, BuildOptions(chunking=chunking))
    return open_index(output)


def _row(index: SearchIndex, questions: list[dict], options: FusionOptions) -> str:  # type: ignore[type-arg]
    retriever = Retriever(index, options)
    ranks = []
    for question in questions:
        vector = retriever.encode(question["question"])
        own = tuple(dict.fromkeys(terms(question["question"])))
        found = retriever.retrieve(vector, own, K)
        right = [
            any(
                a["doc_id"] == c.passage.doc_id
                and c.passage.start <= a["start"]
                and a["start"] + len(a["text"]) <= c.passage.end
                for a in question["answers"]
            )
            for c in found
        ]
        ranks.append(right.index(True) if any(right) else K)
    return " | ".join(f"{np.mean([r < k for r in ranks]):.3f}" for k in (1, 3, K))


if __name__ == "__main__":
    sys.exit(main())
