"""Options of the test run, and the browser that its tests share."""

from collections.abc import Callable

import pytest

from tests.chromium import browser, chrome
from tests.faults.figures import Figure

__all__ = ["browser", "chrome"]

RecordFigure = Callable[[int, str, object], None]
"""Called with a topic of ``tests.faults.figures``, what was measured, and its value."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="run the fault harnesses in their full length"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a browser come last: Playwright keeps an event loop running in this thread."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> RecordFigure:
    """Records a figure for the table of docs/reliability.md; call it before asserting."""

    def record(topic: int, what: str, value: object) -> None:
        record_property(*Figure(topic, what, str(value)).to_property())

    return record


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the fault harnesses are to run in their full length."""
    return bool(request.config.getoption("--full"))
