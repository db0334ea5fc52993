"""Float weights from the int8 export of ms-marco-MiniLM-L-12-v2, to train on from.

No model hub is needed: the export keeps a scale and a zero point beside each quantised matrix,
and ``(q - zero_point) * scale`` gives the weight back to within half a step.
"""

import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper


def dequantised(path: Path) -> dict[str, torch.Tensor]:
    """Return float32 weights of the encoder, named as in transformers' ``BertModel``.

    With them come its judgement of relevance: ``pooler.dense`` and ``classifier``.
    """
    graph = onnx.load(path).graph
    stored = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    weights: dict[str, torch.Tensor] = {}
    for name, array in stored.items():
        if name.startswith("bert.") and not re.search(r"_(quantized|scale|zero_point)$", name):
            weights[name.removeprefix("bert.")] = torch.tensor(array)
        elif name.startswith("bert.") and name.endswith("_quantized"):
            base = name.removesuffix("_quantized")
            weights[base.removeprefix("bert.")] = torch.tensor(_floats(stored, base))
    for node in graph.node:
        # MatMul nodes are named by their module; ONNX holds their matrices transposed.
        place = re.fullmatch(r"/bert/(encoder/.+)/MatMul_quant", node.name)
        if place and node.input[1].endswith("_quantized"):
            name = place.group(1).replace("/", ".") + ".weight"
            base = node.input[1].removesuffix("_quantized")
            weights[name] = torch.tensor(_floats(stored, base).T.copy())
    for stem in ("bert.pooler.dense", "classifier"):
        layer = stem.removeprefix("bert.")
        weights[f"{layer}.weight"] = torch.tensor(_floats(stored, f"{stem}.weight").T.copy())
        weights[f"{layer}.bias"] = torch.tensor(stored[f"{stem}.bias"])
    return weights


def _floats(stored: dict[str, np.ndarray], base: str) -> np.ndarray:
    quantised = stored[f"{base}_quantized"].astype(np.float32)
    zero = stored[f"{base}_zero_point"].astype(np.float32)
    return (quantised - zero) * stored[f"{base}_scale"].astype(np.float32)
