"""Whatever is asked: an index opened here, or a service at a URL. Both give the same records."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from eval.errors import EvaluationError
from index.types import Document, ScoredPassage
from service.answers import Answer, CitedPassage, IndexInfo, Question, Turn

TIMEOUT_S = 60.0
_PATIENCE = 5
"""How often a service that is too busy is asked again."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A passage as it was returned or retrieved. Offsets are of the document."""

    passage_id: str
    doc_id: str
    start: int
    end: int
    text: str = ""
    sentences: tuple[tuple[int, int], ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer or a refusal, as far as it is scored."""

    answered: bool
    reason: str | None
    probability: float
    threshold: float
    resolved_question: str | None
    ranking: tuple[Quoted, ...]
    """The passages, or on a refusal the near misses, best first."""
    timing_ms: dict[str, float]


class Engine(Protocol):
    """What an evaluation asks."""

    candidates_are_retrieved: bool
    """False when only returned passages can be ranked, not the retriever's candidates."""

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Ask as a user does. Raises RecordError or EvaluationError when it fails."""
        ...

    def candidates(self, question: str, k: int) -> Sequence[Quoted]:
        """The retriever's ``k`` best passages before reading, best first."""
        ...

    def text_of(self, doc_id: str) -> str | None:
        """The stored text of a document, or None when there is none of that id."""
        ...

    def describe(self) -> dict[str, str]:
        """Which index answers, for the report."""
        ...

    def close(self) -> None:
        """Give back what was opened."""
        ...


class Answerer(Protocol):
    """The part of ``service.pipeline.QuestionAnswerer`` that is used here."""

    @property
    def info(self) -> IndexInfo:
        """Which index answers."""

    def ask(self, question: Question) -> Answer:
        """Answer with quotations, or refuse."""

    def retrieve(self, question: Question, k: int) -> Sequence[ScoredPassage]:
        """The ``k`` best candidates before reading, best first."""

    def document(self, doc_id: str) -> Document | None:
        """One document, or None."""

    def close(self) -> None:
        """Release the index."""


class LocalEngine:
    """Asks an index in this process, without HTTP."""

    candidates_are_retrieved = True

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    @classmethod
    def open(cls, index: Path) -> "LocalEngine":
        """Open the index at ``index``. Raises RecordError with the remedy."""
        from service.pipeline import QuestionAnswerer

        return cls(QuestionAnswerer.open(index))

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """See ``Engine``."""
        answer = self._answerer.ask(
            Question(question, history=tuple(Turn(turn) for turn in history))
        )
        return Reply(
            answered=answer.status == "answered",
            reason=answer.reason,
            probability=answer.confidence.probability,
            threshold=answer.confidence.threshold,
            resolved_question=answer.resolved_question,
            ranking=tuple(_quoted(c) for c in answer.passages or answer.near_misses),
            timing_ms=dict(answer.timing_ms),
        )

    def candidates(self, question: str, k: int) -> Sequence[Quoted]:
        """See ``Engine``."""
        return [
            Quoted(
                p.passage.passage_id,
                p.passage.doc_id,
                p.passage.start,
                p.passage.end,
                score=p.score,
            )
            for p in self._answerer.retrieve(Question(question), k)
        ]

    def text_of(self, doc_id: str) -> str | None:
        """See ``Engine``."""
        document = self._answerer.document(doc_id)
        return None if document is None else document.text

    def describe(self) -> dict[str, str]:
        """See ``Engine``."""
        info = self._answerer.info
        return {
            "generation": info.generation,
            "fingerprint": info.fingerprint,
            "model": info.model,
            "built_at": info.built_at,
        }

    def close(self) -> None:
        """See ``Engine``."""
        self._answerer.close()


class HttpEngine:
    """Asks a service by POST /ask. Latencies hold the way there and back."""

    candidates_are_retrieved = False

    def __init__(self, url: str, client: httpx.Client | None = None) -> None:
        self._url = url.rstrip("/")
        self._client = client or httpx.Client(
            base_url=self._url, timeout=TIMEOUT_S, headers={"Accept": "application/json"}
        )
        self._index: dict[str, str] = {}

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """See ``Engine``. Ten passages are asked for, so that a ranking can be scored."""
        body: dict[str, Any] = {"question": question, "top_k": 10}
        if history:
            body["history"] = [{"question": turn} for turn in history]
        response = self._send("POST", "/ask", json=body)
        try:
            answer = response.json()
            self._index = {k: str(v) for k, v in answer["index"].items()}
            return _reply(answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationError(
                f"{self._url}/ask: {type(error).__name__}: {error}; is this the service?"
            ) from error

    def candidates(self, question: str, k: int) -> Sequence[Quoted]:
        """Nothing: the interface does not show them."""
        return ()

    def text_of(self, doc_id: str) -> str | None:
        """See ``Engine``."""
        try:
            response = self._send("GET", "/documents/" + quote(doc_id, safe=""))
        except _NotFound:
            return None
        return str(response.json()["text"])

    def describe(self) -> dict[str, str]:
        """See ``Engine``."""
        return {"url": self._url, **self._index}

    def close(self) -> None:
        """See ``Engine``."""
        self._client.close()

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send, waiting when the service is too busy. Raises EvaluationError naming the URL."""
        for attempt in range(_PATIENCE):
            try:
                response = self._client.request(method, path, **options)
            except httpx.HTTPError as error:
                raise EvaluationError(
                    f"{self._url}: {type(error).__name__}: {error}; is the service running there?"
                ) from error
            if response.status_code not in (429, 503) or attempt == _PATIENCE - 1:
                break
            wait = response.headers.get("retry-after", "1")
            time.sleep(min(float(wait) if wait.isdigit() else 1.0, 10.0))
        if response.status_code == 404:
            raise _NotFound(f"{self._url}{path}: is not there")
        if response.is_error:
            raise EvaluationError(
                f"{self._url}{path}: status {response.status_code}: {_detail(response)}"
            )
        return response


class _NotFound(EvaluationError):
    """The service has no such document."""


def _quoted(cited: CitedPassage) -> Quoted:
    p = cited.passage
    return Quoted(
        p.passage_id,
        p.doc_id,
        p.start,
        p.end,
        p.text,
        sentences=tuple((h.start, h.end) for h in cited.highlights if h.kind == "sentence"),
        spans=tuple((h.start, h.end) for h in cited.highlights if h.kind == "span"),
        score=cited.score,
    )


def _detail(response: httpx.Response) -> str:
    """The ``detail`` of an ``application/problem+json`` body, or how any other body begins."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return repr(response.text[:200])


def _reply(answer: dict[str, Any]) -> Reply:
    return Reply(
        answered=answer["status"] == "answered",
        reason=answer["reason"],
        probability=float(answer["confidence"]["probability"]),
        threshold=float(answer["confidence"]["threshold"]),
        resolved_question=answer["resolved_question"],
        ranking=tuple(_quoted_json(p) for p in answer["passages"] or answer["near_misses"]),
        timing_ms={k: float(v) for k, v in answer["timing_ms"].items()},
    )


def _quoted_json(p: dict[str, Any]) -> Quoted:
    marks = [(h["kind"], (int(h["start"]), int(h["end"]))) for h in p["highlights"]]
    return Quoted(
        p["passage_id"],
        p["source"]["doc_id"],
        int(p["start"]),
        int(p["end"]),
        p["text"],
        sentences=tuple(span for kind, span in marks if kind == "sentence"),
        spans=tuple(span for kind, span in marks if kind == "span"),
        score=float(p["score"]),
    )
