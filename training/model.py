"""The reader's network: one encoder, heads for spans, sentences, answerability and relevance."""

from typing import NamedTuple

import torch
from torch import nn
from transformers import BertConfig, BertModel

CONFIG = BertConfig(
    vocab_size=30522,
    hidden_size=384,
    num_hidden_layers=12,
    num_attention_heads=12,
    intermediate_size=1536,
    hidden_dropout_prob=0.1,
    attention_probs_dropout_prob=0.1,
)
OUTPUTS = ("start", "end", "sentence", "answerable", "relevance")


class Logits(NamedTuple):
    """What one pass gives; higher speaks for an answer in each."""

    start: torch.Tensor
    """``(batch, tokens)``; that of the first token stands for "no answer"."""
    end: torch.Tensor
    """``(batch, tokens)``, likewise."""
    sentence: torch.Tensor
    """``(batch, tokens)``; a sentence's logit is the mean over its tokens."""
    answerable: torch.Tensor
    """``(batch,)``"""
    relevance: torch.Tensor
    """``(batch,)``, on the teacher's scale: what it says of the best sentence."""


class RecordReader(nn.Module):
    """Reads ``[CLS] question [SEP] passage [SEP]``."""

    def __init__(self) -> None:
        super().__init__()
        width = CONFIG.hidden_size
        self.bert = BertModel(CONFIG, add_pooling_layer=False)
        self.spans = nn.Linear(width, 2)
        self.sentences = nn.Linear(width, 1)
        self.answerable = _judge(width)
        self.relevance = _judge(width)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> Logits:
        """All three are int64 ``(batch, tokens)``, as the tokenizer gives them."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.spans(states).unbind(-1)
        first = states[:, 0]
        return Logits(
            start,
            end,
            self.sentences(states).squeeze(-1),
            self.answerable(first).squeeze(-1),
            self.relevance(first).squeeze(-1),
        )


def _judge(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
