"""What counts as right, question by question."""

import pytest

from eval.dataset import EvalQuestion, GoldSpan
from eval.engines import Quoted
from eval.judging import (
    holds_gold,
    judge,
    marked_words,
    passage_is_right,
    ranked_documents,
    ranked_passages,
    relevant_passages,
)
from tests.unit.eval.builders import TEXT, question, quoted, reply, unanswerable

ADA = GoldSpan("report", 40, 50, TEXT[40:50])


def scores(question: EvalQuestion, *ranking: Quoted, **fields: object) -> dict[str, float]:
    return dict(judge(question, reply(*ranking, **fields), (), 5.0).scores)  # type: ignore[arg-type]


def test_the_right_sentence_of_the_right_passage_scores_everything() -> None:
    assert scores(question(), quoted()) == {
        "document@1": 1, "passage@1": 1, "sentence@1": 1, "sentence_in_right_passage": 1,
        "marked_sentences": 1, "answered": 1, "answered_right": 1, "answered_right_sentence": 1,
        "answered_accuracy": 1, "brier": pytest.approx(0.01),
    }  # fmt: skip


def test_the_wrong_sentence_of_the_right_passage() -> None:
    found = scores(question(), quoted(sentence=(0, 24)))
    assert (found["passage@1"], found["sentence@1"]) == (1, 0)
    assert (found["sentence_in_right_passage"], found["answered_right_sentence"]) == (0, 0)
    assert (found["answered_right"], found["answered_accuracy"]) == (1, 1)


def test_a_wrong_passage_of_the_right_document() -> None:
    found = scores(question(), quoted(start=52, sentence=(52, 77)), quoted())
    assert (found["document@1"], found["passage@1"], found["sentence@1"]) == (1, 0, 0)
    assert "sentence_in_right_passage" not in found
    assert (found["answered"], found["answered_right"], found["answered_accuracy"]) == (1, 0, 0)
    assert found["brier"] == pytest.approx(0.81)  # .9 promised, wrong


def test_a_refusal_keeps_what_was_found_but_not_what_was_answered() -> None:
    found = scores(question(), quoted(), answered=False, probability=0.4)
    assert (found["passage@1"], found["sentence@1"]) == (1, 1)
    assert (found["answered"], found["answered_right"], found["answered_right_sentence"]) == (
        0, 0, 0,
    )  # fmt: skip
    assert "answered_accuracy" not in found
    assert found["brier"] == pytest.approx(0.36)  # .4 promised, and the near miss was right


def test_a_question_that_got_nothing_at_all_scores_zero_and_stays_in_the_mean() -> None:
    found = scores(question(), answered=False, probability=0.0)
    assert {found[k] for k in ("document@1", "passage@1", "sentence@1", "answered")} == {0}


def test_a_question_that_failed_scores_zero_and_promises_nothing() -> None:
    outcome = judge(question(), None, (), 5.0, "it broke")
    assert outcome.scores["answered"] == 0 and outcome.scores["passage@1"] == 0
    assert "brier" not in outcome.scores
    assert judge(unanswerable(), None, (), 5.0, "it broke").scores == {"refused": 0}


def test_an_unanswerable_question_must_be_refused() -> None:
    assert scores(unanswerable(), quoted(), answered=False, probability=0.1) == {
        "refused": 1, "brier": pytest.approx(0.01),
    }  # fmt: skip
    assert scores(unanswerable(), quoted(), probability=0.9) == {
        "refused": 0, "answered_accuracy": 0, "brier": pytest.approx(0.81),
    }  # fmt: skip


def test_related_documents_do_not_make_an_unanswerable_question_right() -> None:
    outcome = judge(unanswerable(relevant=(("report", 1),)), reply(quoted()), (), 5.0)
    assert outcome.right is False
    assert "passage@1" not in outcome.scores


def test_a_question_of_unknown_gold_is_not_judged() -> None:
    outcome = judge(question(answerable=None), reply(quoted()), (), 5.0)
    assert (outcome.right, dict(outcome.scores)) == (None, {})
    assert judge(question(relevant=(), sentences=()), reply(quoted()), (), 5.0).scores == {
        "answered": 1
    }


