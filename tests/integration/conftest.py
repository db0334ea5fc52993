"""The app around the readable answerer of ``tests/fakes.py``."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.answerer import Answerer
from service.app import create_app
from service.settings import Settings
from tests.fakes import FakeAnswerer

ORIGIN = "https://site.example"

Serve = Callable[..., TestClient]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Call it with settings, and an answerer if need be, for a client of a running app."""
    with ExitStack() as stack:

        def start(answerer: Answerer | None = None, **settings: object) -> TestClient:
            defaults: dict[str, object] = {
                "index_dir": tmp_path / "index",
                "cors_origins": (ORIGIN,),
            }
            made = Settings(**(defaults | settings))  # type: ignore[arg-type]
            app = create_app(made, answerer or FakeAnswerer())
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A client of the app with default settings, but for one CORS origin."""
    return serve()
