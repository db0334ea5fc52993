"""Suggested questions: made from the record, and asked before they are shown."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index.search_index import SearchIndex
from service.answers import Answer, Confidence, Highlight, IndexInfo, Question
from service.citations import cite
from service.suggestions import MAX_CHECKED, MAX_SUGGESTIONS, MIN_PROBABILITY, checked_suggestions
from tests.fakes_answering import document, indexed

LAMP = "The lamp was built by the harbour board in 1931."
RECORD = (
    document("a", f"{LAMP} It shines at night."),
    document("b", "The Sea Pilot School is a school by the pier."),
    document("c", "A storm festival for pilots took place at the pier in March 2024."),
    document("d", "Anna Holm emphasized the need for oil."),
)
QUESTIONS = {
    "When was the lamp built?",
    "Who built the lamp?",
    "What is the Sea Pilot School?",
    "Where did the storm festival take place?",
    "When did the storm festival take place?",
    "What did Anna Holm emphasize?",
}


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return indexed(tmp_path, RECORD)


class Oracle:
    """Answers with the sentence of the record that ``chosen`` names, as sure as it is told."""

    def __init__(
        self,
        index: SearchIndex,
        chosen: Callable[[str], str],
        probability: float = 0.9,
        status: str = "answered",
    ) -> None:
        self.asked: list[str] = []
        self._chosen, self._probability, self._status = chosen, probability, status
        self._found = {}
        for passage in index.store.passages(range(index.vectors.size)):
            doc = index.store.document(passage.doc_id)
            assert doc is not None
            for start, end in passage.sentences:
                mark = Highlight(start, end, "sentence")
                self._found[doc.text[start:end]] = cite(passage, doc, (mark,), 1, 0.9, {})

    def __call__(self, question: Question) -> Answer:
        self.asked.append(question.text)
        cited = self._found[self._chosen(question.text)]
        answer = Answer(
            status="answered",
            reason=None,
            question=question.text,
            resolved_question=None,
            lang="en",
            confidence=Confidence(self._probability, "high", 0.5),
            passages=(cited,),
            near_misses=(),
            corroboration=(),
            suggestions=(),
            index=IndexInfo("g", "f", "t", "m"),
        )
        if self._status == "answered":
            return answer
        return replace(
            answer,
            status="no_answer",
            reason="below_threshold",
            passages=(),
            near_misses=(cited,),
        )


def own_sentence(question: str) -> str:
    """The sentence of ``RECORD`` that shares the most words with ``question``."""
    asked = set(question.rstrip("?").lower().split())
    sentences = [LAMP, *(d.text for d in RECORD[1:])]
    return max(sentences, key=lambda s: len(asked & set(s.rstrip(".").lower().split())))


def test_questions_are_made_from_the_records_own_sentences(index: SearchIndex) -> None:
    oracle = Oracle(index, own_sentence)
    assert set(checked_suggestions(index, oracle)) == QUESTIONS
    assert set(oracle.asked) == QUESTIONS


def test_kinds_of_questions_take_turns(index: SearchIndex) -> None:
    first = checked_suggestions(index, Oracle(index, own_sentence))[:5]
    assert len({q.split()[0] + q.split()[1] for q in first}) >= 4


def test_question_answered_from_another_passage_is_dropped(index: SearchIndex) -> None:
    def chosen(question: str) -> str:
        return RECORD[1].text if "lamp" in question else own_sentence(question)

    found = checked_suggestions(index, Oracle(index, chosen))
    assert set(found) == {q for q in QUESTIONS if "lamp" not in q}


def test_question_answered_from_another_sentence_of_its_passage_is_dropped(
    index: SearchIndex,
) -> None:
    def chosen(question: str) -> str:
        return "It shines at night." if "lamp" in question else own_sentence(question)

    found = checked_suggestions(index, Oracle(index, chosen))
    assert set(found) == {q for q in QUESTIONS if "lamp" not in q}


def test_question_that_is_refused_is_dropped(index: SearchIndex) -> None:
    assert checked_suggestions(index, Oracle(index, own_sentence, status="no_answer")) == ()


def test_question_answered_without_much_confidence_is_dropped(index: SearchIndex) -> None:
    unsure = Oracle(index, own_sentence, probability=MIN_PROBABILITY - 0.01)
    assert checked_suggestions(index, unsure) == ()


def test_number_of_questions_asked_and_kept_is_bounded(tmp_path: Path) -> None:
    many = [
        document(f"d{n}", f"The {name} lamp was built in 19{n + 10}.")
        for n, name in enumerate("red blue green white black brown grey pink gold".split() * 4)
    ]
    index = indexed(tmp_path, many)
    oracle = Oracle(index, lambda q: next(d.text for d in many if q.split()[3] in d.text))
    assert len(checked_suggestions(index, oracle)) == MAX_SUGGESTIONS
    refusing = Oracle(index, lambda q: many[-1].text, status="no_answer")
    assert checked_suggestions(index, refusing) == ()
    assert len(refusing.asked) == min(9, MAX_CHECKED)
    assert len(set(refusing.asked)) == len(refusing.asked)


def test_record_without_such_sentences_suggests_nothing(tmp_path: Path) -> None:
    index = indexed(tmp_path, [document("a", "Salt, rope and tar.")])
    assert checked_suggestions(index, Oracle(index, own_sentence)) == ()
