"""How fast texts become vectors, and how like those of plain sentence-transformers they are.

    python benchmarks/embedding.py --corpus FILE.jsonl [--texts 600]

A sample of passages and sentences, in the proportion in which a build embeds them, is encoded by
``SentenceTransformer.encode`` as it comes, by the export in float32 and as a build does it, in
turns of 128 texts, in one process on the same cores. Of each turn the fastest round counts, so that
other work on the machine disturbs little. A cosine is that of the same text's two vectors.
"""

import argparse
import random
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index import encoders  # noqa: E402
from index.chunking import passages_of  # noqa: E402
from index.embedding import OnnxEmbedder, SentenceTransformerEmbedder  # noqa: E402
from index.loaders import load_corpus  # noqa: E402
from index.models import find_model  # noqa: E402
from index.record_store import embedding_text  # noqa: E402
from index.types import Document  # noqa: E402

PORTION = 128
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]


def main() -> int:
    """Encode in turns; print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--texts", type=int, default=600, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--model", default="all-MiniLM-L6-v2", metavar="NAME")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    texts = _sample(arguments.corpus, arguments.texts)
    model = find_model(arguments.model)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        encoder = encoders.prepare(model, folder, folder / "cache", None)
        print(f"{len(texts)} texts, {encoders.cores()} cores; a build's vectors: ", end="")
        print(", ".join(f"{k} {v}" for k, v in encoder.facts.items() if k != "libraries"), "\n")
        plain = SentenceTransformerEmbedder(model).model
        ways: dict[str, Encode] = {
            "SentenceTransformer.encode": lambda some: np.asarray(
                plain.encode(list(some), normalize_embeddings=True, show_progress_bar=False)
            )
        }
        if encoder.export is not None:
            weights, tokenizer = (
                (folder / n).read_bytes() for n in (encoders.MODEL, encoders.TOKENIZER)
            )
            limit, cores = encoder.export["max_tokens"], encoders.cores()
            ways["export in float32"] = OnnxEmbedder(weights, tokenizer, limit, cores).encode
        ways["a build"] = encoder.open().encode
        _show(ways, texts, arguments.rounds)
    return 0


def _show(ways: dict[str, Encode], texts: Sequence[str], rounds: int) -> None:
    wall, processor = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, 0.0)
    least, total = dict.fromkeys(ways, 1.0), dict.fromkeys(ways, 0.0)
    first = next(iter(ways))
    for encode in ways.values():
        encode(texts[:8])  # warms up
    for start in range(0, len(texts), PORTION):
        portion = texts[start : start + PORTION]
        expected = ways[first](portion)
        for name, encode in ways.items():
            fastest = least_used = float("inf")
            for _ in range(rounds):
                begun, used = time.perf_counter(), time.process_time()
                vectors = encode(portion)
                fastest = min(fastest, time.perf_counter() - begun)
                least_used = min(least_used, time.process_time() - used)
            wall[name] += fastest
            processor[name] += least_used
            cosines = (vectors * expected).sum(axis=1)
            total[name] += float(cosines.sum())
            least[name] = min(least[name], float(cosines.min()))
    print("| encoded by | texts a second | times as fast | processor s | cosine mean | least |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in ways:
        print(
            f"| {name} | {len(texts) / wall[name]:.0f} | {wall[first] / wall[name]:.1f} | "
            f"{processor[name]:.1f} | {total[name] / len(texts):.4f} | {least[name]:.4f} |"
        )


def _sample(corpora: list[Path], count: int) -> list[str]:
    texts = []
    for document in load_corpus(corpora):
        if isinstance(document, Document):
            for p in passages_of(document):
                texts.append(embedding_text(document.title, p.section, p.text))
                texts += [document.text[s:e] for s, e in p.sentences]
    return random.Random(0).sample(texts, min(count, len(texts)))


if __name__ == "__main__":
    sys.exit(main())
