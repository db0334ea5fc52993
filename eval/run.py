"""The main path of an evaluation: ask every question, judge, rank."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from eval import ranking
from eval.dataset import EvalQuestion
from eval.engines import Engine, Quoted, Reply
from eval.errors import EvaluationError
from eval.judging import (
    Outcome,
    judge,
    ranked_documents,
    ranked_passages,
    relevant_passages,
)
from index.errors import RecordError

DEPTH = 50
"""Candidates that are ranked for a question."""


def evaluate(
    questions: Sequence[EvalQuestion],
    engine: Engine,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Outcome]:
    """Ask every question once, one after the other, and judge the replies.

    A question that fails is kept with its error and scores nothing. Raises EvaluationError when
    the very first question fails, since then the rest would too.
    """
    outcomes: list[Outcome] = []
    if questions:
        # Not measured: models are warm when the first question is timed.
        _ask(engine, questions[0])
    for question in questions:
        begun = time.perf_counter()
        reply, error = _try(engine, question)
        latency_ms = (time.perf_counter() - begun) * 1000
        candidates: Sequence[Quoted] = ()
        if reply is not None:
            candidates = (
                engine.candidates(reply.resolved_question or question.text, DEPTH)
                if engine.candidates_are_retrieved
                else reply.ranking
            )
        outcomes.append(judge(question, reply, candidates, latency_ms, error))
        advance(1)
    return _without_spans(_ranked(outcomes))


def _ask(engine: Engine, question: EvalQuestion) -> Reply:
    return engine.ask(question.text, question.history)


def _try(engine: Engine, question: EvalQuestion) -> tuple[Reply | None, str | None]:
    try:
        return _ask(engine, question), None
    except (RecordError, EvaluationError) as error:
        return None, str(error)
    except Exception as error:  # One question that breaks the service must not lose the others.
        return None, f"{type(error).__name__}: {error}"


def _ranked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Add the ranking scores."""
    documents = ranking.measure(
        {o.question.id: ranked_documents(o.question, o.candidates) for o in outcomes},
        {o.question.id: dict(o.question.relevant) for o in outcomes},
    )
    passages = ranking.measure(
        {o.question.id: ranked_passages(o.question, o.candidates) for o in outcomes},
        {o.question.id: relevant_passages(o.question, o.candidates) for o in outcomes},
    )
    return [
        replace(
            o,
            scores={
                **{f"document_{k}": v for k, v in documents.get(o.question.id, {}).items()},
                **{f"passage_{k}": v for k, v in passages.get(o.question.id, {}).items()},
                **o.scores,
            },
        )
        for o in outcomes
    ]


def _without_spans(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Drop the span scores when nothing marks spans at all: then they are not measured, not 0."""
    if any(q.spans for o in outcomes if o.reply for q in o.reply.ranking):
        return list(outcomes)
    return [
        replace(o, scores={k: v for k, v in o.scores.items() if not k.startswith("span_")})
        for o in outcomes
    ]
