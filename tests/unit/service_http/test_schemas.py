import hashlib

import pytest
from pydantic import ValidationError
from ulid import ULID

from index.searchable import PassageFilter
from service.answers import Question, Turn
from service.request_schemas import (
    AskQuery,
    AskRequest,
    FeedbackRequest,
)
from service.schemas import AskResponse, DocumentResponse
from tests.fakes import HARBOUR, ODD, FakeAnswerer


def test_a_request_becomes_the_question_of_the_pipeline() -> None:
    request = AskRequest.model_validate(
        {
            "question": " \t Who? \n",
            "top_k": 5,
            "lang": "vi",
            "filters": {
                "doc_id": ["a/b"],
                "published_from": "2025-01-01",
                "published_to": None,
                "publisher": ["The Post"],
                "lang": ["en"],
            },
            "history": [{"question": " Before? "}],
        }
    )
    assert request.to_question() == Question(
        text="Who?",
        top_k=5,
        lang="vi",
        filters=PassageFilter(("a/b",), "2025-01-01", None, ("The Post",), ("en",)),
        history=(Turn("Before?"),),
    )
    assert AskRequest(question="x").to_question() == Question("x")
    assert AskQuery(q=" x ", top_k=2).to_question() == Question("x", top_k=2)


def test_a_question_has_1_to_1000_code_points_after_trimming() -> None:
    assert AskRequest(question="  " + "🚢" * 1000 + "\u3000").question == "🚢" * 1000
    for wrong in ("", " \u2003\n", "🚢" * 1001):
        with pytest.raises(ValidationError):
            AskRequest(question=wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"question": None},
        {"question": 5},
        {"question": ["x"]},
        {"question": "a\0b"},
        {"question": "\ud800"},
        {"top_k": 0},
        {"top_k": 11},
        {"top_k": "3"},
        {"top_k": 3.0},
        {"top_k": True},
        {"lang": "English"},
        {"lang": ""},
        {"history": [{"question": "x"}] * 11},
        {"history": ["x"]},
        {"history": [{"question": "x", "answer": "y"}]},
        {"filters": {"doc_id": "a"}},
        {"filters": {"doc_id": [""]}},
        {"filters": {"published_from": "2025-02-30"}},
        {"filters": {"published_from": "2025-1-1"}},
        {"filters": {"published_from": "20250101"}},
        {"filters": {"published_from": "2025-02-02", "published_to": "2025-02-01"}},
        {"filters": None},
        {"unknown": 1},
    ],
)
def test_a_wrong_request_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AskRequest.model_validate({"question": "Who?"} | change)


def test_both_dates_may_be_the_same_day() -> None:
    filters = {"published_from": "2025-02-01", "published_to": "2025-02-01"}
    assert AskRequest.model_validate({"question": "Who?", "filters": filters})


def test_no_message_of_a_date_repeats_the_input() -> None:
    with pytest.raises(ValidationError) as caught:
        AskRequest.model_validate({"question": "Who?", "filters": {"published_from": "2025-77-77"}})
    assert "77" not in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "change",
    [
        {"answer_id": "x"},
        {"answer_id": "8" + "0" * 25},
        {"answer_id": "01m7yak4z5mb91p2h8ngsdws25"},
        {"value": "UP"},
        {"value": 1},
        {"tags": ["t"] * 11},
        {"tags": ["t" * 41]},
        {"tags": [" "]},
        {"note": "n" * 1001},
        {"note": "\0"},
        {"extra": 1},
    ],
)
def test_wrong_feedback_is_refused(change: dict[str, object]) -> None:
    right = {"answer_id": str(ULID()), "value": "up", "tags": ["t" * 40] * 10, "note": "n" * 1000}
    assert FeedbackRequest.model_validate(right)
    with pytest.raises(ValidationError):
        FeedbackRequest.model_validate(right | change)


def test_a_response_quotes_the_document_at_its_offsets() -> None:
    answer = FakeAnswerer().ask(Question("Who was the keeper of the lighthouse?"))
    response = AskResponse.of(answer)
    texts = {document.doc_id: document.text for document in (HARBOUR, ODD)}
    assert ULID.from_str(response.answer_id)
    assert [p.rank for p in response.passages] == [1, 2]
    for passage in response.passages:
        text = texts[passage.source.doc_id]
        assert text[passage.start : passage.end] == passage.text
    best = response.passages[0]
    sentence, span = best.highlights
    text = texts[best.source.doc_id]
    assert text[sentence.start : sentence.end].startswith("The lighthouse keeper was")
    assert text[span.start : span.end] == "The"


def test_a_document_is_proved_by_its_hash_and_counts_its_paragraphs() -> None:
    shown = DocumentResponse.of(HARBOUR)
    assert shown.paragraphs == 2
    assert hashlib.sha256(shown.text.encode()).hexdigest() == shown.sha256
    assert shown.links.view == "/documents/harbour-report"
    assert DocumentResponse.of(ODD).links.view.startswith("/documents/notes/2024%20Q1%20%233%20")
