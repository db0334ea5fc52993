"""Correct words of the language, from the vocabulary that the embedding model was trained with.

A word-piece vocabulary lists the commonest whole words of its training text. It needs no further
dictionary, and a misspelt name is not in it.
"""

from index.embedding import Embedder, OnnxEmbedder


def known_words(embedder: Embedder) -> frozenset[str]:
    """Whole words in lower case; empty when the model has no such vocabulary."""
    if not isinstance(embedder, OnnxEmbedder):
        return frozenset()
    return frozenset(w for w in embedder.vocabulary() if w.isalpha() and len(w) > 1)
