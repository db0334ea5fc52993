"""From examples to tensors."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from index.models import find_model
from training.examples import Example
from training.teacher import TEACHER

MAX_TOKENS = 224
BATCH_TOKENS = 3072


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as token ids, with what is to be learned."""

    ids: list[int]
    types: list[int]
    start: int
    """First token of the answer; 0 when there is none."""
    end: int
    sentence_of: list[int]
    """For each token the number of its sentence; -1 outside the passage."""
    gold: int
    """Number of the answering sentence; -1 when there is none."""
    teacher: list[float]
    """The teacher's logit of each sentence."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded tensors of ``b`` examples of ``t`` tokens and at most ``s`` sentences."""

    ids: torch.Tensor
    mask: torch.Tensor
    types: torch.Tensor
    start: torch.Tensor
    end: torch.Tensor
    answerable: torch.Tensor
    members: torch.Tensor
    """float32 ``(b, s, t)``: rows average the tokens of a sentence; 0 for what is padding."""
    sentences: torch.Tensor
    """bool ``(b, s)``: whether there is such a sentence."""
    gold: torch.Tensor
    teacher: torch.Tensor
    """float32 ``(b, s)``"""


def reader_tokenizer() -> Tokenizer:
    """The tokenizer of the network that training starts from."""
    tokenizer = Tokenizer.from_file(str(find_model(TEACHER).folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    tokenizer.no_padding()
    return tokenizer


def encode(tokenizer: Tokenizer, example: Example, teacher: list[float]) -> Encoded | None:
    """Encode ``example``; None when truncation cut its answer off."""
    encoding = tokenizer.encode(example.question, example.passage)
    places = list(zip(encoding.type_ids, encoding.offsets, strict=True))
    sentence_of = [
        _number(example.sentences, s) if kind == 1 and e > s else -1 for kind, (s, e) in places
    ]
    start = end = 0
    gold = -1
    if example.start >= 0:
        inside = [
            i
            for i, (_, (s, e)) in enumerate(places)
            if sentence_of[i] >= 0 and e > example.start and s < example.end
        ]
        if not inside:
            return None
        start, end, gold = inside[0], inside[-1], sentence_of[inside[0]]
    return Encoded(encoding.ids, encoding.type_ids, start, end, sentence_of, gold, teacher)


def _number(sentences: Sequence[tuple[int, int]], offset: int) -> int:
    return next((n for n, (s, e) in enumerate(sentences) if s <= offset < e), -1)


def batches(encoded: Sequence[Encoded], seed: int) -> Iterator[list[Encoded]]:
    """Batches of like length, about ``BATCH_TOKENS`` each, in random order."""
    rng = random.Random(seed)
    order = sorted(encoded, key=lambda e: len(e.ids) + rng.uniform(-8, 8))
    groups: list[list[Encoded]] = [[]]
    longest = 0
    for item in order:
        longest = max(longest, len(item.ids))
        if groups[-1] and (len(groups[-1]) + 1) * longest > BATCH_TOKENS:
            groups.append([])
            longest = len(item.ids)
        groups[-1].append(item)
    rng.shuffle(groups)
    yield from groups


def collate(items: Sequence[Encoded], device: str) -> Batch:
    """Pad ``items`` to one length."""
    tokens = max(len(e.ids) for e in items)
    most = max(len(e.teacher) for e in items)
    ids = torch.zeros(len(items), tokens, dtype=torch.long)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    members = torch.zeros(len(items), most, tokens)
    teacher = torch.zeros(len(items), most)
    for row, item in enumerate(items):
        n = len(item.ids)
        ids[row, :n] = torch.tensor(item.ids)
        types[row, :n] = torch.tensor(item.types)
        mask[row, :n] = 1
        for place, number in enumerate(item.sentence_of):
            if number >= 0:
                members[row, number, place] = 1.0
        teacher[row, : len(item.teacher)] = torch.tensor(item.teacher)
    counts = members.sum(-1, keepdim=True)
    return Batch(
        ids.to(device),
        mask.to(device),
        types.to(device),
        torch.tensor([e.start for e in items], device=device),
        torch.tensor([e.end for e in items], device=device),
        torch.tensor([float(e.gold >= 0) for e in items], device=device),
        (members / counts.clamp(min=1.0)).to(device),
        # A sentence that truncation cut off has no tokens and is not there.
        (counts.squeeze(-1) > 0).to(device),
        torch.tensor([e.gold for e in items], device=device),
        teacher.to(device),
    )
