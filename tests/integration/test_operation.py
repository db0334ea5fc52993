import json
import logging
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.app import create_app
from service.logs import JsonFormatter
from service.settings import Settings
from tests.conftest import RecordFigure
from tests.fakes import INFO, BrokenAnswerer, FakeAnswerer
from tests.integration.conftest import ORIGIN, Serve


def _sample(client: TestClient, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def test_metrics_count_requests_by_route_method_and_status(client: TestClient) -> None:
    for path in ("/ask?q=keeper", "/ask?q=ferries", "/ask", "/documents/a", "/documents/b"):
        client.get(path)
    client.get("/never/heard/of")
    client.request("BREW", "/ask")
    name = "http_request_duration_seconds_count"
    assert _sample(client, name, route="/ask", method="GET", status="200") == 2
    assert _sample(client, name, route="/ask", method="GET", status="422") == 1
    assert _sample(client, name, route="/documents/{doc_id:path}", status="404") == 2
    assert _sample(client, name, route="unmatched", status="404") == 1
    assert _sample(client, name, method="other", status="405") == 1


def test_metrics_count_answers_refusals_and_feedback(client: TestClient) -> None:
    answer_id = client.get("/ask?q=keeper").json()["answer_id"]
    client.get("/ask?q=ceiling")
    client.get("/ask?q=painted")
    client.post("/feedback", json={"answer_id": answer_id, "value": "down"})
    assert _sample(client, "ask_answers_total", status="answered", reason="") == 1
    assert _sample(client, "ask_answers_total", reason="below_threshold") == 2
    assert _sample(client, "ask_stage_duration_seconds_count", stage="read") == 3
    assert _sample(client, "feedback_total", value="down") == 1
    assert _sample(client, "ask_index_info", generation=INFO.generation, model=INFO.model) == 1
    assert _sample(client, "ask_ready_workers") == 1
    assert _sample(client, "ask_queue_depth") == 0


def test_each_app_has_metrics_of_its_own(serve: Serve) -> None:
    first, second = serve(), serve()
    first.get("/ask?q=keeper")
    assert _sample(first, "ask_answers_total", status="answered") == 1
    assert _sample(second, "ask_answers_total", status="answered") is None


def test_without_an_index_the_service_lives_and_says_how_to_build_one(tmp_path: Path) -> None:
    settings = Settings(index_dir=tmp_path / "none", cors_origins=(ORIGIN,))
    with TestClient(create_app(settings)) as client:
        _wait_for_no_index(client)
        assert client.get("/livez").json() == {"status": "ok"}
        for path in ("/readyz", "/ask?q=keeper", "/documents", "/suggestions"):
            response = client.get(path, headers={"Origin": ORIGIN})
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) > 0
            assert response.headers["access-control-allow-origin"] == ORIGIN
            assert "python -m index build" in response.json()["detail"]
            assert str(tmp_path) not in response.text
        assert client.get("/").status_code == 200
        assert client.get("/?q=keeper").status_code == 503
        assert client.get("/widget.js").status_code == 200
        assert client.get("/metrics").status_code == 200
        body = {"answer_id": "01M7YAK4Z5MB91P2H8NGSDWS25", "value": "up"}
        assert client.post("/feedback", json=body).status_code == 201


def test_a_damaged_index_is_a_503_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "CURRENT").write_text("no such generation\n")
    with TestClient(create_app(Settings(index_dir=tmp_path))) as client:
        _wait_for_no_index(client)
        assert client.get("/livez").status_code == 200
    (reason,) = [r.fields["reason"] for r in caplog.records if r.getMessage() == "no_index"]  # type: ignore[attr-defined]
    assert reason


def _wait_for_no_index(client: TestClient) -> None:
    for _ in range(400):
        if client.get("/readyz").json()["type"] == "/docs#no-index":
            return
        time.sleep(0.05)
    raise AssertionError("the index never counted as missing")


def test_an_answerer_that_was_given_is_not_closed_by_the_app(tmp_path: Path) -> None:
    answerer = FakeAnswerer()
    with TestClient(create_app(Settings(index_dir=tmp_path / "i"), answerer)) as client:
        assert client.get("/readyz").json() == {"status": "ready"}
    assert not answerer.closed


def test_the_log_of_a_question_holds_its_outcome_but_not_its_text(
    serve: Serve, caplog: pytest.LogCaptureFixture, figure: RecordFigure
) -> None:
    client = serve()
    with caplog.at_level(logging.DEBUG):
        response = client.get("/ask?q=keeper+of+the+lighthouse")
        client.post("/ask", json={"question": "keeper of the lighthouse"})
        client.get("/?q=keeper+of+the+lighthouse")
    lines = [JsonFormatter().format(record) for record in caplog.records]
    ours = [json.loads(line) for line in lines]
    asked = next(e for e in ours if e["event"] == "request" and e["route"] == "/ask")
    assert asked["answer_id"] == response.json()["answer_id"]
    assert asked["request_id"] == response.headers["x-request-id"]
    assert (asked["outcome"], asked["status"], asked["method"]) == ("answered", 200, "GET")
    # The test's own client logs the addresses it asks; the service must not.
    service = [line for line in lines if json.loads(line).get("logger", "") != "httpx2"]
    telling = [line for line in service if "keeper" in line and '"httpx' not in line]
    figure(
        14,
        "Log lines that are not one JSON object, or hold the text of a question",
        f"{len(telling) + sum(chr(10) in line for line in lines)} of {len(service)}",
    )
    assert telling == []
    assert not any("\n" in line for line in lines)


def test_the_question_is_logged_when_that_is_set(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ask_record"):
        serve(log_questions=True).get("/ask?q=keeper+of+the+lighthouse")
    asked = [r.fields for r in caplog.records if r.getMessage() == "request"]  # type: ignore[attr-defined]
    assert asked[0]["question"] == "keeper of the lighthouse"


def test_health_checks_are_logged_only_when_debugging(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ask_record"):
        client.get("/livez")
        client.get("/readyz")
    assert not [r for r in caplog.records if r.name == "ask_record"]


def test_a_fault_is_counted_as_500(serve: Serve) -> None:
    client = serve(BrokenAnswerer())
    client.get("/ask?q=x")
    name = "http_request_duration_seconds_count"
    assert _sample(client, name, route="/ask", status="500") == 1
