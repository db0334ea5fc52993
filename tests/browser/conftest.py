"""A real browser and a small real service, on loopback only."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.stub_service import StubService
from tests.chromium import MISSING, chrome_path

SCREENSHOTS = Path(__file__).parents[2] / "test-output" / "screenshots"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if chrome_path() is None:
        terminalreporter.section("browser tests", sep="!", red=True, bold=True)
        terminalreporter.line(MISSING, red=True, bold=True)


@pytest.fixture(scope="session")
def running_service() -> Iterator[tuple[StubService, str, str]]:
    """The stub and two of its origins: the same server by address and by name."""
    stub = StubService()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(stub.app, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline, "the stub service did not start in 10 s"
            time.sleep(0.01)
        yield stub, f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def stub(running_service: tuple[StubService, str, str]) -> StubService:
    running_service[0].reset()
    return running_service[0]


@pytest.fixture
def origin(running_service: tuple[StubService, str, str], stub: StubService) -> str:
    return running_service[1]


@pytest.fixture
def other_origin(running_service: tuple[StubService, str, str]) -> str:
    """The same server under another host name: another origin to the browser."""
    return running_service[2]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"]
    )
    opened.set_default_timeout(8_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test on any script error or breach of the policy."""
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    opened.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield opened
    assert complaints == []
