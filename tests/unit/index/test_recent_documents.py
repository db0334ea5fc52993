"""Documents kept between the passages of one question."""

from index.recent_documents import RecentDocuments
from index.types import Document


def document(doc_id: str, length: int) -> Document:
    return Document(doc_id, "x" * length, "T", (), f"{doc_id}.txt", "0" * 64)


def test_what_was_not_asked_for_the_longest_time_goes_first() -> None:
    recent = RecentDocuments(limit=10)
    recent.add(document("a", 4))
    recent.add(document("b", 4))
    assert recent.get("a") is not None
    recent.add(document("c", 4))
    assert [d for d in "abc" if recent.get(d)] == ["a", "c"]


def test_one_that_is_longer_than_all_that_fits_is_kept_alone() -> None:
    recent = RecentDocuments(limit=10)
    recent.add(document("a", 4))
    recent.add(document("book", 99))
    assert [d for d in ("a", "book") if recent.get(d)] == ["book"]
    recent.add(document("b", 4))
    assert [d for d in ("a", "book", "b") if recent.get(d)] == ["b"]


def test_adding_one_twice_counts_it_once() -> None:
    recent = RecentDocuments(limit=10)
    for _ in range(5):
        recent.add(document("a", 4))
    recent.add(document("b", 4))
    assert recent.get("a") is not None
