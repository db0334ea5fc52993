"""The operator's page: off without a token, closed without the right one, private in the file."""

import base64
import json
import sqlite3
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.settings import Settings
from tests.integration.conftest import ORIGIN, Serve

TOKEN = "a token of the tests, long enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATHS = ["/operator", "/operator/questions.jsonl"]


@pytest.fixture
def operated(serve: Serve) -> TestClient:
    return serve(operator_token=TOKEN, questions_keep_words=True)


def ask(client: TestClient, question: str) -> str:
    answer_id: str = client.post("/ask", json={"question": question}).json()["answer_id"]
    return answer_id


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_there_is_no_such_page_and_nothing_is_kept(
    serve: Serve, tmp_path: Path, path: str
) -> None:
    client = serve()
    ask(client, "Who was the keeper of the lighthouse?")
    assert client.get(path, headers=BEARER).status_code == 404
    assert list(tmp_path.glob("*questions*")) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Token {TOKEN}",
        "Basic !!!",
        "Basic " + base64.b64encode(TOKEN.encode()).decode(),
        "Basic " + base64.b64encode(b"name:wrong").decode(),
        "Basic " + base64.b64encode("tên:sai".encode()).decode(),
    ],
)
def test_a_wrong_token_is_refused_and_asked_for(
    operated: TestClient, path: str, given: str | None
) -> None:
    headers = {} if given is None else {"Authorization": given}
    response = operated.get(path, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert response.headers["content-type"] == "application/problem+json"
    assert TOKEN not in response.text


@pytest.mark.parametrize(
    "given", [BEARER["Authorization"], "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()]
)
def test_the_bearer_of_the_token_sees_what_was_asked(operated: TestClient, given: str) -> None:
    good = ask(operated, "Who was the keeper of the lighthouse?")
    ask(operated, "Why is <b>the moon</b> so far?")
    body = {"answer_id": good, "value": "down", "passage_id": "harbour-report#1"}
    operated.post("/feedback", json=body)
    operated.post("/feedback", json={**body, "tags": ["outdated"], "note": "<i>Old</i>"})
    response = operated.get("/operator", headers={"Authorization": given})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert "Who was the keeper of the lighthouse?" in response.text
    assert "&lt;b&gt;the moon&lt;/b&gt;" in response.text
    assert "outdated: &lt;i&gt;Old&lt;/i&gt;" in response.text
    assert response.text.count("harbour-report#1") == 1
    assert "(50 %)" in response.text


def test_another_site_cannot_read_it_with_the_browsers_help(operated: TestClient) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    asked["Access-Control-Request-Headers"] = "authorization"
    assert operated.options("/operator", headers=asked).status_code == 403
    response = operated.get("/operator", headers=BEARER | {"Origin": ORIGIN})
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(("only", "count"), [("all", 2), ("refused", 1), ("down", 1)])
def test_the_export_can_be_narrowed(operated: TestClient, only: str, count: int) -> None:
    good = ask(operated, "Who was the keeper of the lighthouse?")
    ask(operated, "Why is the moon so far?")
    operated.post("/feedback", json={"answer_id": good, "value": "down"})
    response = operated.get(f"/operator/questions.jsonl?only={only}", headers=BEARER)
    rows = [json.loads(line) for line in response.text.splitlines()]
    assert len(rows) == count
    assert "attachment" in response.headers["content-disposition"]
    if only == "down":
        assert rows[0]["observed"]["vote"] == "down"


def test_the_last_vote_on_an_answer_counts(operated: TestClient) -> None:
    good = ask(operated, "Who was the keeper of the lighthouse?")
    for value in ("down", "up"):
        operated.post("/feedback", json={"answer_id": good, "value": value})
    response = operated.get("/operator/questions.jsonl?only=down", headers=BEARER)
    assert response.text == ""


def test_without_the_setting_no_words_are_kept(serve: Serve, tmp_path: Path) -> None:
    client = serve(operator_token=TOKEN)
    ask(client, "Who was the keeper of the lighthouse?")
    page = client.get("/operator", headers=BEARER).text
    assert "keeper" not in page
    assert "Their words are not kept" in page
    assert client.get("/operator/questions.jsonl", headers=BEARER).text == ""
    with sqlite3.connect(tmp_path / "index.questions.sqlite3") as db:
        (row,) = db.execute("SELECT question, history FROM asked")
    assert row == (None, None)


def test_a_question_asked_by_the_form_is_kept_once(operated: TestClient) -> None:
    operated.get("/?q=Who+was+the+keeper+of+the+lighthouse%3F")
    response = operated.get("/operator/questions.jsonl", headers=BEARER)
    assert len(response.text.splitlines()) == 1


def test_a_file_that_cannot_be_written_never_fails_an_answer(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    client = serve(operator_token=TOKEN, questions_db=tmp_path / "broken")
    assert client.get("/ask?q=keeper").status_code == 200
    response = client.get("/operator", headers=BEARER)
    assert response.status_code == 503
    assert response.json()["type"] == "/docs#question-log"
    assert str(tmp_path) not in response.text


def test_the_token_is_not_shown_by_the_settings() -> None:
    settings = Settings(operator_token=TOKEN)  # type: ignore[arg-type]
    assert TOKEN not in repr(settings)
    assert settings.to_environment()["ASK_RECORD_OPERATOR_TOKEN"] == TOKEN
    with pytest.raises(ValueError, match="operator_token"):
        Settings(operator_token="short")  # type: ignore[arg-type]
