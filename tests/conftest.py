"""Options of the test run, and the browser that its tests share."""

import pytest

from tests.chromium import browser, chrome

__all__ = ["browser", "chrome"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="run the fault harnesses in their full length"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a browser come last: Playwright keeps an event loop running in this thread."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
