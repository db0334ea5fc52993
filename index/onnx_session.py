"""Opening a model on ONNX Runtime in the one way that suits a service on few cores."""

import onnxruntime


def open_session(model: bytes) -> onnxruntime.InferenceSession:
    """Open verified ``model`` bytes on the CPU, one thread a call.

    Several short inputs are read side by side, one call on each core: measured on two cores, that
    is faster than two threads on one input, and no thread has to spin while it waits.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
