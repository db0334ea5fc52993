"""What is kept of what was read."""

from collections.abc import Sequence

from index.recently_used import RecentlyUsed


def kept(limit: int = 10) -> RecentlyUsed[str, str]:
    return RecentlyUsed(limit, len)


def test_what_was_not_asked_for_the_longest_time_goes_first() -> None:
    recent = kept()
    recent.add("a", "4444")
    recent.add("b", "4444")
    assert recent.get("a") == "4444"
    recent.add("c", "4444")
    assert [k for k in "abc" if recent.get(k)] == ["a", "c"]


def test_one_that_is_larger_than_all_that_fits_is_kept_alone() -> None:
    recent = kept()
    recent.add("a", "4444")
    recent.add("book", "9" * 99)
    assert [k for k in ("a", "book") if recent.get(k)] == ["book"]
    recent.add("b", "4444")
    assert [k for k in ("a", "book", "b") if recent.get(k)] == ["b"]


def test_adding_one_twice_counts_it_once() -> None:
    recent = kept()
    for _ in range(5):
        recent.add("a", "4444")
    recent.add("b", "4444")
    assert recent.get("a") == "4444"


def test_with_no_room_nothing_is_kept_and_nothing_fails() -> None:
    recent: RecentlyUsed[str, str] = RecentlyUsed(0, len)
    recent.add("a", "4444")
    assert recent.get("a") is None


def test_what_is_said_to_have_no_size_counts_all_the_same() -> None:
    recent = kept(2)
    for key in "abc":
        recent.add(key, "")
    assert [k for k in "abc" if recent.get(k) is not None] == ["b", "c"]


def test_only_what_is_missing_is_fetched_and_at_once() -> None:
    asked: list[list[str]] = []

    def fetch(keys: Sequence[str]) -> dict[str, str]:
        asked.append(list(keys))
        return {k: k for k in keys if k != "none"}

    recent: RecentlyUsed[str, str] = RecentlyUsed(3)
    assert recent.get_all(["a", "b", "a", "none"], fetch) == {"a": "a", "b": "b"}
    assert recent.get_all(["b", "c"], fetch) == {"b": "b", "c": "c"}
    assert asked == [["a", "b", "none"], ["c"]]


def test_more_at_once_than_is_kept_is_returned_whole() -> None:
    recent: RecentlyUsed[str, str] = RecentlyUsed(2)
    fetched = {k: k for k in "abcde"}
    assert recent.get_all(list("abcde"), lambda keys: {k: fetched[k] for k in keys}) == fetched
