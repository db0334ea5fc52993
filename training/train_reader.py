"""Train the reader on two cores or on a GPU.

    python -m training.train_reader --data DIR --validation DIR --output FOLDER --minutes 75

DIR holds corpus.jsonl and questions.jsonl. The learning rate falls linearly to zero at the end of
the time given, so a run is complete whatever the machine's speed. Weights are averaged over the
last part of the run.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from index.models import find_model
from training.batching import Encoded, batches, collate, encode, reader_tokenizer
from training.examples import read_examples
from training.export_reader import export
from training.initial_weights import dequantised
from training.losses import loss
from training.measure import measure, reader_in
from training.model import RecordReader
from training.teacher import TEACHER, sentence_logits

AVERAGED = 0.25
"""Share of the run, at its end, over which the weights are averaged."""


def main() -> None:
    """Train, report on the validation set, save the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--frozen-layers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    random.seed(arguments.seed)
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    examples = read_examples(arguments.data, arguments.seed)
    teacher = sentence_logits(examples, output / "teacher.json", arguments.threads)
    tokenizer = reader_tokenizer()
    encoded = [
        item
        for example, logits in zip(examples, teacher, strict=True)
        if (item := encode(tokenizer, example, logits))
    ]
    print(f"{len(encoded)} examples, {device}", flush=True)
    model = fresh_reader(arguments.frozen_layers).to(device)
    train(model, encoded, arguments, device)
    torch.save(model.state_dict(), output / "reader.pt")
    export(model.cpu().eval(), output / "model.onnx")
    tokenizer.no_truncation()
    tokenizer.save(str(output / "tokenizer.json"))
    validation = read_examples(arguments.validation, negatives=False)
    figures = measure(reader_in(output, arguments.threads), validation)
    print(json.dumps(figures), flush=True)
    (output / "figures.json").write_text(json.dumps(figures, indent=2))


def fresh_reader(frozen_layers: int) -> RecordReader:
    """The teacher's encoder and judgement of relevance, with new heads for the rest."""
    model = RecordReader()
    weights = dequantised(find_model(TEACHER).weights)
    missing = model.bert.load_state_dict(weights, strict=False).missing_keys
    if missing:
        raise SystemExit(f"weights that the export lacks: {missing}")
    for place, name in ((0, "pooler.dense"), (2, "classifier")):
        values = {k: weights[f"{name}.{k}"] for k in ("weight", "bias")}
        model.relevance[place].load_state_dict(values)
    for name, parameter in model.bert.named_parameters():
        layer = name.split(".")[2] if name.startswith("encoder.layer.") else "-1"
        parameter.requires_grad = int(layer) >= frozen_layers
    return model


def train(
    model: RecordReader, encoded: Sequence[Encoded], arguments: argparse.Namespace, device: str
) -> None:
    """Train for the time given; the learning rate follows the clock."""
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=arguments.rate, weight_decay=0.01)
    begun, total, step, epoch, averaged = time.monotonic(), arguments.minutes * 60, 0, 0, 0
    average = [p.data.clone() for p in trained]
    model.train()
    while True:
        for items in batches(encoded, arguments.seed + epoch):
            share = (time.monotonic() - begun) / total
            if share >= 1:
                if averaged:
                    for parameter, mean in zip(trained, average, strict=True):
                        parameter.data.copy_(mean)
                return
            for group in optimiser.param_groups:
                group["lr"] = arguments.rate * min(1.0, share / 0.05) * (1 - share)
            batch = collate(items, device)
            value = loss(model(batch.ids, batch.mask, batch.types), batch)
            optimiser.zero_grad(set_to_none=True)
            value.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            step += 1
            if share > 1 - AVERAGED:
                averaged += 1
                for mean, parameter in zip(average, trained, strict=True):
                    mean += (parameter.data - mean) / averaged
            if step % 20 == 0:
                print(f"{share:.3f} epoch {epoch} step {step} loss {value.item():.3f}", flush=True)
            if step % 250 == 0:
                torch.save(model.state_dict(), arguments.output / "checkpoint.pt")
        epoch += 1


if __name__ == "__main__":
    main()
