"""A real server on a loopback port: what only shows on a socket."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from service.__main__ import _uvicorn_options
from service.app import create_app
from service.settings import Settings
from tests.conftest import RecordFigure
from tests.fakes import FakeAnswerer, SlowAnswerer
from tests.integration.conftest import ORIGIN

Start = Callable[..., int]
QUESTION = json.dumps({"question": "keeper of the lighthouse"}).encode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Call it with an answerer and settings for the port of a running server."""
    with ExitStack() as stack:

        def serve(answerer: FakeAnswerer | None = None, **settings: object) -> int:
            made = Settings(index_dir=tmp_path / "i", cors_origins=(ORIGIN,), **settings)  # type: ignore[arg-type]
            return stack.enter_context(_running(made, answerer or FakeAnswerer()))

        yield serve


@contextmanager
def _running(settings: Settings, answerer: FakeAnswerer) -> Iterator[int]:
    app = create_app(settings, answerer)
    config = uvicorn.Config(app, **_uvicorn_options(settings))
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            _until(lambda: server.started)
            yield listener.getsockname()[1]
        finally:
            if isinstance(answerer, SlowAnswerer):
                answerer.release.set()
            server.should_exit = True
            thread.join(20)


def _until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.01)


def _head(length: str) -> bytes:
    return (
        f"POST /ask HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\n"
        f"Content-Type: application/json\r\n{length}\r\n\r\n"
    ).encode()


