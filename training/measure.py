"""Figures of a reader on windows of articles that it was not trained on, as the service reads them.

python -m training.measure --dataset DIR [--model service/reader_model]

DIR holds corpus.jsonl and questions.jsonl. Prints JSON. The gold paragraph is given, so retrieval
plays no part; ``python -m eval`` measures the whole.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from eval.spans import exact_match, token_f1
from index.onnx_session import open_session
from index.types import Passage
from service.record_reader import RecordReader
from service.windows import Window
from training.examples import Example, read_examples

SHIPPED = Path("service/reader_model")


def main() -> None:
    """Read every window of the data set, print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True, metavar="DIR")
    parser.add_argument("--model", type=Path, default=SHIPPED, metavar="DIR")
    arguments = parser.parse_args()
    examples = read_examples(arguments.dataset, negatives=False)
    print(json.dumps(measure(reader_in(arguments.model), examples), indent=2))


def reader_in(folder: Path, threads: int = 2) -> RecordReader:
    """The reader in ``folder``: ``model.onnx`` and ``tokenizer.json``."""
    session = open_session((folder / "model.onnx").read_bytes())
    return RecordReader(folder.name, session, (folder / "tokenizer.json").read_bytes(), threads)


def measure(reader: RecordReader, examples: Sequence[Example]) -> dict[str, float]:
    """Return the figures, each better when higher.

    Of the answerable windows: ``exact`` and ``f1`` of the best span, whether believed or not, and
    ``sentence``, the share whose answering sentence is chosen. Of all: the AUROC of answerable
    against unanswerable windows by each score.
    """
    from sklearn.metrics import roc_auc_score

    scores: dict[str, list[float]] = {"margin": [], "answerable": [], "relevance": [], "both": []}
    exact, f1, sentence, labels = [], [], [], []
    for example in examples:
        window = _window(example)
        (reading,) = reader.read(example.question, [window])
        margin = reading.span.margin if reading.span else -99.0
        scores["margin"].append(margin)
        scores["answerable"].append(reading.answerable)
        scores["relevance"].append(reading.relevance)
        # Two logits stand behind a margin, for its start and its end.
        scores["both"].append(margin / 2 + reading.answerable)
        labels.append(example.start >= 0)
        if example.start >= 0:
            start, end = (reading.span.start, reading.span.end) if reading.span else (0, 0)
            said = example.passage[start:end]
            exact.append(exact_match(said, example.accepted))
            f1.append(token_f1(said, example.accepted))
            begin, stop = window.sentences[reading.sentence]
            sentence.append(begin <= example.start < stop)
    figures: dict[str, float] = {"windows": len(labels), "answerable": len(exact)}
    if exact:
        figures |= {
            "exact": sum(exact) / len(exact),
            "f1": sum(f1) / len(f1),
            "sentence": sum(sentence) / len(sentence),
        }
    if 0 < len(exact) < len(labels):
        figures |= {f"auroc_{n}": float(roc_auc_score(labels, v)) for n, v in scores.items()}
    return {name: round(value, 4) for name, value in figures.items()}


def _window(example: Example) -> Window:
    length = len(example.passage)
    passage = Passage(0, example.id, example.id, example.passage, 0, length, 1, example.sentences)
    return Window(passage, 0, len(example.sentences))


if __name__ == "__main__":
    main()
