"""The readers, with networks that say what is written by hand, and the real ones."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from index.chunking import passages_of
from index.models import find_model
from index.onnx_session import open_session
from service.cross_encoder import CrossEncoder
from service.extractive_qa import ExtractiveQa
from service.paired_reader import PairedReader
from service.reader import Reading, Span
from service.record_reader import RecordReader
from service.windows import Window, windows_of
from tests.fakes_answering import document, only_passage
from tests.unit.answering.test_spans import logits


def word_tokenizer(clean: str = "") -> bytes:
    """A tokenizer of words; ``clean`` is taken out of the text first."""
    vocabulary = {"[CLS]": 0, "[SEP]": 1, "[UNK]": 2}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if clean:
        tokenizer.normalizer = normalizers.Replace(clean, "")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 0), ("[SEP]", 1)],
    )
    return tokenizer.to_str().encode()


def session(*outputs: Any) -> Any:
    inputs = [SimpleNamespace(name=n) for n in ("input_ids", "attention_mask", "token_type_ids")]
    return SimpleNamespace(run=lambda names, feed: list(outputs), get_inputs=lambda: inputs)


def own_reader(starts: Any, ends: Any, sentences: Any, clean: str = "") -> RecordReader:
    """Our reader, whose network finds answerability .75 and relevance 2.5."""
    network = session(
        starts[None], ends[None], sentences[None], np.asarray([0.75]), np.asarray([2.5])
    )
    return RecordReader("by hand", network, word_tokenizer(clean))


def last_window() -> tuple[str, Window]:
    """The window of a second passage, and the document's text."""
    long = "Rope " + "rope " * 13 + "end."
    *_, passage = passages_of(document("d", long, "The lamp was lit by Anna Holm. It burned on."))
    (window,) = windows_of(passage, 80)
    return f"{long}\n\n{passage.text}", window


# [CLS] Who lit it? [SEP] The lamp was lit by Anna Holm. It burned on. [SEP]
#   0    1   2   3    4    5    6   7   8  9  10   11   12   13    14    15


def test_one_pass_gives_span_sentence_answerability_and_relevance() -> None:
    text, window = last_window()
    starts, ends = logits(16, t0=1, t10=4), logits(16, t0=0.5, t11=3)
    # The second sentence has the highest logit but the first the highest mean.
    sentences = logits(16, t5=2, t6=2, t7=2, t8=2, t9=2, t10=2, t11=2, t12=-3, t13=-3, t14=5)
    (reading,) = own_reader(starts, ends, sentences).read("Who lit it?", [window])
    assert reading.span is not None
    assert text[reading.span.start : reading.span.end] == "Anna Holm."
    assert reading.span.margin == pytest.approx((4 + 3) - (1 + 0.5))
    assert reading.sentence == window.first
    assert (reading.answerable, reading.relevance) == (0.75, 2.5)


def test_margin_is_negative_when_no_answer_is_likelier() -> None:
    _, window = last_window()
    starts, ends = logits(16, t0=6, t5=1), logits(16, t0=6, t6=1)
    (reading,) = own_reader(starts, ends, logits(16)).read("Who lit it?", [window])
    assert reading.span is not None
    assert reading.span.margin == pytest.approx(2 - 12)


def test_best_sentence_is_counted_from_the_passages_first() -> None:
    passage = only_passage("The lamp was lit by Anna Holm. It burned on.")
    window = Window(passage, 1, 2)
    # [CLS] Who? [SEP] It burned on. [SEP]
    reader = own_reader(logits(7, t3=1), logits(7, t3=1), logits(7, t4=1))
    (reading,) = reader.read("Who?", [window])
    assert reading.sentence == 1
    assert reading.span is not None
    assert passage.text[reading.span.start : reading.span.end] == "It"


def test_window_without_a_token_has_no_span() -> None:
    passage = only_passage("~")
    (window,) = windows_of(passage, 80)
    reader = own_reader(logits(4), logits(4), logits(4), clean="~")
    assert reader.read("who", [window]) == [Reading(0, 2.5, 0.75)]


