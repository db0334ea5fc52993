"""A scripted engine and short ways to write questions and replies down."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.dataset import EvalQuestion, GoldSpan
from eval.engines import Quoted, Reply

TEXT = "The pier opened in 1871. Its keeper was Ada Moreau. Ferries leave every hour."
#       0                       25                         52


def question(id: str = "q", **fields: Any) -> EvalQuestion:
    """An answerable question about the keeper, unless ``fields`` say otherwise."""
    values: dict[str, Any] = {
        "text": "Who was the keeper?",
        "answerable": True,
        "family": id,
        "relevant": (("report", 1),),
        "sentences": (GoldSpan("report", 25, 51, TEXT[25:51]),),
    }
    return EvalQuestion(id=id, **{**values, **fields})


def unanswerable(id: str = "u", **fields: Any) -> EvalQuestion:
    """A question that the record does not answer."""
    return question(id, **{"answerable": False, "relevant": (), "sentences": (), **fields})


def quoted(
    doc_id: str = "report",
    start: int = 0,
    end: int = len(TEXT),
    sentence: tuple[int, int] | None = (25, 51),
    **fields: Any,
) -> Quoted:
    """A passage of TEXT with one sentence marked."""
    values: dict[str, Any] = {
        "passage_id": f"{doc_id}#{start}",
        "text": TEXT[start:end],
        "sentences": (sentence,) if sentence else (),
    }
    return Quoted(doc_id=doc_id, start=start, end=end, **{**values, **fields})


def reply(
    *ranking: Quoted, answered: bool = True, probability: float = 0.9, **fields: Any
) -> Reply:
    """An answer, or a refusal, with ``ranking``."""
    values: dict[str, Any] = {
        "reason": None if answered else "below_threshold",
        "threshold": 0.5,
        "resolved_question": None,
        "timing_ms": {"read": 2.0, "total": 3.0},
    }
    return Reply(answered, probability=probability, ranking=ranking, **{**values, **fields})


class ScriptedEngine:
    """Gives the reply that was written down for a question, or raises it."""

    candidates_are_retrieved = True

    def __init__(
        self,
        replies: Mapping[str, Reply | Exception],
        candidates: Mapping[str, Sequence[Quoted]] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        self._replies = replies
        self._candidates = candidates or {}
        self._texts = texts if texts is not None else {"report": TEXT}
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.closed = False

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        self.asked.append((question, tuple(history)))
        found = self._replies[question]
        if isinstance(found, Exception):
            raise found
        return found

    def candidates(self, question: str, k: int) -> Sequence[Quoted]:
        return self._candidates.get(question, ())[:k]

    def text_of(self, doc_id: str) -> str | None:
        return self._texts.get(doc_id)

    def describe(self) -> dict[str, str]:
        return {"model": "scripted"}

    def close(self) -> None:
        self.closed = True
