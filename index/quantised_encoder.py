"""An exported encoder in 8-bit integers, for embedding many texts on a processor.

Weights become signed integers per output channel, in 7 bits, because without VNNI instructions
two products of 8 bits overflow the 16 that they are summed in. Activations are scaled for each
text when it is read. A few of their channels are far larger than the rest and would cost those
their precision; so, after SmoothQuant (Xiao et al., 2023), each channel ``j`` is divided by
``max|X_j|^a / max|W_j|^(1 - a)`` and the weights are multiplied by it, which changes nothing in
exact arithmetic. ``max|X_j|`` is taken over the texts below, never over a corpus, so that the same
model always gives the same integers. What enters the narrowing product of a feed-forward layer is
the hardest to scale: those products, a third of the work, stay in float32.
"""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.onnx_session import open_session

RECIPE = "smooth-0.5-int8-1"
"""Recorded with the vectors; raise the number when anything here changes what comes out."""
ALPHA = 0.5
_SMALLEST = 1e-5
CALIBRATION = (
    "Who opened the meeting, and when did it end?",
    "Harbour",
    "The committee met on 14 March 2019 in room 204; eleven of its 15 members were present.",
    "Ferries leave the northern pier every hour, and a crossing takes about twenty-five minutes "
    "unless the wind is strong. Tickets (€3.50 for adults, half of that for children) are sold on "
    "board. In winter the last boat leaves at 18:45.",
    "Dr. Moreau's team measured the protein's activity in 312 patients: it fell by 41 % (p < .01), "
    "which supports the hypothesis that the receptor is blocked rather than destroyed.",
    "Annual report\nRevenue\nRevenue rose from $2.1 million to $3.4 million, mainly because the "
    "second factory was opened in Q3; costs rose by less. The board proposes no dividend.",
    "Ngô Phương Lan nói rằng hội thảo mở ra cơ hội hợp tác mới giữa hai nền điện ảnh.",
    "La réunion s'est tenue à Paris; les participants ont adopté la résolution à l'unanimité.",
    "Der Ausschuss für Bildung und Forschung hat den Antrag am Montag abgelehnt.",
    "def area(radius): return 3.14159 * radius ** 2  # square metres",
    "1. Open the lid. 2. Fill in water. 3. Close it and wait for the green light.",
    "In the old town, a song was sung of a river that forgot the sea, and of a miller's daughter "
    "who walked along its banks for forty years, asking every stone whether it had been the one "
    "on which he used to sit.",
)


def quantise(model: bytes, tokenizer: bytes, max_tokens: int) -> bytes:
    """Return ``model`` (ONNX, with ``input_ids`` as its input) with integer products."""
    import onnx
    from onnx import numpy_helper
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph_model = onnx.load_from_string(model)
    graph = graph_model.graph
    weights = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = [n for n in graph.node if n.op_type == "MatMul" and n.input[1] in weights]
    left = {n.name for n in found if np.greater(*weights[n.input[1]].shape[-2:])}
    products: dict[str, list[Any]] = {}
    for node in found:
        if node.name not in left:
            products.setdefault(node.input[0], []).append(node)
    largest = _largest_activations(model, tokenizer, max_tokens, list(products))
    for name, nodes in products.items():
        _smooth(graph, name, nodes, weights, largest[name])
    used = {i for node in graph.node for i in node.input}
    kept = [i for i in graph.initializer if i.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.onnx"), Path(folder, "target.onnx")
        onnx.save(graph_model, str(source))
        _quietly(
            quantize_dynamic,
            source,
            target,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=sorted(left),
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
        return target.read_bytes()


def _smooth(
    graph: Any,
    name: str,
    nodes: list[Any],
    weights: Mapping[str, npt.NDArray[np.float32]],
    largest: npt.NDArray[np.float32],
) -> None:
    """Divide the channels of tensor ``name``, multiply the weights of ``nodes`` that read it."""
    from onnx import helper, numpy_helper

    matrices = [weights[node.input[1]] for node in nodes]
    of_weights = np.max([np.abs(m).max(axis=1) for m in matrices], axis=0)
    scale = (
        np.maximum(largest, _SMALLEST) ** ALPHA / np.maximum(of_weights, _SMALLEST) ** (1 - ALPHA)
    ).astype(np.float32)
    place = min(i for i, n in enumerate(graph.node) if n.name in {node.name for node in nodes})
    division = helper.make_node("Mul", [name, f"{name}_smoothing"], [f"{name}_smoothed"])
    graph.node.insert(place, division)
    graph.initializer.append(numpy_helper.from_array(1 / scale, f"{name}_smoothing"))
    for number, (node, matrix) in enumerate(zip(nodes, matrices, strict=True)):
        smoothed = f"{name}_weights_{number}"
        graph.initializer.append(numpy_helper.from_array(matrix * scale[:, None], smoothed))
        node.input[0], node.input[1] = f"{name}_smoothed", smoothed


def _largest_activations(
    model: bytes, tokenizer: bytes, max_tokens: int, names: list[str]
) -> Mapping[str, npt.NDArray[np.float32]]:
    """For each named tensor the largest magnitude of each of its channels, ``(channels,)``."""
    import onnx
    from onnx import helper
    from tokenizers import Tokenizer

    watched = onnx.load_from_string(model)
    for name in names:
        watched.graph.output.append(helper.make_empty_tensor_value_info(name))
    session = open_session(watched.SerializeToString())
    reader = Tokenizer.from_str(tokenizer.decode("utf-8"))
    reader.enable_truncation(max_tokens)
    reader.no_padding()
    largest: dict[str, npt.NDArray[np.float32]] = {}
    for encoding in reader.encode_batch(list(CALIBRATION)):
        ids = np.asarray([encoding.ids], dtype=np.int64)
        for name, value in zip(names, session.run(names, {"input_ids": ids}), strict=True):
            of_text = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            largest[name] = np.maximum(largest.get(name, of_text), of_text)
    return largest


def _quietly(work: Any, *arguments: Any, **options: Any) -> None:
    """Call ``work`` without its advice to the root logger, or the handler that it adds there."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.setLevel(logging.ERROR)
    try:
        work(*arguments, **options)
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
