import pytest
from starlette.testclient import TestClient

from service.problems import MAX_BYTES
from tests.fakes import BrokenAnswerer
from tests.integration.conftest import ORIGIN, Serve

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/nothing", {}, b"", 404),
        ("GET", "/ask/", {}, b"", 404),
        ("DELETE", "/ask", {}, b"", 405),
        ("POST", "/livez", {}, b"", 405),
        ("POST", "/static/panel.js", {}, b"", 405),
        ("POST", "/ask", JSON, b" " * 16_385, 413),
        ("POST", "/ask", {}, b"{}", 415),
        ("POST", "/ask", {"Content-Type": "text/plain"}, b'{"question": "x"}', 415),
        ("POST", "/ask", {"Content-Type": "application/json; charset=utf-16"}, b"{}", 415),
        ("POST", "/ask", JSON | {"Content-Encoding": "gzip"}, b"{}", 415),
        ("POST", "/feedback", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415),
        ("POST", "/ask", JSON, b"", 422),
        ("POST", "/ask", JSON, b"{", 422),
        ("GET", "/ask", {}, b"", 422),
        ("GET", "/documents/none", {}, b"", 404),
    ],
)
def test_every_error_is_a_problem_that_another_site_may_read(
    client: TestClient, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    response = client.request(method, path, headers=headers | {"Origin": ORIGIN}, content=body)
    assert response.status_code == status
    _check_problem(response.headers, response.json(), response.content, status)


def _check_problem(headers: object, problem: dict[str, object], body: bytes, status: int) -> None:
    assert headers["content-type"] == "application/problem+json"  # type: ignore[index]
    assert headers["access-control-allow-origin"] == ORIGIN  # type: ignore[index]
    assert "Retry-After" in headers["access-control-expose-headers"]  # type: ignore[index]
    assert headers["x-request-id"] == problem["request_id"]  # type: ignore[index]
    assert len(body) <= MAX_BYTES
    assert problem["status"] == status
    assert set(problem) == {"type", "title", "status", "detail", "request_id"} | (
        {"errors"} if status == 422 else set()
    )


def test_a_fault_is_a_500_problem_that_tells_nothing(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(BrokenAnswerer())
    response = client.post("/ask", json={"question": "secret"}, headers={"Origin": ORIGIN})
    _check_problem(response.headers, response.json(), response.content, 500)
    assert "secret" not in response.text
    (fault,) = [record for record in caplog.records if record.getMessage() == "fault"]
    assert fault.exc_info is not None
    assert client.get("/livez").status_code == 200


def test_a_405_names_every_method_of_the_path(client: TestClient) -> None:
    assert client.delete("/ask").headers["allow"] == "GET, HEAD, POST"
    assert client.get("/feedback").headers["allow"] == "POST"
    assert client.post("/static/panel.js").headers["allow"] == "GET, HEAD"


def test_the_body_limit_is_exact_and_a_setting(serve: Serve) -> None:
    client = serve(max_body_bytes=2_048)
    start = b'{"question": "Who?"}'
    for length, status in ((2_048, 200), (2_049, 413)):
        response = client.post("/ask", headers=JSON, content=start.ljust(length))
        assert response.status_code == status


def test_a_request_id_is_given_to_each_response_and_kept_when_it_is_harmless(
    client: TestClient,
) -> None:
    first, second = client.get("/livez"), client.get("/livez")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    kept = client.get("/livez", headers={"X-Request-ID": "trace-7.a_B"})
    assert kept.headers["x-request-id"] == "trace-7.a_B"
    for wrong in ("a b", "x" * 65, "<script>"):
        response = client.get("/livez", headers={"X-Request-ID": wrong})
        assert response.headers["x-request-id"] != wrong


def test_head_is_a_get_without_a_body(client: TestClient) -> None:
    for path in ("/", "/livez", "/documents", "/widget.js"):
        response = client.head(path)
        assert (response.status_code, response.content) == (200, b"")


def test_another_origin_may_ask_only_when_it_is_named(client: TestClient) -> None:
    preflight = {"Access-Control-Request-Method": "POST"} | {
        "Access-Control-Request-Headers": "content-type"
    }
    allowed = client.options("/ask", headers=preflight | {"Origin": ORIGIN})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    refused = client.options("/ask", headers=preflight | {"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert refused.json()["type"] == "/docs#cors"
    assert "access-control-allow-origin" not in refused.headers
    asked = client.get("/ask?q=keeper", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in asked.headers


def test_no_origin_is_allowed_by_default(serve: Serve) -> None:
    response = serve(cors_origins=()).get("/ask?q=keeper", headers={"Origin": ORIGIN})
    assert "access-control-allow-origin" not in response.headers


def test_a_star_allows_every_origin_without_cookies(serve: Serve) -> None:
    response = serve(cors_origins=("*",)).get("/nothing", headers={"Origin": ORIGIN})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
