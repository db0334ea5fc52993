"""Asking, ranking, and what a failing question may and may not break."""

import pytest

from eval.errors import EvaluationError
from eval.run import DEPTH, evaluate
from tests.unit.eval.builders import ScriptedEngine, question, quoted, reply


def test_every_question_is_asked_with_its_history_in_order() -> None:
    questions = [question("a", text="A?", history=("Z?",)), question("b", text="B?")]
    engine = ScriptedEngine({"A?": reply(quoted()), "B?": reply(quoted())})
    counted: list[int] = []
    outcomes = evaluate(questions, engine, counted.append)
    assert [o.question.id for o in outcomes] == ["a", "b"]
    # The first one twice: once to warm up.
    assert engine.asked == [("A?", ("Z?",)), ("A?", ("Z?",)), ("B?", ())]
    assert counted == [1, 1]


def test_the_candidates_are_ranked_by_document_and_by_passage() -> None:
    candidates = [quoted("other"), quoted(start=52), quoted(start=25, end=51)]
    engine = ScriptedEngine({"Q?": reply(quoted())}, {"Q?": candidates})
    (outcome,) = evaluate([question(text="Q?")], engine)
    # Documents: other, report. Passages: other#0, report#52 (holds no gold), report#25.
    assert outcome.scores["document_mrr"] == pytest.approx(1 / 2)
    assert outcome.scores["passage_mrr"] == pytest.approx(1 / 3)
    assert (outcome.scores["passage_recall@1"], outcome.scores["passage_recall@3"]) == (0, 1)


def test_a_follow_up_is_retrieved_as_it_was_understood() -> None:
    engine = ScriptedEngine(
        {"And its keeper?": reply(quoted(), resolved_question="Who kept the pier?")},
        {"Who kept the pier?": [quoted()] * (DEPTH + 5)},
    )
    (outcome,) = evaluate([question(text="And its keeper?")], engine)
    assert len(outcome.candidates) == DEPTH


def test_without_candidates_the_returned_passages_are_ranked() -> None:
    engine = ScriptedEngine({"Q?": reply(quoted("other"), quoted())})
    engine.candidates_are_retrieved = False
    (outcome,) = evaluate([question(text="Q?")], engine)
    assert outcome.scores["document_mrr"] == pytest.approx(1 / 2)


def test_one_failing_question_scores_nothing_and_the_others_go_on() -> None:
    engine = ScriptedEngine({"A?": reply(quoted()), "B?": ValueError("bad"), "C?": reply(quoted())})
    outcomes = evaluate([question(x, text=f"{x}?") for x in "ABC"], engine)
    assert [o.error for o in outcomes] == [None, "ValueError: bad", None]
    assert [o.scores["passage@1"] for o in outcomes] == [1, 0, 1]
    assert outcomes[1].scores["document_recall@10"] == 0


def test_a_run_whose_first_question_fails_stops() -> None:
    engine = ScriptedEngine({"A?": EvaluationError("nobody there")})
    with pytest.raises(EvaluationError, match="nobody there"):
        evaluate([question(text="A?")], engine)


def test_spans_are_measured_only_when_some_are_marked() -> None:
    asked = [question("a", text="A?", answers=("x",)), question("b", text="B?", answers=("x",))]
    without = ScriptedEngine({"A?": reply(quoted()), "B?": reply(quoted())})
    assert not any("span_f1" in o.scores for o in evaluate(asked, without))
    one = ScriptedEngine({"A?": reply(quoted(spans=((40, 43),))), "B?": reply(quoted())})
    assert [o.scores["span_f1"] for o in evaluate(asked, one)] == [0, 0]


def test_no_questions_give_no_outcomes() -> None:
    assert evaluate([], ScriptedEngine({})) == []
