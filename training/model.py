"""The reader's network: an encoder with one head for spans and one for answerability."""

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


class SpanReader(nn.Module):
    """Reads ``[CLS] question [SEP] passage [SEP]``."""

    def __init__(self) -> None:
        super().__init__()
        self.bert = BertModel(CONFIG, add_pooling_layer=False)
        self.spans = nn.Linear(CONFIG.hidden_size, 2)
        self.answerable = nn.Sequential(
            nn.Linear(CONFIG.hidden_size, CONFIG.hidden_size),
            nn.Tanh(),
            nn.Linear(CONFIG.hidden_size, 1),
        )

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits: start ``(b, t)``, end ``(b, t)``, answerable ``(b,)``."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.spans(states).unbind(-1)
        return start, end, self.answerable(states[:, 0]).squeeze(-1)
