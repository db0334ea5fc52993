"""Opening the reader that an index was built for."""

from index.errors import ModelError
from index.onnx_session import open_session
from index.searchable import Searchable
from service.cross_encoder import CrossEncoder
from service.extractive_qa import ExtractiveQa
from service.paired_reader import PairedReader
from service.reader import Reader
from service.record_reader import OUTPUTS, RecordReader


def open_reader(index: Searchable, threads: int) -> Reader:
    """Return our own reader, or the two models that stand in its place.

    Raises IndexMismatch when a model that the index names is not the one installed here, and
    ModelError when it is not of the kind that its role asks for.
    """
    first = index.open_model("reader")
    if first is None:
        raise ModelError("the index names no reader: build it again with --reader")
    session = open_session(first.weights)
    outputs = {output.name for output in session.get_outputs()}
    if set(OUTPUTS) <= outputs:
        return RecordReader(first.name, session, first.tokenizer, threads)
    if len(outputs) != 1:
        raise ModelError(
            f"model {first.name!r} gives {sorted(outputs)}: a reader is a cross-encoder with one "
            "logit; give an extractive question answering model as --span-reader"
        )
    answering = None
    if second := index.open_model("span_reader"):
        answering = ExtractiveQa(second.name, open_session(second.weights), second.tokenizer)
    return PairedReader(CrossEncoder(first.name, session, first.tokenizer), answering, threads)
