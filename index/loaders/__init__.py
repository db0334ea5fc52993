"""Reading a corpus: folders, documents of many formats, and archives of them."""

from index.loaders.corpus import load_corpus
from index.loaders.limits import Limits
from index.loaders.raw import Skipped

__all__ = ["Limits", "Skipped", "load_corpus"]
