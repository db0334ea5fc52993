"""What the reader is taught, head by head."""

import torch
from torch.nn import functional

from training.batching import Batch
from training.model import Logits

TEMPERATURE = 2.0
"""Softens the teacher's choice of sentence (Hinton et al., 2015)."""
RELEVANCE_SCALE = 4.0
"""About the spread of the teacher's logits."""
SENTENCE, RELEVANCE = 0.5, 0.5
"""Weights of these losses beside those of span and answerability, 1 each."""
NEVER = -1e4


def loss(logits: Logits, batch: Batch) -> torch.Tensor:
    """The weighted sum of all losses, a scalar."""
    return (
        span_loss(logits, batch)
        + functional.binary_cross_entropy_with_logits(logits.answerable, batch.answerable)
        + SENTENCE * sentence_loss(logits, batch)
        + RELEVANCE * relevance_loss(logits, batch)
    )


def span_loss(logits: Logits, batch: Batch) -> torch.Tensor:
    """Cross-entropy of first and last token; the first token of all stands for no answer."""
    allowed = batch.members.sum(1) > 0
    allowed[:, 0] = True
    return functional.cross_entropy(
        logits.start.masked_fill(~allowed, NEVER), batch.start
    ) + functional.cross_entropy(logits.end.masked_fill(~allowed, NEVER), batch.end)


def sentence_loss(logits: Logits, batch: Batch) -> torch.Tensor:
    """The answering sentence where it is known, and everywhere the teacher's preferences."""
    scores = torch.einsum("bst,bt->bs", batch.members, logits.sentence)
    scores = scores.masked_fill(~batch.sentences, NEVER)
    teacher = (batch.teacher / TEMPERATURE).masked_fill(~batch.sentences, NEVER)
    imitation = functional.kl_div(
        functional.log_softmax(scores / TEMPERATURE, -1),
        functional.softmax(teacher, -1),
        reduction="batchmean",
    )
    if not (batch.gold >= 0).any():
        return imitation
    return imitation + functional.cross_entropy(scores, batch.gold, ignore_index=-1)


def relevance_loss(logits: Logits, batch: Batch) -> torch.Tensor:
    """Distance to the teacher's logit of its best sentence."""
    best = batch.teacher.masked_fill(~batch.sentences, NEVER).max(-1).values
    return functional.smooth_l1_loss(logits.relevance / RELEVANCE_SCALE, best / RELEVANCE_SCALE)