def test_without_gold_sentences_the_marked_words_must_contain_the_answer() -> None:
    asked = question(sentences=(), answer_spans=(ADA,))
    assert holds_gold(asked, "report", 25, 51)
    assert not holds_gold(asked, "report", 25, 49)  # the last letter is outside
    assert not holds_gold(asked, "other", 25, 51)


def test_without_gold_words_a_passage_of_a_gold_document_is_right() -> None:
    asked = question(sentences=(), relevant=(("report", 1), ("judged-bad", 0)))
    assert passage_is_right(asked, quoted(start=52))
    assert not passage_is_right(asked, quoted("judged-bad"))
    assert "sentence@1" not in scores(asked, quoted())


def test_gold_that_is_not_in_the_index_is_never_met() -> None:
    lost = question(sentences=(GoldSpan("report", -1, -1, ""),))
    assert not holds_gold(lost, "report", 0, len(TEXT))


def test_one_of_several_marked_sentences_is_enough_and_their_number_is_told() -> None:
    found = scores(question(), quoted(sentences=((0, 24), (25, 51))))
    assert (found["sentence@1"], found["marked_sentences"]) == (1, 2)


def test_spans_are_compared_with_the_accepted_answers() -> None:
    asked = question(answers=("Ada Moreau",))
    found = scores(asked, quoted(spans=((36, 50),)))  # "was Ada Moreau"
    assert found["span_em"] == 0
    assert found["span_f1"] == pytest.approx(2 * 2 / 5)
    assert scores(asked, quoted())["span_f1"] == 0


def test_spans_are_joined_in_the_order_of_the_text() -> None:
    assert marked_words(quoted(start=25, spans=((44, 50), (40, 43)))) == "Ada Moreau"
    assert marked_words(None) == ""


def test_ignored_documents_do_not_count_as_first() -> None:
    asked = question(ignored=frozenset({"source"}))
    outcome = judge(asked, reply(quoted("source"), quoted()), (), 5.0)
    assert outcome.first is not None and outcome.first.doc_id == "report"
    assert ranked_documents(asked, [quoted("source"), quoted("b"), quoted("b", 25)]) == ["b"]
    assert ranked_passages(asked, [quoted("source"), quoted("b"), quoted("b", 25)]) == [
        "b#0", "b#25",
    ]  # fmt: skip


def test_gold_passages_are_the_candidates_that_hold_gold_and_those_that_were_missed() -> None:
    other = GoldSpan("other", 3, 9, "missed")
    asked = question(sentences=(*question().sentences, other))
    found = relevant_passages(asked, [quoted(start=52), quoted(start=20)])
    assert found == {"report#20": 1, "missed other 3 missed": 1}


def test_several_answers_are_wordings_of_one_and_miss_one_passage() -> None:
    asked = question(sentences=(), answer_spans=(ADA, GoldSpan("report", 44, 50, "Moreau")))
    assert len(relevant_passages(asked, [])) == 1
    # One passage holds "Moreau" only: nothing else was missed.
    assert relevant_passages(asked, [quoted(start=44, end=60)]) == {"report#44": 1}


def test_documents_alone_give_no_gold_passages() -> None:
    assert relevant_passages(question(sentences=()), [quoted()]) == {}


def test_a_follow_up_is_compared_with_how_a_person_rewrote_it() -> None:
    asked = question(history=("What opened?",), rewrite="Who was the pier keeper?", relevant=(),
                     answerable=None)  # fmt: skip
    found = scores(asked, quoted(), resolved_question="Who was the pier keeper?")
    # As typed: who was keeper; 3 of 3 against 4 words: 2 * 3 / 7.
    assert found == {"rewrite_f1": 1, "rewrite_f1_unresolved": pytest.approx(6 / 7)}
    assert scores(asked, quoted())["rewrite_f1"] == pytest.approx(6 / 7)
