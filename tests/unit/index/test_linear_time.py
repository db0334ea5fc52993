"""Four times the text costs about four times the time, whatever the text.

Every family here is one that a naive regular expression or a copied prefix makes slow.
"""

import gc
import time
from collections.abc import Callable

import pytest

from index.acronyms import find_acronyms
from index.chunking import passages_of
from index.language import detect_language
from index.loaders.blocks import TextBuilder, paragraphs_of_plain_text, text_sha256
from index.sentences import split_sentences
from index.types import Document
from tests.conftest import RecordFigure

FAMILIES = [
    "a" * 50, ". ", "Mr. ", "A.", '." ', "?!", "\n", " \n", "a \n", "\t\n ", "1. A ", "( ", "(A ",
    "x.y ", "'' ", "。", " . ' ", "é. Đ", "U.S. ", "…\n",
]  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """The processor time of the shorter of two runs, which a busy machine disturbs little."""
    best = 99.0
    gc.disable()
    try:
        for _ in range(2):
            begun = time.process_time()
            work()
            best = min(best, time.process_time() - begun)
    finally:
        gc.enable()
    return best


def is_linear(work: Callable[[str], object], piece: str, size: int = 15_000) -> bool:
    """Whether four times as many of ``piece`` take less than eight times the time.

    A linear step takes four times as long, a quadratic one sixteen times. 10 ms are noise.
    """
    few, many = (piece * (n // len(piece)) for n in (size, 4 * size))
    return seconds(lambda: work(many)) < 8 * seconds(lambda: work(few)) + 0.01


@pytest.mark.parametrize("piece", FAMILIES, ids=repr)
def test_splitting_sentences_is_linear(piece: str) -> None:
    assert is_linear(split_sentences, piece)


@pytest.mark.parametrize("piece", [" \n", "a \n", "\n", "a\n", "x" * 80], ids=repr)
def test_finding_paragraphs_is_linear(piece: str) -> None:
    assert is_linear(paragraphs_of_plain_text, piece)


@pytest.mark.parametrize("piece", ["(", "( ", "(A", "A (", "(A B) ", "A-B'C&"], ids=repr)
def test_finding_acronyms_is_linear(piece: str) -> None:
    assert is_linear(lambda text: find_acronyms([text]), piece)


def test_a_bracket_before_many_blanks_does_not_hold_up_the_acronyms() -> None:
    assert is_linear(lambda blanks: find_acronyms(["(" + blanks]), " ", size=1_500)


def test_telling_the_language_is_linear() -> None:
    assert is_linear(detect_language, "a1 é ")


class CountedText(str):
    """Text that counts the characters copied out of it."""

    copied = 0

    def __getitem__(self, key: object) -> str:
        piece = super().__getitem__(key)  # type: ignore[index]
        CountedText.copied += len(piece)
        return piece


def test_cutting_a_document_of_many_paragraphs_copies_no_prefix() -> None:
    builder = TextBuilder()
    for number in range(300):
        builder.add(f"Paragraph {number} says what it says. And it has a second sentence, too.")
    text, blocks = builder.build()
    CountedText.copied = 0
    passages_of(Document("d", CountedText(text), "T", blocks, "d.txt", text_sha256(text)))
    # Each character is copied a few times, not once for every paragraph after it.
    assert len(text) < CountedText.copied < 8 * len(text)


def test_a_megabyte_is_split_within_seconds(figure: RecordFigure) -> None:
    slowest = max(
        (seconds(lambda p=piece: split_sentences(p * (250_000 // len(p)))) * 4, piece)
        for piece in FAMILIES
    )
    figure(
        11,
        f"Splitting sentences of {len(FAMILIES)} adversarial families: the slowest, "
        f"{slowest[1]!r} without end",
        f"{slowest[0]:.1f} s of processor time a million characters",
    )
    # The figure is for the table; a busy machine must not fail what grows as it should.
    assert slowest[0] < 10


def test_the_measure_tells_a_quadratic_splitter() -> None:
    def quadratic(text: str) -> int:
        return sum(text.count("x", 0, end) for end in range(0, len(text), 8))

    assert not is_linear(quadratic, ". ", size=60_000)
