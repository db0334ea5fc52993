"""Finding the answering words, with logits written by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from index.chunking import passages_of
from service.span_reader import OnnxSpanReader, best_span, window
from tests.fakes_answering import document, only_passage

NONE = -9.0


def logits(length: int, **at: float) -> Any:
    """``length`` low logits but for ``t<position>=value``."""
    values = np.full(length, NONE, dtype=np.float32)
    for name, value in at.items():
        values[int(name[1:])] = value
    return values


def test_span_of_the_highest_sum_is_best() -> None:
    starts, ends = logits(8, t3=5, t5=4), logits(8, t3=1, t4=2, t6=6)
    assert best_span(starts, ends, np.arange(2, 8)) == (11.0, 3, 6)


def test_span_never_ends_before_it_begins() -> None:
    starts, ends = logits(8, t6=5), logits(8, t2=9, t7=1)
    assert best_span(starts, ends, np.arange(2, 8)) == (6.0, 6, 7)


def test_span_lies_inside_the_passage() -> None:
    starts, ends = logits(8, t0=9, t3=2), logits(8, t0=9, t4=1, t7=9)
    assert best_span(starts, ends, np.arange(2, 7)) == (3.0, 3, 4)


def test_span_has_at_most_thirty_tokens() -> None:
    starts, ends = logits(60, t5=5), logits(60, t34=1, t35=9)
    assert best_span(starts, ends, np.arange(2, 60)) == (6.0, 5, 34)


def sentence(words: int) -> str:
    return "Rope " + "rope " * (words - 2) + "end."


def test_window_takes_the_sentence_before_first_then_the_one_after() -> None:
    passage = only_passage(" ".join([sentence(20)] * 4))
    assert len(passage.sentences) == 4
    assert window(passage, 0) == (passage.sentences[0][0], passage.sentences[2][1])
    assert window(passage, 2) == (passage.sentences[1][0], passage.sentences[3][1])
    assert window(passage, 3) == (passage.sentences[1][0], passage.sentences[3][1])


def test_window_holds_at_most_sixty_words_but_always_the_sentence() -> None:
    passage = only_passage(" ".join(sentence(n) for n in (10, 90, 10)))
    assert window(passage, 1) == passage.sentences[1]
    passage = only_passage(" ".join(sentence(n) for n in (31, 30, 10)))
    assert window(passage, 1) == passage.sentences[1]
    passage = only_passage(" ".join(sentence(n) for n in (30, 30, 10)))
    assert window(passage, 1) == (passage.sentences[0][0], passage.sentences[1][1])
    short = only_passage("One. Two. Three.")
    assert window(short, 1) == (short.start, short.end)


def reader_of(starts: Any, ends: Any, answerable: float) -> OnnxSpanReader:
    """A span reader of words, whose network says what is given."""
    vocabulary = {"[CLS]": 0, "[SEP]": 1, "[UNK]": 2}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 0), ("[SEP]", 1)],
    )
    reader = OnnxSpanReader.__new__(OnnxSpanReader)
    reader._tokenizer = tokenizer
    answer = [starts[None, :], ends[None, :], np.asarray([answerable])]
    reader._session = SimpleNamespace(run=lambda outputs, feed: answer)
    return reader


def test_span_is_given_in_document_offsets_with_its_margin_over_no_answer() -> None:
    long = sentence(15)
    *_, passage = passages_of(document("d", long, "The lamp was lit by Anna Holm in 1931 at noon."))
    # [CLS] Who lit it? [SEP] The lamp was lit by Anna Holm in 1931 at noon. [SEP]
    #   0    1   2   3    4    5    6   7   8  9  10   11   12  13  14  15    16
    starts, ends = logits(17, t0=1, t10=4), logits(17, t0=0.5, t11=3)
    reading = reader_of(starts, ends, 0.75).read("Who lit it?", passage, 0)
    assert reading is not None
    text = f"{long}\n\n{passage.text}"
    assert text[reading.start : reading.end] == "Anna Holm"
    assert reading.margin == pytest.approx((4 + 3) - (1 + 0.5))
    assert reading.answerable == pytest.approx(0.75)


def test_margin_is_negative_when_no_answer_is_likelier() -> None:
    passage = only_passage("The lamp was lit.")
    starts, ends = logits(9, t0=6, t5=1), logits(9, t0=6, t6=1)
    reading = reader_of(starts, ends, -3.0).read("Who did?", passage, 0)
    assert reading is not None
    assert reading.margin == pytest.approx(2 - 12)


def test_passage_without_a_token_is_not_read() -> None:
    reader = reader_of(logits(4), logits(4), 0.0)
    reader._tokenizer.normalizer = normalizers.Replace("~", "")
    assert reader.read("who", only_passage("~"), 0) is None
