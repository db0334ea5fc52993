"""What the reader learns: tensors and losses worked out by hand; the weights it starts from."""

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from index.models import find_model  # noqa: E402
from index.onnx_session import open_session  # noqa: E402
from service.cross_encoder import CrossEncoder  # noqa: E402
from training.batching import Batch, batches, collate, encode, reader_tokenizer  # noqa: E402
from training.examples import Example  # noqa: E402
from training.losses import relevance_loss, sentence_loss, span_loss  # noqa: E402
from training.model import Logits  # noqa: E402
from training.teacher import TEACHER  # noqa: E402
from training.train_reader import fresh_reader  # noqa: E402

PASSAGE = "It rained. Anna Holm lit the lamp."
SENTENCES = ((0, 10), (11, 34))
# [CLS] who lit it ? [SEP] it rained . anna holm lit the lamp . [SEP]
#   0    1   2  3  4   5    6    7   8   9   10  11  12   13  14  15
ANSWER = Example("a", "answer", "Who lit it?", PASSAGE, SENTENCES, 11, 20)
NONE = Example("n", "unanswerable", "Who lit it?", PASSAGE, SENTENCES)


def batch(*examples: Example) -> Batch:
    tokenizer = reader_tokenizer()
    items = [encode(tokenizer, e, [1.0, 5.0]) for e in examples]
    return collate([i for i in items if i], "cpu")


def logits(rows: int, tokens: int = 16, **at: Any) -> Logits:
    """All 0 but for what is given, as ``{token: value}`` in every row."""
    made = {}
    for name in ("start", "end", "sentence"):
        values = torch.zeros(rows, tokens)
        for token, value in at.get(name, {}).items():
            values[:, token] = value
        made[name] = values
    relevance = torch.full((rows,), at.get("relevance", 0.0))
    return Logits(**made, answerable=torch.zeros(rows), relevance=relevance)


def test_answer_and_sentences_are_found_among_the_tokens() -> None:
    item = encode(reader_tokenizer(), ANSWER, [1.0, 5.0])
    assert item is not None
    assert (item.start, item.end, item.gold) == (9, 10, 1)
    assert item.sentence_of == [-1] * 6 + [0] * 3 + [1] * 6 + [-1]


def test_example_without_answer_points_at_the_first_token() -> None:
    item = encode(reader_tokenizer(), NONE, [1.0, 5.0])
    assert item is not None
    assert (item.start, item.end, item.gold) == (0, 0, -1)


def test_answer_that_truncation_cut_off_is_left_out() -> None:
    tokenizer = reader_tokenizer()
    tokenizer.enable_truncation(10, strategy="only_second")
    assert encode(tokenizer, ANSWER, [1.0, 5.0]) is None
    short = encode(tokenizer, NONE, [1.0, 5.0])
    assert short is not None
    # The second sentence has no token left, so it is not there to be chosen.
    assert collate([short], "cpu").sentences.tolist() == [[True, False]]


def test_batches_hold_each_example_once_and_not_too_many_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.batching.BATCH_TOKENS", 40)
    item = encode(reader_tokenizer(), NONE, [1.0, 5.0])
    assert item is not None
    made = list(batches([item] * 7, seed=1))
    assert sorted(len(b) for b in made) == [1, 2, 2, 2]


def test_span_loss_is_the_cross_entropy_over_passage_and_no_answer() -> None:
    # 9 tokens of the passage and the first one are allowed, all alike but for the answer's.
    given = logits(1, start={9: 2.0, 2: 99.0}, end={10: 1.0, 15: 99.0})
    expected = -2.0 + math.log(9 + math.e**2) - 1.0 + math.log(9 + math.e)
    assert span_loss(given, batch(ANSWER)).item() == pytest.approx(expected, rel=1e-5)


def test_sentence_loss_is_imitation_and_where_known_the_answering_sentence() -> None:
    # The mean over three tokens is 1, over the other six 0.
    given = logits(1, sentence={6: 3.0})
    teacher = [1 / (1 + math.e**2), math.e**2 / (1 + math.e**2)]  # (1, 5) at temperature 2
    student = [math.e**0.5 / (1 + math.e**0.5), 1 / (1 + math.e**0.5)]
    imitation = sum(t * math.log(t / s) for t, s in zip(teacher, student, strict=True))
    assert sentence_loss(given, batch(NONE)).item() == pytest.approx(imitation, rel=1e-5)
    known = math.log(1 + math.e)  # of 0 against 1
    total = sentence_loss(given, batch(ANSWER)).item()
    assert total == pytest.approx(imitation + known, rel=1e-5)


def test_relevance_is_taught_the_teachers_best_sentence() -> None:
    assert relevance_loss(logits(1, relevance=5.0), batch(NONE)).item() == 0.0
    # A difference of 4 is 1 on its scale: the smooth loss is a half.
    assert relevance_loss(logits(1, relevance=1.0), batch(NONE)).item() == pytest.approx(0.5)


def test_training_starts_from_the_teachers_judgement() -> None:
    files = find_model(TEACHER)
    tokenizer = (files.folder / "tokenizer.json").read_bytes()
    teacher = CrossEncoder(TEACHER, open_session(files.weights.read_bytes()), tokenizer)
    model = fresh_reader(frozen_layers=12).eval()
    assert not any(p.requires_grad for p in model.bert.parameters())
    for text in ("Anna Holm lit the lamp.", "The weather was fine."):
        encoded = reader_tokenizer().encode("Who lit it?", text)
        ids = torch.tensor([encoded.ids])
        with torch.no_grad():
            given = model(ids, torch.ones_like(ids), torch.tensor([encoded.type_ids]))
        # The teacher computes in 8 bits.
        assert given.relevance.item() == pytest.approx(teacher.score("Who lit it?", text), abs=0.6)
