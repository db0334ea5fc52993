"""Opening a model on ONNX Runtime in the one way that suits a service on few cores."""

import onnxruntime


def open_session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """Open verified ``model`` bytes on the CPU with ``threads`` threads.

    Waiting threads sleep rather than spin: on two cores a spinning thread takes the time of the
    one that it waits for.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
