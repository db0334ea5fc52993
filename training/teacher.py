"""What the teacher, the ms-marco cross-encoder, says of each sentence of each example.

The reader learns to rank sentences and passages as the teacher does, in one pass over all of them.
"""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from index.models import find_model
from index.onnx_session import open_session
from service.cross_encoder import CrossEncoder
from training.examples import Example

TEACHER = "ms-marco-MiniLM-L-12-v2-int8"


def sentence_logits(examples: Sequence[Example], cache: Path, threads: int) -> list[list[float]]:
    """Return the teacher's logit of each sentence of each example; higher is more relevant.

    What was scored before is read from ``cache``, a JSON file, and what is new is added to it.
    """
    known: dict[str, float] = json.loads(cache.read_text()) if cache.is_file() else {}
    pairs = {
        _key(example.question, text): (example.question, text)
        for example in examples
        for text in _texts(example)
    }
    missing = sorted(pairs.keys() - known.keys())
    if missing:
        print(f"the teacher scores {len(missing)} sentences", flush=True)
        files = find_model(TEACHER)
        tokenizer = (files.folder / "tokenizer.json").read_bytes()
        teacher = CrossEncoder(TEACHER, open_session(files.weights.read_bytes()), tokenizer)
        with ThreadPoolExecutor(threads) as pool:
            scores = pool.map(lambda key: teacher.score(*pairs[key]), missing)
            known |= dict(zip(missing, (round(s, 4) for s in scores), strict=True))
        cache.write_text(json.dumps(known))
    return [[known[_key(e.question, text)] for text in _texts(e)] for e in examples]


def _texts(example: Example) -> list[str]:
    return [example.passage[start:end] for start, end in example.sentences]


def _key(question: str, text: str) -> str:
    return hashlib.sha256(f"{question}\0{text}".encode()).hexdigest()[:24]
