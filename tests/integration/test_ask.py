from typing import Any

import pytest
from starlette.testclient import TestClient
from ulid import ULID

from index.searchable import PassageFilter
from service.answers import Question, Turn
from tests.fakes import HARBOUR, INFO, ODD, FakeAnswerer
from tests.integration.conftest import Serve

QUESTION = "Who was the keeper of the lighthouse?"
TEXTS = {document.doc_id: document.text for document in (HARBOUR, ODD)}
CHANGING = ("answer_id", "timing_ms")


def _ask(client: TestClient, question: str = QUESTION, **fields: Any) -> dict[str, Any]:
    response = client.post("/ask", json={"question": question, **fields})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_an_answer_has_exactly_the_shape_of_the_contract(client: TestClient) -> None:
    body = _ask(client, "When was the old lighthouse lit, in 1871?")
    assert ULID.from_str(body.pop("answer_id"))
    assert body.pop("timing_ms") == {"embed": 0.1, "search": 0.1, "read": 0.1, "total": 0.3}
    (passage,) = body.pop("passages")
    assert body == {
        "status": "answered",
        "reason": None,
        "question": "When was the old lighthouse lit, in 1871?",
        "resolved_question": None,
        "lang": "en",
        "confidence": {"probability": 1.0, "band": "high", "threshold": 0.5},
        "corroboration": [],
        "disagreements": [],
        "near_misses": [],
        "suggestions": [],
        "index": {
            "generation": INFO.generation,
            "fingerprint": INFO.fingerprint,
            "built_at": INFO.built_at,
            "model": INFO.model,
            "documents": 2,
        },
    }
    # "Report on the harbour" and a blank line are 23 long; the sentence is 35, the rest follows.
    assert passage == {
        "passage_id": "harbour-report#1",
        "rank": 1,
        "text": "The old lighthouse was lit in 1871. Its keeper was Ada Linh Moreau.",
        "start": 23,
        "end": 90,
        "highlights": [
            {"start": 23, "end": 58, "kind": "sentence"},
            {"start": 23, "end": 26, "kind": "span"},
        ],
        "score": 1.0,
        "scores": {"dense": 1.0, "lexical": 1.0, "reader": 1.0},
        "lang": "en",
        "source": {
            "doc_id": "harbour-report",
            "title": "Report on the harbour",
            "publisher": "Harbour Office",
            "published": "2024-05-06",
            "event_date": None,
            "url": "https://harbour.example/report",
            "section": None,
            "page": None,
            "paragraph": 1,
            "sha256": HARBOUR.sha256,
        },
        "links": {
            "view": "/documents/harbour-report?start=23&end=58",
            "source": "https://harbour.example/report#:~:text=x",
        },
        "citation": '"Report on the harbour", paragraph 1',
    }


def test_a_refusal_is_a_200_with_a_reason_and_near_misses_apart(client: TestClient) -> None:
    body = _ask(client, "Who painted the ceiling?")
    assert body["status"] == "no_answer"
    assert body["reason"] == "below_threshold"
    assert body["passages"] == []
    assert len(body["near_misses"]) == 3
    assert body["confidence"]["probability"] == 0.0
    assert body["suggestions"] == ["Who was the keeper of the lighthouse?"]


def test_passages_that_agree_are_named(client: TestClient) -> None:
    (group,) = _ask(client)["corroboration"]
    assert group == {"passage_ids": [f"{ODD.doc_id}#1", "harbour-report#1"], "sources": 2}


def test_offsets_count_code_points_of_the_document(client: TestClient) -> None:
    body = _ask(client, "Ðường biển dài 🚢 bao nhiêu km?", top_k=1)
    (passage,) = body["passages"]
    text = TEXTS[passage["source"]["doc_id"]]
    assert text[passage["start"] : passage["end"]] == passage["text"]
    (sentence, _) = passage["highlights"]
    assert text[sentence["start"] : sentence["end"]] == "Ðường biển dài 𝟚𝟝 km 🚢 today."


def test_the_same_question_gives_the_same_bytes_but_for_id_and_timing(client: TestClient) -> None:
    first, second = _ask(client), _ask(client)
    assert first["answer_id"] != second["answer_id"]
    for body in (first, second):
        for name in CHANGING:
            del body[name]
    assert list(first) == list(second)
    assert repr(first) == repr(second)


def test_get_answers_the_same_as_post(client: TestClient) -> None:
    posted = _ask(client, "Ferry crossing: how many minutes? & more", top_k=2, lang="en")
    parameters = {"q": " Ferry crossing: how many minutes? & more ", "top_k": "2", "lang": "en"}
    got = client.get("/ask", params=parameters).json()
    for name in CHANGING:
        del posted[name], got[name]
    assert got == posted


def test_every_field_of_the_request_reaches_the_answerer(serve: Serve) -> None:
    answerer = FakeAnswerer()
    _ask(
        serve(answerer),
        " Who? ",
        top_k=7,
        lang="vi",
        filters={"doc_id": ["a", "b"], "published_from": "2025-01-01", "published_to": None},
        history=[{"question": "First?"}, {"question": " Second? "}],
    )
    assert answerer.asked == [
        Question(
            "Who?",
            7,
            "vi",
            PassageFilter(("a", "b"), "2025-01-01", None),
            (Turn("First?"), Turn("Second?")),
        )
    ]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=",
        "q=%20",
        "question=Who",
        "q=Who&topk=3",
        "q=Who&top_k=three",
        "q=Who&top_k=0",
        "q=Who&top_k=11",
        "q=Who&q=What",
        "q=a%00b",
        "q=%FF",
        "q=%ED%A0%80",
        "q=" + "a" * 1001,
    ],
)
def test_a_wrong_query_is_a_422(client: TestClient, query: str) -> None:
    response = client.get(f"/ask?{query}")
    assert response.status_code == 422
    assert response.json()["errors"]


def test_the_longest_question_can_be_set_lower(serve: Serve) -> None:
    client = serve(max_question_length=10)
    assert client.post("/ask", json={"question": "x" * 10}).status_code == 200
    refused = client.post("/ask", json={"question": "x" * 11})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "body.question: String should have at most 10 characters"


def test_a_misspelt_field_is_refused_with_the_name_that_was_meant(client: TestClient) -> None:
    problem = client.post("/ask", json={"quesiton": "Who?"}).json()
    assert problem["detail"] == "body: A field that is not known; did you mean question?"
    assert "quesiton" not in str(problem)


def test_suggestions_are_those_of_the_index(client: TestClient) -> None:
    assert client.get("/suggestions").json() == {
        "suggestions": ["Who was the keeper of the lighthouse?"]
    }


def test_too_many_from_one_address_is_a_429_with_retry_after(serve: Serve) -> None:
    client = serve(rate_limit_per_minute=2)
    statuses = [client.get("/ask?q=keeper").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = client.post("/ask", json={"question": "keeper"})
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("/livez").status_code == 200
