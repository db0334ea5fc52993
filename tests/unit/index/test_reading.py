"""Going through a corpus once: nothing is kept of it but what a build has to note."""

import gc
import weakref
from pathlib import Path

import pytest

from index.errors import CorpusError
from index.loaders import Limits
from index.reading import Reading, digest
from index.types import Document


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number:02}.txt").write_text(f"Boat {number} left the harbour at noon.")
    return folder


def test_documents_are_not_kept(corpus: Path) -> None:
    alive: list[weakref.ref[str]] = []
    most = 0
    # A document has no weak references; its text of a class that has stands for it.
    for document in Reading([corpus], Limits()).documents():
        text = Watched(document.text)
        object.__setattr__(document, "text", text)
        alive.append(weakref.ref(text))
        del document, text
        gc.collect()
        most = max(most, sum(ref() is not None for ref in alive))
    assert len(alive) == 20
    assert most <= 2


class Watched(str):
    """Text that can be watched."""


def test_what_became_of_the_corpus_is_noted(corpus: Path) -> None:
    (corpus / "20.md").write_bytes(b"\xff\xfe\x00broken")
    reading = Reading([corpus], Limits())
    documents = list(reading.documents())
    assert reading.digests == [digest(d) for d in documents]
    assert reading.languages == {"en": 20}
    assert [Path(p.path).name for p in reading.problems] == ["20.md"]


def test_strictly_the_first_problem_ends_it(corpus: Path) -> None:
    (corpus / "03.txt").write_bytes(b"\xff\xfe\x00broken")
    with pytest.raises(CorpusError, match=r"03\.txt"):
        list(Reading([corpus], Limits(), strict=True).documents())


def test_a_corpus_without_a_document_is_an_error_that_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(CorpusError, match=r"holds no document that can be indexed\n.*empty\.txt"):
        list(Reading([tmp_path], Limits()).documents())


def test_the_digest_leaves_out_where_a_document_was_read_from(corpus: Path) -> None:
    (document, *_) = Reading([corpus], Limits()).documents()
    values = {f: getattr(document, f) for f in Document.__dataclass_fields__}
    assert digest(Document(**{**values, "path": "elsewhere"})) == digest(document)
    assert digest(Document(**{**values, "title": "Another"})) != digest(document)
