"""A service with tokens answers nobody else, and says nothing of its record."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.integration.conftest import ORIGIN, Serve

TOKEN = "a-token-of-thirty-two-characters"


@pytest.fixture
def guarded(serve: Serve, tmp_path: Path) -> TestClient:
    path = tmp_path / "tokens"
    path.write_text(f"{TOKEN}\nanother-token-that-is-valid\n")
    return serve(tokens_file=path, root_path="/x")


PATHS = (
    "/ask?q=keeper", "/?q=keeper", "/", "/documents", "/documents/harbour-report", "/suggestions",
    "/embed", "/widget", "/metrics", "/openapi.json", "/docs", "/nowhere", "/livezx", "/staticx",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("prefix", ["", "/x"])
@pytest.mark.parametrize(
    "given",
    [
        None, "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}",
        TOKEN, f"Bearer {TOKEN.upper()}", "Bearer wr\xf6ng",
    ],
)  # fmt: skip
def test_without_a_token_nothing_is_told(
    guarded: TestClient, path: str, prefix: str, given: str | None
) -> None:
    headers = [] if given is None else [(b"Authorization", given.encode("latin-1"))]
    response = guarded.get(prefix + path, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["type"] == "/x/docs#unauthorized"
    assert "lighthouse" not in response.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
@pytest.mark.parametrize("token", [TOKEN, "another-token-that-is-valid"])
def test_each_token_opens_the_service(guarded: TestClient, scheme: str, token: str) -> None:
    headers = {"Authorization": f"{scheme} {token}"}
    assert guarded.get("/ask?q=keeper", headers=headers).json()["status"] == "answered"
    assert guarded.get("/documents", headers=headers).status_code == 200
    body = {"question": "Who was the keeper?"}
    assert guarded.post("/ask", json=body, headers=headers).status_code == 200
    assert guarded.post("/ask", json=body).status_code == 401


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/widget.js", "/x/livez", "/static/panel.js"]
)
def test_health_and_the_widgets_files_are_open(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_refusal_can_be_read_by_a_site_that_may_ask(guarded: TestClient) -> None:
    response = guarded.get("/ask?q=keeper", headers={"Origin": ORIGIN})
    assert response.headers["access-control-allow-origin"] == ORIGIN
    preflight = guarded.options(
        "/ask",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert preflight.status_code == 200


def test_question_without_a_token_is_not_worked_on(guarded: TestClient) -> None:
    guarded.post("/ask", json={"question": "Who was the keeper?"})
    metrics = guarded.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert "ask_answers_total{" not in metrics
    assert 'http_request_duration_seconds_count{method="POST",route="unmatched",status="401"}' in (
        metrics
    )
