"""The same record from an index in this process and from a service over HTTP."""

import json
from collections.abc import Callable, Sequence

import httpx
import pytest

from eval.engines import HttpEngine, LocalEngine, Quoted
from eval.errors import EvaluationError
from index.types import ScoredPassage
from service.answers import Question
from service.schemas import AskResponse, DocumentResponse
from tests.fakes import HARBOUR, INFO, ODD, FakeAnswerer

KEEPER = "Who was the lighthouse keeper?"


class Answerer(FakeAnswerer):
    """The fake with a retriever: what it would answer, scored by rank."""

    def retrieve(self, question: Question, k: int) -> Sequence[ScoredPassage]:
        answer = self.ask(Question(question.text, top_k=10))
        cited = answer.passages or answer.near_misses
        return [ScoredPassage(c.passage, 1 / c.rank, 0.5, 2.0) for c in cited][:k]


def http(handler: Callable[[httpx.Request], httpx.Response]) -> HttpEngine:
    transport = httpx.MockTransport(handler)
    return HttpEngine(
        "http://record.test", httpx.Client(base_url="http://record.test", transport=transport)
    )


def serve(request: httpx.Request) -> httpx.Response:
    """Answer as the service does, through its own schemas."""
    answerer = Answerer()
    if request.method == "POST":
        body = json.loads(request.content)
        answer = answerer.ask(Question(body["question"], top_k=body["top_k"]))
        return httpx.Response(200, json=AskResponse.of(answer).model_dump(mode="json"))
    doc_id = request.url.path.removeprefix("/documents/")
    document = answerer.document(doc_id)
    if document is None:
        return httpx.Response(404, json={"title": "not found"})
    return httpx.Response(200, json=DocumentResponse.of(document).model_dump(mode="json"))


def test_an_answer_keeps_its_marks_scores_and_times() -> None:
    reply = LocalEngine(Answerer()).ask(KEEPER, ["When was it lit?"])
    assert reply.answered and reply.reason is None
    first = reply.ranking[0]
    start, end = first.sentences[0]
    text = {HARBOUR.doc_id: HARBOUR.text, ODD.doc_id: ODD.text}[first.doc_id]
    assert "keeper" in text[start:end]
    assert text[first.start : first.end] == first.text
    assert reply.timing_ms and 0 <= reply.probability <= 1


def test_history_reaches_the_answerer() -> None:
    answerer = Answerer()
    LocalEngine(answerer).ask(KEEPER, ["One?", "Two?"])
    assert [turn.question for turn in answerer.asked[-1].history] == ["One?", "Two?"]


def test_a_refusal_is_ranked_by_its_near_misses() -> None:
    reply = LocalEngine(Answerer()).ask("Where do the whales of Iceland sleep in winter hours?")
    assert not reply.answered and reply.reason is not None
    assert reply.ranking


def test_candidates_come_from_the_retriever() -> None:
    engine = LocalEngine(Answerer())
    candidates = engine.candidates(KEEPER, 2)
    assert len(candidates) == 2 and engine.candidates_are_retrieved
    assert isinstance(candidates[0], Quoted) and candidates[0].score == 1.0


def test_the_local_index_describes_itself_and_is_closed() -> None:
    answerer = Answerer()
    engine = LocalEngine(answerer)
    assert engine.describe()["fingerprint"] == INFO.fingerprint
    assert engine.text_of(HARBOUR.doc_id) == HARBOUR.text
    assert engine.text_of("absent") is None
    engine.close()
    assert answerer.closed


def test_a_service_gives_the_same_reply_as_the_index() -> None:
    here, there = LocalEngine(Answerer()).ask(KEEPER), http(serve).ask(KEEPER)
    assert there.ranking[: len(here.ranking)] == here.ranking
    assert (there.answered, there.probability, there.threshold, there.resolved_question) == (
        here.answered, here.probability, here.threshold, here.resolved_question,
    )  # fmt: skip


@pytest.mark.parametrize("document", [HARBOUR, ODD])
def test_a_service_gives_texts_of_documents_with_any_id(document: object) -> None:
    assert http(serve).text_of(document.doc_id) == document.text  # type: ignore[attr-defined]
    assert http(serve).text_of("absent") is None


def test_a_busy_service_is_asked_again_after_the_time_it_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("eval.engines.time.sleep", waited.append)
    answers = iter([httpx.Response(503, headers={"Retry-After": "2"}), httpx.Response(429)])
    assert http(lambda r: next(answers, None) or serve(r)).ask(KEEPER).answered
    assert waited == [2.0, 1.0]


def test_a_service_that_stays_busy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.engines.time.sleep", lambda seconds: None)
    with pytest.raises(EvaluationError, match="status 503"):
        http(lambda r: httpx.Response(503)).ask(KEEPER)


def test_a_service_that_is_not_there_is_named() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    with pytest.raises(EvaluationError, match=r"http://record\.test: ConnectError: .*running"):
        http(refuse).ask(KEEPER)


def test_an_answer_that_is_not_that_of_a_service_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="is this the service"):
        http(lambda r: httpx.Response(200, text="<html>")).ask(KEEPER)
    with pytest.raises(EvaluationError, match="is this the service"):
        http(lambda r: httpx.Response(200, json={"answer": "42"})).ask(KEEPER)


def test_what_a_service_says_of_a_refused_request_is_passed_on() -> None:
    problem = {"title": "Too long", "status": 422, "detail": "The question is too long."}
    with pytest.raises(EvaluationError, match=r"/ask: status 422: The question is too long\.$"):
        http(lambda r: httpx.Response(422, json=problem)).ask(KEEPER)
    with pytest.raises(EvaluationError, match=r"/ask: status 500: '<html>'$"):
        http(lambda r: httpx.Response(500, text="<html>")).ask(KEEPER)
