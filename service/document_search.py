"""The documents of a record a few at a time, or those of them in which words stand."""

from index.analysis import terms
from index.searchable import Searchable
from index.types import Document
from service.text_search import find_words

MANY = 2_000
"""Documents up to which every text is read; beyond, only those that the word index names."""
MOST_PASSAGES = 5_000
"""Passages that the word index may name, those first in which the words weigh most."""


def list_documents(
    index: Searchable, words: str, offset: int, limit: int | None
) -> tuple[list[Document], int]:
    """Return the documents from ``offset`` on, at most ``limit``, and how many there are in all.

    With ``words`` only the documents count in whose text or title they stand, whatever their case
    and accents. In a record of more than 2,000 documents whole words are looked for, and at most
    the 5,000 passages in which they weigh most.
    """
    total = index.manifest.counts["documents"]
    if not words.strip():
        return index.documents(offset, limit), total
    if total <= MANY:
        found = [d for d in index.documents() if _holds(d, words)]
    else:
        named = index.documents_with(terms(words), MOST_PASSAGES)
        found = [d for d in named if _holds(d, words)]
    end = None if limit is None else offset + limit
    return found[offset:end], len(found)


def _holds(document: Document, words: str) -> bool:
    return bool(find_words(document.text, words, 1) or find_words(document.title, words, 1))
