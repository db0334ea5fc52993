"""Correct words of the language, from the embedding model's vocabulary."""

from index.embedding import OnnxEmbedder
from service.known_words import known_words
from tests.fake_models import WordEmbedder


class Listed(OnnxEmbedder):
    """An embedder with a vocabulary and no model."""

    def __init__(self, *vocabulary: str) -> None:
        self._listed = list(vocabulary)

    def vocabulary(self) -> list[str]:
        return self._listed


def test_whole_words_are_known_and_word_pieces_marks_and_letters_are_not() -> None:
    embedder = Listed("castle", "##tle", "[CLS]", "1931", "!", "a", "an")
    assert known_words(embedder) == {"castle", "an"}


def test_model_without_a_vocabulary_knows_no_words() -> None:
    assert known_words(WordEmbedder()) == frozenset()
