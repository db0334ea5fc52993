import json

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.problems import MAX_BYTES
from service.request_schemas import AskRequest
from tests.conftest import RecordFigure
from tests.integration.hostile import MARK, Hostile, hostile_bodies

BODIES = hostile_bodies()


def fault(client: TestClient, path: str, hostile: Hostile) -> str | None:
    """What is wrong with the response to ``hostile``, or None."""
    headers = {"Content-Type": hostile.media_type} if hostile.media_type else {}
    response = client.post(path, content=hostile.body, headers=headers)
    if response.status_code >= 500:
        return f"status {response.status_code}"
    if response.status_code < 400:
        return None
    if len(response.content) > MAX_BYTES:
        return f"an error of {len(response.content)} bytes"
    if MARK in response.text:
        return "the input is repeated"
    if response.headers["content-type"] != "application/problem+json":
        return f"no problem but {response.headers['content-type']}"
    return None if response.json()["status"] == response.status_code else "another status"


def test_there_are_at_least_200_hostile_bodies() -> None:
    assert len(BODIES) >= 200


@pytest.mark.parametrize("path", ["/ask", "/feedback"])
def test_no_body_breaks_the_service_or_is_repeated(
    client: TestClient, path: str, figure: RecordFigure
) -> None:
    found = {hostile.name: fault(client, path, hostile) for hostile in BODIES}
    faults = {name: what for name, what in found.items() if what}
    figure(
        9,
        f"Bodies written to break `POST {path}`: answered by 5xx, by an error over 2 KB or by one "
        "that repeats them",
        f"{len(faults)} of {len(BODIES)}",
    )
    assert faults == {}


def test_the_same_checks_find_the_faults_of_a_stock_app() -> None:
    stock = FastAPI()

    @stock.post("/ask")
    async def ask(body: AskRequest) -> str:
        return body.question

    client = TestClient(stock, raise_server_exceptions=False)
    faults = {hostile.name: fault(client, "/ask", hostile) for hostile in BODIES}
    assert faults["text: lone high surrogate"] == "status 500"
    assert faults["json: NaN question"] == "status 500"
    assert faults["type: question is object"] == "the input is repeated"
    assert str(faults["json: 1 MB question"]).startswith("an error of 1")


def test_what_is_strange_but_allowed_is_answered(client: TestClient) -> None:
    for name in ("bidi override", "1,000 emoji", "script", "format", "header", "zero width"):
        (hostile,) = [h for h in BODIES if h.name == f"text: {name}"]
        response = client.post("/ask", json=json.loads(hostile.body))
        assert response.status_code == 200, name
        assert response.json()["question"] == json.loads(hostile.body)["question"].strip()


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/%ff%fe",
        "/documents/%ED%A0%80",
        "/documents/" + "a" * 8_000,
        "/documents/" + "%2e%2e/" * 50,
        "/ask?" + "&".join(f"a{n}=1" for n in range(2_000)),
        "/ask?q=x&top_k=" + "9" * 5_000,
        "/ask?q=x&top_k=NaN",
        "/documents/harbour-report?start=1e5&end=%F0%9F%9A%A2",
        "/documents?limit=-1",
        "/documents?offset=99999999999999999999999999",
        "/?q=%00",
        "/?q=%ff&lang=%00",
        "//evil.example/%2e%2e",
        "/static/%00",
        "/static/" + "a/" * 2_000,
    ],
)
def test_no_address_breaks_the_service(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code < 500
    if response.status_code >= 400 and not path.startswith("/?"):
        assert response.headers["content-type"] == "application/problem+json"
        assert len(response.content) <= MAX_BYTES
