"""An answerer that is in use is not closed under those who use it."""

from service.served import Served
from tests.fakes import FakeAnswerer


def test_former_answerer_is_closed_when_its_last_user_is_done() -> None:
    served, first, second = Served(), FakeAnswerer(), FakeAnswerer()
    served.replace(first)
    with served.lease() as outer:
        with served.lease() as inner:
            served.replace(second)
            assert outer is inner is first
            assert served.current is second
        assert not first.closed
    assert first.closed
    assert not second.closed


def test_former_answerer_that_nobody_uses_is_closed_at_once() -> None:
    served, first = Served(), FakeAnswerer()
    served.replace(first)
    with served.lease():
        pass
    assert not first.closed
    served.replace(None)
    assert first.closed
    assert served.current is None


def test_user_that_fails_gives_the_answerer_back() -> None:
    served, first = Served(), FakeAnswerer()
    served.replace(first)
    try:
        with served.lease():
            served.replace(None)
            raise RuntimeError
    except RuntimeError:
        pass
    assert first.closed


def test_answerer_of_someone_else_is_never_closed() -> None:
    served, given = Served(), FakeAnswerer()
    served.replace(given, owned=False)
    served.replace(None)
    assert not given.closed


def test_without_an_answerer_the_lease_holds_none() -> None:
    with Served().lease() as nothing:
        assert nothing is None
