"""What the HTTP service needs from whatever answers questions."""

from collections.abc import Sequence
from typing import Protocol

from index.types import Document
from service.answers import Answer, IndexInfo, Question


class Answerer(Protocol):
    """Answers questions over one record. Its methods may be called from several threads."""

    @property
    def suggestions(self) -> Sequence[str]:
        """Questions that the record can answer."""

    @property
    def info(self) -> IndexInfo:
        """Which index answers."""

    def ask(self, question: Question) -> Answer:
        """Answer with quotations from the record, or refuse."""

    @property
    def document_count(self) -> int:
        """How many documents the record holds."""

    def documents(
        self, words: str = "", offset: int = 0, limit: int | None = None
    ) -> tuple[Sequence[Document], int]:
        """Some documents, in the order of the corpus, and how many there are in all.

        With ``words`` only those count in which they stand.
        """

    def document(self, doc_id: str) -> Document | None:
        """One document, or None when there is none of that id."""

    def warm_up(self) -> None:
        """Run the models once, so that the first question is as fast as the next."""

    def find_suggestions(self) -> None:
        """Fill ``suggestions``, by asking."""

    def close(self) -> None:
        """Give back files and memory."""
