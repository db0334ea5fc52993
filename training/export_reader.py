"""Write the trained reader as int8 ONNX, with its tokenizer, ready to ship.

python -m training.export_reader --weights FOLDER/reader.pt --output service/reader_model
"""

import argparse
import shutil
import tempfile
import warnings
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from index.models import file_sha256, find_model
from training.model import OUTPUTS, RecordReader
from training.teacher import TEACHER


def main() -> None:
    """Export and quantise; print the SHA-256 to pin in ``index/models.py``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    model = RecordReader()
    model.load_state_dict(torch.load(arguments.weights, weights_only=True))
    model.eval()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = Path(folder) / "reader.onnx"
        export(model, exported)
        quantize_dynamic(
            exported,
            arguments.output / "model.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            # Seven bits: with eight, processors without VNNI add up products in 16 bits that
            # overflow, and logits were off by .17 instead of .01 on average.
            reduce_range=True,
        )
    shutil.copyfile(
        find_model(TEACHER).folder / "tokenizer.json", arguments.output / "tokenizer.json"
    )
    size = (arguments.output / "model.onnx").stat().st_size
    print(f"{size / 1e6:.1f} MB, SHA-256 {file_sha256(arguments.output / 'model.onnx')}")


def export(model: RecordReader, path: Path) -> None:
    """Write ``model`` as float32 ONNX with any batch and length."""
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    example = torch.ones(2, 9, dtype=torch.long)
    torch.onnx.export(
        model,
        (example, example, torch.zeros_like(example)),
        str(path),
        input_names=inputs,
        output_names=list(OUTPUTS),
        dynamic_axes={n: {0: "batch", 1: "tokens"} for n in [*inputs, *OUTPUTS[:3]]}
        | {n: {0: "batch"} for n in OUTPUTS[3:]},
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
