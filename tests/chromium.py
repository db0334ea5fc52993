"""The one browser of a test run: Playwright allows only one instance in a thread."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = (
    "BROWSER TESTS NOT RUN: no Chrome or Chromium was found. To run them: "
    "`apt-get install chromium`, or set CHROME_PATH to an installed one, then "
    "`python -m pytest tests/browser`."
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chrome_path() -> str | None:
    """The browser to drive: CHROME_PATH, else the first one on the path."""
    given = os.environ.get("CHROME_PATH")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chrome() -> str:
    path = chrome_path()
    if path is None:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    return path


@pytest.fixture(scope="session")
def browser(chrome: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chrome, args=FLAGS)
        yield started
        started.close()
