"""The product as a visitor meets it: the record's real index, served by a process of its own."""

import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from index import generations

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def record_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of docs_corpus, built by the command."""
    folder = tmp_path_factory.mktemp("record") / "index"
    command = [sys.executable, "-m", "index", "build", "docs_corpus", "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "2 documents" in done.stdout
    return folder


@pytest.fixture(scope="session")
def service(record_index: Path) -> Iterator[str]:
    """The address of a running service over the record."""
    with serving(record_index) as address:
        yield address


@contextmanager
def serving(index: Path, *options: str, until: str = "ready") -> Iterator[str]:
    """Run a service over ``index``; when /readyz says ``until``, yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service", "--index", str(index), "--port", str(port)]
    command += options
    environment = os.environ | {"ASK_RECORD_SHUTDOWN_DELAY_S": "0"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _readiness(address) == until, f"/readyz never said {until}")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def wait_until(condition: Callable[[], object], otherwise: str, seconds: float = 60) -> None:
    """Look ten times a second; fail with ``otherwise`` when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(otherwise)
        time.sleep(0.1)


def published_again(index: Path, name: str) -> str:
    """Publish the current generation once more under another name."""
    now = generations.current(index)
    with generations.building(index) as folder:
        shutil.copytree(now.folder, folder, dirs_exist_ok=True)
        generations.publish(index, folder, dataclasses.replace(now.manifest, generation=name))
    return name


def _readiness(address: str) -> str | None:
    """``ready``, or the kind of problem."""
    try:
        body = httpx.get(f"{address}/readyz").json()
    except httpx.TransportError:
        return None
    return str(body.get("status") if "type" not in body else body["type"].partition("#")[2])