def _exchange(port: int, *parts: bytes, pause: float = 0.0) -> str:
    """Send ``parts`` on one connection; return all that comes back until it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    return received.decode()


def _chunk(size: int) -> bytes:
    return b"%x\r\n%s\r\n" % (size, b" " * size)


def _check_problem(response: str, status: int) -> None:
    head, body = response.split("\r\n\r\n", 1)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "application/problem+json" in head
    assert f"access-control-allow-origin: {ORIGIN}" in head.lower()
    assert json.loads(body)["status"] == status


def test_a_chunked_body_over_the_limit_is_a_413(start: Start) -> None:
    chunks = [_chunk(8_000)] * 3
    _check_problem(_exchange(start(), _head("Transfer-Encoding: chunked"), *chunks), 413)


def test_a_chunked_body_that_never_ends_is_cut_off(start: Start) -> None:
    started = time.monotonic()
    _check_problem(_exchange(start(), _head("Transfer-Encoding: chunked"), _chunk(17_000)), 413)
    # It is drained for 2 s, so that a client that still sends can read the response.
    assert time.monotonic() - started < 5


def test_a_chunked_body_within_the_limit_is_answered(start: Start) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(QUESTION), QUESTION)
    head = _head("Transfer-Encoding: chunked\r\nConnection: close")
    assert _exchange(start(), head, body).startswith("HTTP/1.1 200 ")


def test_an_announced_length_over_the_limit_is_refused_before_the_body(start: Start) -> None:
    _check_problem(_exchange(start(), _head("Content-Length: 999999999999"), b"{"), 413)


def test_a_length_that_is_too_short_does_not_smuggle_a_body(start: Start) -> None:
    response = _exchange(start(), _head("Content-Length: 2"), b"{}" + b"x" * 30_000)
    # Which 4xx depends on the HTTP parser that is installed.
    assert response.startswith("HTTP/1.1 4")
    assert "200 OK" not in response


def test_a_client_that_sends_1_mb_can_read_the_413(start: Start) -> None:
    response = httpx.post(
        f"http://127.0.0.1:{start()}/ask",
        content=b" " * 1_000_000,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 413
    assert response.json()["title"] == "Body too large"


def test_a_body_that_trickles_in_is_a_408(start: Start) -> None:
    port = start(body_timeout_s=0.3)
    _check_problem(_exchange(port, _head("Content-Length: 50"), b"{", b'"', pause=0.1), 408)


def test_an_overloaded_server_says_503_at_once_and_stays_alive(start: Start) -> None:
    answerer = SlowAnswerer()
    port = start(answerer, max_queued_questions=1, queue_timeout_s=20)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        with ThreadPoolExecutor(2) as pool:
            admitted = [pool.submit(client.get, "/ask?q=keeper") for _ in range(2)]
            _until(lambda: "ask_queue_depth 1.0" in client.get("/metrics").text)
            started = time.monotonic()
            refused = client.get("/ask?q=ferries", headers={"Origin": ORIGIN})
            assert time.monotonic() - started < 0.5
            assert refused.status_code == 503
            assert 1 <= int(refused.headers["Retry-After"]) <= 10
            assert refused.headers["access-control-allow-origin"] == ORIGIN
            assert refused.json()["type"] == "/docs#overloaded"
            started = time.monotonic()
            assert client.get("/livez").status_code == 200
            assert time.monotonic() - started < 0.1
            assert client.get("/documents").status_code == 200
            answerer.release.set()
            assert [future.result().status_code for future in admitted] == [200, 200]
        assert [question.text for question in answerer.asked] == ["keeper", "keeper"]
        metrics = client.get("/metrics").text
        assert 'ask_rejected_total{kind="overloaded"} 1.0' in metrics


def test_a_question_whose_deadline_passed_costs_no_inference(
    start: Start, figure: RecordFigure
) -> None:
    answerer = SlowAnswerer()
    port = start(answerer, queue_timeout_s=0.1)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(client.get, "/ask?q=keeper")
            assert answerer.entered.acquire(timeout=5)
            late = client.get("/ask?q=ferries")
            assert (late.status_code, "Retry-After" in late.headers) == (503, True)
            answerer.release.set()
            assert first.result().status_code == 200
        computed = [question.text for question in answerer.asked]
        figure(7, "Answers computed for a question whose deadline passed", len(computed) - 1)
        assert computed == ["keeper"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_hangs_up_in_the_queue_costs_no_inference(
    start: Start, method: str, figure: RecordFigure
) -> None:
    answerer = SlowAnswerer()
    port = start(answerer, queue_timeout_s=20)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(client.get, "/ask?q=keeper")
            assert answerer.entered.acquire(timeout=5)
            with socket.create_connection(("127.0.0.1", port)) as leaving:
                if method == "GET":
                    leaving.sendall(b"GET /ask?q=ferries HTTP/1.1\r\nHost: x\r\n\r\n")
                else:
                    leaving.sendall(_head(f"Content-Length: {len(QUESTION)}") + QUESTION)
                _until(lambda: "ask_queue_depth 1.0" in client.get("/metrics").text)
            _until(lambda: "ask_queue_depth 0.0" in client.get("/metrics").text)
            answerer.release.set()
            assert first.result().status_code == 200
        assert 'ask_rejected_total{kind="client-gone"} 1.0' in client.get("/metrics").text
        computed = [question.text for question in answerer.asked]
        what = f"Answers computed for a client that hung up while its {method} waited"
        figure(7, what, len(computed) - 1)
        assert computed == ["keeper"]


@contextmanager
def _process(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, *command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield process, found[0]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)


def _status(client: httpx.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0


def test_at_sigterm_readiness_goes_down_first_and_no_admitted_question_is_lost(
    tmp_path: Path,
) -> None:
    command = ("-m", "tests.integration.fake_service", "1.0", "--index", str(tmp_path / "i"))
    delay = ("--shutdown-delay-s", "1.0", "--queue-timeout-s", "20")
    with _process(*command, *delay) as (process, url), httpx.Client(base_url=url) as client:
        _until(lambda: _status(client, "/readyz") == 200)
        with ThreadPoolExecutor(2) as pool:
            # One runs, the other waits; the second is answered after the port is closed.
            asked = [pool.submit(httpx.get, f"{url}/ask?q=keeper", timeout=20) for _ in range(2)]
            _until(lambda: "ask_queue_depth 1.0" in client.get("/metrics").text)
            process.send_signal(signal.SIGTERM)
            _until(lambda: _status(client, "/readyz") == 503, seconds=0.8)
            during = client.get("/livez")
            assert during.status_code == 200
            assert during.headers["connection"] == "close"
            assert [future.result().status_code for future in asked] == [200, 200]
        assert process.wait(10) == -signal.SIGTERM


def test_workers_share_the_port_and_add_up_their_metrics(tmp_path: Path) -> None:
    command = ("-m", "service", "--index", str(tmp_path / "none"), "--workers", "2")
    with _process(*command) as (process, url), httpx.Client(base_url=url, timeout=20) as client:
        _until(lambda: _status(client, "/livez") == 200, seconds=40)
        for _ in range(20):
            # A connection of its own each time, so that both workers get some.
            assert httpx.get(f"{url}/documents", timeout=20).status_code == 503
        counted = re.search(
            r'http_request_duration_seconds_count\{.*"/documents",status="503"\} (\S+)',
            client.get("/metrics").text,
        )
        assert counted
        assert float(counted[1]) == 20
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize(("trusted", "second"), [("127.0.0.0/8", 200), ("10.1.2.3", 429)])
def test_forwarded_address_is_believed_of_trusted_proxies_only(
    start: Start, trusted: str, second: int
) -> None:
    port = start(rate_limit_per_minute=1, trusted_proxies=trusted)
    statuses = [
        httpx.get(
            f"http://127.0.0.1:{port}/ask?q=keeper",
            headers={"X-Forwarded-For": f"192.0.2.{client}"},
        ).status_code
        for client in (1, 2)
    ]
    assert statuses == [200, second]


def test_proxy_that_is_no_address_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"proxy\.example"):
        Settings(trusted_proxies="proxy.example")  # type: ignore[arg-type]