def test_windows_are_read_in_their_order_whatever_the_threads() -> None:
    passage = only_passage("The lamp was lit. It burned on.")
    windows = [Window(passage, n % 2, n % 2 + 1) for n in range(7)]
    network = SimpleNamespace(
        run=lambda names, feed: [
            *(np.zeros((1, feed["input_ids"].shape[1]), np.float32) for _ in range(3)),
            np.asarray([0.0]),
            np.asarray([float(feed["input_ids"].shape[1])]),
        ]
    )
    reader = RecordReader("by hand", network, word_tokenizer(), threads=3)
    assert [r.relevance for r in reader.read("who", windows)] == [8.0, 7.0] * 3 + [8.0]
    reader.close()
    with pytest.raises(RuntimeError):
        reader.read("who", windows)


def paired(*outputs: Any) -> PairedReader:
    """A cross-encoder that likes long texts, beside a network that says what is given."""
    network: Any = SimpleNamespace(
        run=lambda names, feed: [np.asarray([[float(feed["input_ids"].shape[1])]])],
        get_inputs=lambda: [SimpleNamespace(name="input_ids")],
    )
    answering = ExtractiveQa("qa", session(*outputs), word_tokenizer()) if outputs else None
    return PairedReader(CrossEncoder("ce", network, word_tokenizer()), answering)


def test_any_cross_encoder_chooses_the_sentence() -> None:
    passage = only_passage("It burned. The lamp was lit by Anna Holm. It burned on.")
    reader = paired()
    assert reader.name == "ce"
    assert reader.read("Who?", windows_of(passage, 80)) == [Reading(1, 11.0)]


def test_any_question_answering_model_beside_it_finds_the_words() -> None:
    text, window = last_window()
    reader = paired(logits(16, t0=1, t10=4)[None], logits(16, t0=0.5, t11=3)[None])
    assert reader.name == "ce+qa"
    (reading,) = reader.read("Who lit it?", [window])
    at = text.index("Anna Holm.")
    assert reading == Reading(window.first, 13.0, 5.5, Span(at, at + len("Anna Holm."), 5.5))


def shipped(name: str) -> tuple[Any, bytes]:
    files = find_model(name)
    return open_session(files.weights.read_bytes()), (files.folder / "tokenizer.json").read_bytes()


ALIKE = [
    (
        "Who repaired the bell of the tower?",
        "The bell of the tower is rung each evening at six.",
        "Marta Lindqvist mended the tower's bell in the spring.",
        "Marta Lindqvist",
    ),
    (
        "How many boats sank in the storm?",
        "The storm came from the north and lasted a day.",
        "Eleven boats went down when the storm came.",
        "Eleven",
    ),
]


@pytest.mark.parametrize(("question", "wrong", "right", "words"), ALIKE)
def test_shipped_reader_finds_the_answer_beside_a_sentence_on_the_same_matter(
    question: str, wrong: str, right: str, words: str
) -> None:
    reader = RecordReader("record-reader-2", *shipped("record-reader-2"))
    passage = only_passage(f"{wrong} {right}")
    both, without = reader.read(question, [*windows_of(passage, 80), Window(passage, 0, 1)])
    assert both.sentence == 1
    assert both.span is not None and without.span is not None
    assert passage.text[both.span.start : both.span.end] in (words, right, f"{words} boats")
    assert both.span.margin > without.span.margin + 2
    assert both.answerable > without.answerable
    assert both.relevance > without.relevance


@pytest.mark.parametrize(("question", "wrong", "right", "words"), ALIKE)
def test_real_cross_encoder_chooses_the_sentence_that_answers(
    question: str, wrong: str, right: str, words: str
) -> None:
    name = "ms-marco-MiniLM-L-12-v2-int8"
    reader = PairedReader(CrossEncoder(name, *shipped(name)), None)
    (reading,) = reader.read(question, windows_of(only_passage(f"{wrong} {right}"), 80))
    assert reading.sentence == 1
