"""Was it right? One reply against the gold of one question.

Every score is per question, 0 to 1, so that the figures are means of them; a score that does not
concern the question is absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval import spans
from eval.dataset import EvalQuestion, GoldSpan
from eval.engines import Quoted, Reply
from eval.ranking import first_of_each


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, what came back, and how it is judged."""

    question: EvalQuestion
    reply: Reply | None
    """None when asking failed; ``error`` says how."""
    error: str | None
    latency_ms: float
    candidates: tuple[Quoted, ...]
    """What the ranking measures rank."""
    first: Quoted | None
    """The first passage, or on a refusal the first near miss."""
    right: bool | None
    """Whether ``first`` answers the question; None when the gold cannot tell."""
    scores: Mapping[str, float]
    """Every score that concerns the question, by the name of its figure."""


def judge(
    question: EvalQuestion,
    reply: Reply | None,
    candidates: Sequence[Quoted],
    latency_ms: float,
    error: str | None = None,
) -> Outcome:
    """Compare a reply with the gold; ranking scores are added by the caller."""
    ranking = [q for q in (reply.ranking if reply else ()) if q.doc_id not in question.ignored]
    first = ranking[0] if ranking else None
    right = _right(question, first)
    scores: dict[str, float] = {}
    answered = reply is not None and reply.answered
    if question.answerable and question.relevant:
        scores |= _found(question, first, bool(right))
        scores["answered_right"] = float(answered and bool(right))
        if "sentence@1" in scores:
            scores["answered_right_sentence"] = float(answered) * scores["sentence@1"]
    if question.answerable:
        scores["answered"] = float(answered)
    elif question.answerable is False:
        scores["refused"] = float(reply is not None and not reply.answered)
    if reply is not None and right is not None:
        if answered:
            scores["answered_accuracy"] = float(right)
        scores["brier"] = (reply.probability - right) ** 2
    if question.rewrite and question.history:
        asked = (reply.resolved_question if reply else None) or question.text
        scores["rewrite_f1"] = spans.token_f1(asked, [question.rewrite])
        scores["rewrite_f1_unresolved"] = spans.token_f1(question.text, [question.rewrite])
    return Outcome(question, reply, error, latency_ms, tuple(candidates), first, right, scores)


def holds_gold(question: EvalQuestion, doc_id: str, start: int, end: int) -> bool:
    """Whether the words from ``start`` to ``end`` are, or hold, gold words.

    Where gold sentences are known: the words share at least half of the shorter of both with one
    of them. Otherwise: the words contain one of the gold answers whole.
    """
    here = (start, end)
    meets = spans.overlaps_half if question.sentences else spans.contains
    return any(
        gold.doc_id == doc_id and gold.start >= 0 and meets(here, (gold.start, gold.end))
        for gold in question.gold
    )


def passage_is_right(question: EvalQuestion, passage: Quoted) -> bool:
    """Whether a passage holds gold words, or, where no words are known, is of a gold document."""
    if question.gold:
        return holds_gold(question, passage.doc_id, passage.start, passage.end)
    return dict(question.relevant).get(passage.doc_id, 0) > 0


def relevant_passages(question: EvalQuestion, candidates: Sequence[Quoted]) -> dict[str, int]:
    """Return the gold passages for ranking measures, ``{passage_id: 1}``.

    Passages are ours, so the data cannot name them: the candidates that hold gold words are
    relevant, and each gold sentence that no candidate holds stands for a passage that was missed.
    Several gold answers are wordings of one answer, so they miss one passage together.
    ``{}`` where the data set gives no words but only documents.
    """
    found = {
        c.passage_id: 1
        for c in candidates
        if question.gold and holds_gold(question, c.doc_id, c.start, c.end)
    }
    missed = [g for g in question.gold if not any(_held(question, g, c) for c in candidates)]
    if not question.sentences:
        missed = [] if found else missed[:1]
    return found | {f"missed {g.doc_id} {g.start} {g.text}": 1 for g in missed}


def ranked_documents(question: EvalQuestion, candidates: Sequence[Quoted]) -> list[str]:
    """The candidates' documents, each at the rank of its best passage."""
    return first_of_each((c.doc_id for c in candidates), question.ignored)


def ranked_passages(question: EvalQuestion, candidates: Sequence[Quoted]) -> list[str]:
    """The candidates' ids without those of ignored documents."""
    return first_of_each(c.passage_id for c in candidates if c.doc_id not in question.ignored)


def _held(question: EvalQuestion, gold: GoldSpan, passage: Quoted) -> bool:
    meets = spans.overlaps_half if question.sentences else spans.contains
    return (
        gold.doc_id == passage.doc_id
        and gold.start >= 0
        and meets((passage.start, passage.end), (gold.start, gold.end))
    )


def _right(question: EvalQuestion, first: Quoted | None) -> bool | None:
    if question.answerable is None or (question.answerable and not question.relevant):
        return None
    return bool(question.answerable) and first is not None and passage_is_right(question, first)


def _found(question: EvalQuestion, first: Quoted | None, right: bool) -> dict[str, float]:
    """What was found, whether or not it was shown as an answer."""
    grades = dict(question.relevant)
    scores = {
        "document@1": float(first is not None and grades.get(first.doc_id, 0) > 0),
        "passage@1": float(right),
    }
    if question.gold:
        marked = first is not None and any(
            holds_gold(question, first.doc_id, *span) for span in first.sentences
        )
        scores["sentence@1"] = float(marked)
        if right:
            scores["sentence_in_right_passage"] = float(marked)
    if first is not None and question.gold:
        scores["marked_sentences"] = float(len(first.sentences))
    if question.answers:
        said = marked_words(first)
        scores["span_em"] = spans.exact_match(said, question.answers)
        scores["span_f1"] = spans.token_f1(said, question.answers)
    return scores


def marked_words(passage: Quoted | None) -> str:
    """The words marked as the answer's span, several joined in their order; ``""`` for none."""
    if passage is None:
        return ""
    return " ".join(
        passage.text[start - passage.start : end - passage.start]
        for start, end in sorted(passage.spans)
    )
