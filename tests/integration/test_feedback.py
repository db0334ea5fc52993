import sqlite3
from pathlib import Path

from starlette.testclient import TestClient

from tests.fakes import INFO
from tests.integration.conftest import ORIGIN, Serve


def _feedback(client: TestClient, **fields: object) -> dict[str, object]:
    answer = client.get("/ask?q=keeper").json()
    return {"answer_id": answer["answer_id"], "value": "up", **fields}


def test_feedback_is_stored_with_the_generation_that_answered(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    body = _feedback(client, passage_id="harbour-report#1", tags=[" wrong "], note="Not quite.")
    response = client.post("/feedback", json=body)
    assert response.status_code == 201
    with sqlite3.connect(tmp_path / "index.feedback.sqlite3") as db:
        (row,) = db.execute(
            "SELECT feedback_id, answer_id, passage_id, value, tags, note, generation FROM feedback"
        )
    assert row == (
        response.json()["feedback_id"],
        body["answer_id"],
        "harbour-report#1",
        "up",
        '["wrong"]',
        "Not quite.",
        INFO.generation,
    )


def test_a_store_that_fails_is_a_503_and_answers_go_on(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    client = serve(feedback_db=tmp_path / "broken")
    response = client.post("/feedback", json=_feedback(client), headers={"Origin": ORIGIN})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.json()["type"] == "/docs#feedback-store"
    assert str(tmp_path) not in response.text
    assert client.get("/ask?q=keeper").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_what_was_never_an_answer_id_is_refused(client: TestClient) -> None:
    body = {"answer_id": "'; DROP TABLE feedback; --", "value": "up"}
    response = client.post("/feedback", json=body)
    assert response.status_code == 422
    assert "DROP" not in response.text
