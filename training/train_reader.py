"""Train the span reader on two cores or on a GPU.

    python -m training.train_reader --data DIR --validation DIR --output FOLDER --minutes 40

DIR holds corpus.jsonl and questions.jsonl. The learning rate falls linearly to zero at the end of
the time given, so a run is complete whatever the machine's speed. Weights are averaged over the
last part of the run.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from index.models import find_model
from training.examples import Example, read_examples
from training.initial_weights import dequantised
from training.model import SpanReader

MAX_TOKENS = 160
BATCH_TOKENS = 1536
IGNORE = -100
START_FROM = "ms-marco-MiniLM-L-12-v2-int8"


def main() -> None:
    """Train, report on the validation set, save the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--frozen-layers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    random.seed(arguments.seed)
    arguments.output.mkdir(parents=True, exist_ok=True)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    files = find_model(START_FROM)
    tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    tokenizer.no_padding()
    model = SpanReader().to(device)
    missing = model.bert.load_state_dict(dequantised(files.weights), strict=False).missing_keys
    if missing:
        raise SystemExit(f"weights that the export lacks: {missing}")
    for name, parameter in model.bert.named_parameters():
        layer = name.split(".")[2] if name.startswith("encoder.layer.") else "-1"
        parameter.requires_grad = int(layer) >= arguments.frozen_layers

    encoded = [e for x in read_examples(arguments.data) if (e := encode(tokenizer, x))]
    validation = read_examples(arguments.validation, negatives=False)
    print(f"{len(encoded)} examples, {device}", flush=True)
    train(model, encoded, arguments, device)
    figures = evaluate(model, tokenizer, validation, device)
    print(json.dumps(figures), flush=True)
    torch.save(model.state_dict(), arguments.output / "reader.pt")
    (arguments.output / "figures.json").write_text(json.dumps(figures, indent=2))


def encode(tokenizer: Tokenizer, example: Example) -> dict[str, Any] | None:
    """Token ids with the answer's first and last token; 0 and 0 when there is none."""
    encoding = tokenizer.encode(example.question, example.passage)
    start = end = 0
    if example.start >= 0:
        inside = [
            i
            for i, (kind, (s, e)) in enumerate(
                zip(encoding.type_ids, encoding.offsets, strict=True)
            )
            if kind == 1 and e > example.start and s < example.end and e > s
        ]
        if not inside:
            return None
        start, end = inside[0], inside[-1]
    return {
        "ids": encoding.ids,
        "types": encoding.type_ids,
        "start": start,
        "end": end,
        "answerable": float(example.start >= 0),
    }


def batches(encoded: list[dict[str, Any]], seed: int) -> Iterator[list[dict[str, Any]]]:
    """Batches of like length, about ``BATCH_TOKENS`` each, in random order."""
    rng = random.Random(seed)
    order = sorted(encoded, key=lambda e: len(e["ids"]) + rng.uniform(-8, 8))
    groups: list[list[dict[str, Any]]] = [[]]
    for item in order:
        if (len(groups[-1]) + 1) * len(item["ids"]) > BATCH_TOKENS:
            groups.append([])
        groups[-1].append(item)
    rng.shuffle(groups)
    yield from groups


def tensors(batch: list[dict[str, Any]], device: str) -> tuple[torch.Tensor, ...]:
    """Padded ids, mask and types, then start, end and answerable."""
    length = max(len(e["ids"]) for e in batch)

    def padded(key: str) -> torch.Tensor:
        return torch.tensor([e[key] + [0] * (length - len(e[key])) for e in batch], device=device)

    ids, types = padded("ids"), padded("types")
    mask = (ids != 0).long()
    targets = [torch.tensor([e[k] for e in batch], device=device) for k in ("start", "end")]
    answerable = torch.tensor([e["answerable"] for e in batch], device=device)
    return ids, mask, types, *targets, answerable


def train(
    model: SpanReader, encoded: list[dict[str, Any]], arguments: argparse.Namespace, device: str
) -> None:
    """Train for the time given; the learning rate follows the clock."""
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=arguments.rate, weight_decay=0.01)
    begun, total, step, epoch = time.monotonic(), arguments.minutes * 60, 0, 0
    average: list[torch.Tensor] | None = None
    averaged = 0
    model.train()
    while True:
        for batch in batches(encoded, arguments.seed + epoch):
            share = (time.monotonic() - begun) / total
            if share >= 1:
                if average is not None:
                    for parameter, mean in zip(trained, average, strict=True):
                        parameter.data.copy_(mean)
                return
            rate = arguments.rate * min(1.0, share / 0.05) * (1 - share)
            for group in optimiser.param_groups:
                group["lr"] = rate
            ids, mask, types, start, end, answerable = tensors(batch, device)
            starts, ends, logit = model(ids, mask, types)
            blocked = (types == 0) & (torch.arange(ids.shape[1], device=device) > 0)
            starts = starts.masked_fill(blocked | (mask == 0), -1e4)
            ends = ends.masked_fill(blocked | (mask == 0), -1e4)
            loss = (
                nn.functional.cross_entropy(starts, start)
                + nn.functional.cross_entropy(ends, end)
                + nn.functional.binary_cross_entropy_with_logits(logit, answerable)
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            step += 1
            if share > 0.8:
                averaged += 1
                if average is None:
                    average = [p.data.clone() for p in trained]
                else:
                    for mean, parameter in zip(average, trained, strict=True):
                        mean += (parameter.data - mean) / averaged
            if step % 20 == 0:
                print(f"{share:.3f} epoch {epoch} step {step} loss {loss.item():.3f}", flush=True)
        epoch += 1


@torch.no_grad()
def evaluate(
    model: SpanReader, tokenizer: Tokenizer, examples: list[Example], device: str
) -> dict[str, float]:
    """Exact match on answerable examples and AUROC of each no-answer score."""
    from sklearn.metrics import roc_auc_score

    model.eval()
    margins, logits, labels, exact = [], [], [], []
    for example in examples[:800]:
        encoding = tokenizer.encode(example.question, example.passage)
        item = {"ids": encoding.ids, "types": encoding.type_ids, "start": 0, "end": 0}
        ids, mask, types, *_ = tensors([item | {"answerable": 0.0}], device)
        starts, ends, logit = (t.float().cpu()[0] for t in model(ids, mask, types))
        best, s, e = best_span(starts, ends, encoding.type_ids)
        margins.append(best - float(starts[0] + ends[0]))
        logits.append(float(logit))
        labels.append(example.start >= 0)
        if example.start >= 0:
            text = example.passage[encoding.offsets[s][0] : encoding.offsets[e][1]]
            exact.append(text.strip(" .,;\"'").lower() in {a.lower() for a in example.accepted})
    both = [m / 4 + x for m, x in zip(margins, logits, strict=True)]
    return {
        "exact": sum(exact) / max(1, len(exact)),
        "auroc_margin": float(roc_auc_score(labels, margins)),
        "auroc_logit": float(roc_auc_score(labels, logits)),
        "auroc_both": float(roc_auc_score(labels, both)),
    }


def best_span(
    starts: torch.Tensor, ends: torch.Tensor, types: list[int], longest: int = 30
) -> tuple[float, int, int]:
    """The highest sum of start and end logit within the passage."""
    best = (-math.inf, 0, 0)
    inside = [i for i, t in enumerate(types) if t == 1][:-1]
    for s in inside:
        for e in inside[inside.index(s) : inside.index(s) + longest]:
            score = float(starts[s] + ends[e])
            if score > best[0]:
                best = (score, s, e)
    return best


if __name__ == "__main__":
    main()
