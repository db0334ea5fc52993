"""Documents a few at a time, and words found in them, in small records and in large ones."""

from collections.abc import Iterator

import pytest

from index.search_index import SearchIndex
from service import document_search
from service.document_search import list_documents
from tests.fakes_answering import built
from tests.unit.answering.conftest import CORPUS

ALL = [str(record["id"]) for record in CORPUS]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    opened = built(CORPUS, tmp_path_factory.mktemp("list"))
    yield opened
    opened.close()


@pytest.fixture(params=["small", "large"])
def index(
    request: pytest.FixtureRequest, harbour: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> SearchIndex:
    """The same record, taken for a small one and for a large one."""
    if request.param == "large":
        monkeypatch.setattr(document_search, "MANY", 1)
    return harbour


def ids(
    index: SearchIndex, words: str = "", offset: int = 0, limit: int | None = None
) -> list[str]:
    return [d.doc_id for d in list_documents(index, words, offset, limit)[0]]


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [(0, None, ALL), (0, 2, ALL[:2]), (1, 2, ALL[1:3]), (3, 9, ALL[3:]), (4, 1, []), (9, None, [])],
)
def test_list_is_given_in_parts_with_the_number_of_all(
    index: SearchIndex, offset: int, limit: int | None, expected: list[str]
) -> None:
    assert ids(index, "", offset, limit) == expected
    assert list_documents(index, " ", offset, limit)[1] == 4


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lighthouse", ["history", "press kit#1"]),
        ("LIGHTHOUSE opened", ["history"]),
        ("whale oil", ["đèn/🗼"]),
        ("cafes", ["đèn/🗼"]),
        ("museum", ["press kit#1"]),
        ("submarine", []),
    ],
)
def test_documents_that_hold_the_words_are_found(
    index: SearchIndex, words: str, expected: list[str]
) -> None:
    found, total = list_documents(index, words, 0, None)
    # "lighthouse opened" stands together in one; where it does nowhere, each word is looked for.
    assert [d.doc_id for d in found if d.doc_id in expected] == expected
    assert total == len(found)
    if words in ("whale oil", "museum", "submarine"):
        assert [d.doc_id for d in found] == expected


def test_what_is_found_is_given_in_parts_too(index: SearchIndex) -> None:
    pier = ids(index, "pier")
    assert len(pier) == 3
    assert ids(index, "pier", 1, 1) == pier[1:2]
    assert list_documents(index, "pier", 1, 1)[1] == 3
    assert ids(index, "pier", 3, 1) == []


def test_large_record_reads_only_what_its_word_index_names(
    harbour: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_search, "MANY", 1)
    monkeypatch.setattr(document_search, "MOST_PASSAGES", 1)
    assert len(ids(harbour, "pier")) == 1
    # A part of a word is no word of the index.
    assert ids(harbour, "lighthou") == []
    monkeypatch.setattr(document_search, "MANY", 4)
    assert len(ids(harbour, "lighthou")) == 2
