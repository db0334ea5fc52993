"""Reading a corpus: folders, single documents and JSON Lines files."""

from index.loaders.corpus import Skipped, load_corpus

__all__ = ["Skipped", "load_corpus"]
