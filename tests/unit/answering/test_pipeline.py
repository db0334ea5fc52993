"""The whole path of answering over a small built index, with readable stand-ins for the models."""

import dataclasses
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.search_index import SearchIndex
from index.searchable import PassageFilter
from service.answers import Answer, CitedPassage, Question, Turn
from service.deadline import Deadline, GivenUp
from service.highlighting import SURE
from service.pipeline import QuestionAnswerer
from service.reader import Reading
from service.windows import Window
from tests.fake_models import OverlapReader
from tests.fakes_answering import built
from tests.unit.answering.conftest import BY_OVERLAP, CORPUS

REASONS = {"below_threshold", "out_of_corpus", "not_a_question", "language"}
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WORDS = sorted({w for record in CORPUS for w in str(record["text"]).split()})
QUESTIONS = st.one_of(
    st.text(min_size=1, max_size=300),
    st.lists(st.sampled_from([*WORDS, "Who", "When", "how many", "it", "she"]), min_size=1).map(
        lambda words: " ".join(words) + "?"
    ),
)


def read_by(index: SearchIndex, reader: OverlapReader) -> QuestionAnswerer:
    return QuestionAnswerer(index, reader, BY_OVERLAP)


def best(answer: Answer) -> CitedPassage:
    assert answer.status == "answered", answer
    return answer.passages[0]


def marked(cited: CitedPassage, number: int = 0) -> str:
    mark = cited.highlights[number]
    return cited.document.text[mark.start : mark.end]


def hold_contract(answer: Answer, question: Question) -> None:
    """What every answer keeps, whatever was asked."""
    assert answer.question == question.text
    assert (answer.status == "answered") == bool(answer.passages)
    assert (answer.reason is None) == (answer.status == "answered")
    assert answer.reason is None or answer.reason in REASONS
    assert not (answer.passages and answer.near_misses)
    assert 0.0 <= answer.confidence.probability <= 1.0
    if answer.passages:
        assert answer.confidence.probability >= answer.confidence.threshold
    assert answer.timing_ms.keys() >= {"embed", "search", "read", "total"}
    assert all(value >= 0 for value in answer.timing_ms.values())
    cited = answer.passages + answer.near_misses
    assert len(cited) <= question.top_k
    assert [c.rank for c in cited] == list(range(1, len(cited) + 1))
    assert len({c.passage.passage_id for c in cited}) == len(cited)
    if cited:
        assert answer.confidence.probability == cited[0].score
    for one in cited:
        text = one.document.text
        assert one.passage.text == text[one.passage.start : one.passage.end]
        assert 0.0 <= one.score <= 1.0
        assert one.highlights
        assert one.highlights[0].kind == "sentence"
        for mark in one.highlights:
            assert one.passage.start <= mark.start < mark.end <= one.passage.end
        sentence = one.highlights[0]
        assert (sentence.start, sentence.end) in one.passage.sentences


def without_timing(answer: Answer) -> Answer:
    return dataclasses.replace(answer, timing_ms={})


def test_question_is_answered_with_the_sentence_that_says_it(answerer: QuestionAnswerer) -> None:
    answer = answerer.ask(Question("How many boats sank?"))
    assert marked(best(answer)) == "Eleven boats sank when the storm came."
    assert best(answer).citation == '"Storm diary", paragraph 1'
    assert answer.reason is None
    assert answer.near_misses == ()


def test_answer_names_the_index_it_came_from(
    answerer: QuestionAnswerer, index: SearchIndex
) -> None:
    info = answerer.ask(Question("How many boats sank?")).index
    assert info == answerer.info
    assert info.generation == index.manifest.generation
    assert info.fingerprint == index.manifest.fingerprint
    assert info.model == "all-MiniLM-L6-v2"


@MANY
@given(text=QUESTIONS, top_k=st.integers(1, 10))
def test_any_text_is_answered_within_the_contract(
    answerer: QuestionAnswerer, text: str, top_k: int
) -> None:
    question = Question(text, top_k=top_k)
    hold_contract(answerer.ask(question), question)


@MANY
@given(text=QUESTIONS, earlier=st.lists(QUESTIONS, min_size=1, max_size=3))
def test_any_history_is_answered_within_the_contract(
    answerer: QuestionAnswerer, text: str, earlier: list[str]
) -> None:
    question = Question(text, history=tuple(Turn(e) for e in earlier))
    hold_contract(answerer.ask(question), question)


@MANY
@given(text=QUESTIONS, word=st.sampled_from(["oil", "May 1931", "🍜", "pho\u031b\u0309", "sank"]))
def test_marked_words_are_the_documents_own_with_words_found_too(
    index: SearchIndex, text: str, word: str
) -> None:
    question = Question(text)
    answer = read_by(index, OverlapReader({word: 2.0})).ask(question)
    hold_contract(answer, question)
    for cited in answer.passages + answer.near_misses:
        assert [m.kind for m in cited.highlights] in (["sentence"], ["sentence", "span"])
        if len(cited.highlights) == 2:
            assert marked(cited, 1) == word
            assert word in marked(cited, 0)


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "a\ud800b?", "​", "'; DROP TABLE passage; --", "(" * 900, "ﷺ" * 900]
)
def test_hostile_text_is_answered_within_the_contract(
    answerer: QuestionAnswerer, text: str
) -> None:
    hold_contract(answerer.ask(Question(text)), Question(text))


def test_every_passage_of_the_record_can_be_quoted_word_for_word(
    answerer: QuestionAnswerer, index: SearchIndex
) -> None:
    passages = index.store.passages(range(index.vectors.size))
    assert len(passages) == 7
    for passage in passages:
        for start, end in passage.sentences:
            sentence = passage.text[start - passage.start : end - passage.start]
            answer = answerer.ask(Question(sentence, filters=PassageFilter((passage.doc_id,))))
            hold_contract(answer, Question(sentence))
            assert best(answer).passage == passage
            assert marked(best(answer)) == sentence


def test_offsets_count_code_points_beyond_the_basic_plane(answerer: QuestionAnswerer) -> None:
    cited = best(answerer.ask(Question("Which oil burns in the lamp?")))
    assert marked(cited) == "🗼🗼 The lamp 💡 burns whale oil."
    assert (cited.highlights[0].start, cited.highlights[0].end) == (0, 30)
    assert cited.view_url == "/documents/%C4%91%C3%A8n/%F0%9F%97%BC?start=0&end=30"


def test_combining_marks_are_quoted_as_the_record_has_them(answerer: QuestionAnswerer) -> None:
    cited = best(answerer.ask(Question("Which soup do cafés serve to sailors?")))
    assert "pho\u031b\u0309 soup" in unicodedata.normalize("NFD", marked(cited))
    assert marked(cited) in cited.document.text


def test_same_question_gets_the_same_answer_but_for_timing(answerer: QuestionAnswerer) -> None:
    for text in ("Who opened the lighthouse?", "Who sold the castle?", "hello", "Cafés?"):
        first, second = (without_timing(answerer.ask(Question(text))) for _ in range(2))
        assert first == second


def test_passages_that_are_equally_likely_stand_as_they_were_retrieved(
    answerer: QuestionAnswerer,
) -> None:
    answer = answerer.ask(Question("Anna Holm opened the lighthouse in May 1931?"))
    likely = [c for c in answer.passages if c.score == answer.passages[0].score]
    assert len(likely) > 1
    retrieved = answerer.retrieve(Question(answer.question), 9)
    rows = [scored.passage.row for scored in retrieved]
    places = [rows.index(c.passage.row) for c in likely]
    assert places == sorted(places)


@pytest.mark.parametrize("top_k", [1, 2, 3, 10])
def test_no_more_passages_are_quoted_than_asked_for(answerer: QuestionAnswerer, top_k: int) -> None:
    answer = answerer.ask(Question("Who opened the lighthouse?", top_k=top_k))
    assert 1 <= len(answer.passages) <= top_k
    everything = answerer.ask(Question("Who opened the lighthouse?", top_k=10))
    assert answer.passages == everything.passages[:top_k]


def test_only_passages_that_answer_stand_below_the_first(answerer: QuestionAnswerer) -> None:
    answer = answerer.ask(Question("Who opened the lighthouse?", top_k=10))
    assert {c.document.doc_id for c in answer.passages} == {"history", "press kit#1"}
    assert all(c.score >= answer.confidence.threshold for c in answer.passages)


def test_filter_by_document_is_kept(answerer: QuestionAnswerer) -> None:
    question = Question("Who opened the lighthouse?", filters=PassageFilter(("press kit#1",)))
    assert {c.document.doc_id for c in answerer.ask(question).passages} == {"press kit#1"}


def test_filter_by_date_is_kept(answerer: QuestionAnswerer) -> None:
    def sources(**dates: str) -> set[str]:
        question = Question("Who opened the lighthouse?", top_k=10, filters=PassageFilter(**dates))  # type: ignore[arg-type]
        return {c.document.doc_id for c in answerer.ask(question).passages}

    assert sources(published_to="2024-12-31") == {"history"}
    assert sources(published_from="2025-01-01") == {"press kit#1"}


def test_filter_that_leaves_nothing_is_a_refusal_without_near_misses(
    answerer: QuestionAnswerer,
) -> None:
    answer = answerer.ask(Question("Who opened the lighthouse?", filters=PassageFilter(("none",))))
    assert (answer.status, answer.reason) == ("no_answer", "out_of_corpus")
    assert answer.near_misses == ()
    assert answer.confidence.probability == 0.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Hello!", "not_a_question"),
        ("???", "not_a_question"),
        ("Who bought comets to parliament?", "out_of_corpus"),
        ("Is the governor at the pier?", "below_threshold"),
        ("Ai đã vẽ bức tranh này ở đâu?", "language"),
    ],
)
def test_refusal_says_why(answerer: QuestionAnswerer, text: str, reason: str) -> None:
    answer = answerer.ask(Question(text))
    assert (answer.status, answer.reason) == ("no_answer", reason)
    assert answer.passages == ()


def test_refusal_shows_the_nearest_passages_apart(answerer: QuestionAnswerer) -> None:
    answer = answerer.ask(Question("Who painted the lighthouse?"))
    assert answer.passages == ()
    assert 1 <= len(answer.near_misses) <= 3
    assert "lighthouse" in answer.near_misses[0].passage.text


def test_greeting_is_refused_though_the_record_holds_its_words(answerer: QuestionAnswerer) -> None:
    assert answerer.ask(Question("xin chào")).reason == "not_a_question"


def test_misspelling_is_mended_and_the_mended_question_shown(answerer: QuestionAnswerer) -> None:
    answer = answerer.ask(Question("Who opened the lighthose?"))
    assert answer.question == "Who opened the lighthose?"
    assert answer.resolved_question == "Who opened the lighthouse?"
    assert "Anna Holm" in marked(best(answer))


def test_question_as_it_stands_shows_no_resolved_one(answerer: QuestionAnswerer) -> None:
    assert answerer.ask(Question("Who opened the lighthouse?")).resolved_question is None


def test_acronym_finds_its_long_form(answerer: QuestionAnswerer) -> None:
    answer = answerer.ask(Question("What does the RLS own?"))
    assert marked(best(answer)).startswith("The Royal Lighthouse Society (RLS) owns")


def test_follow_up_is_resolved_with_the_earlier_question(answerer: QuestionAnswerer) -> None:
    history = (Turn("Who is Nora Lund?"),)
    answer = answerer.ask(Question("Which one does she run?", history=history))
    assert answer.resolved_question == "Which one does Nora Lund run?"
    assert marked(best(answer)) == "Nora Lund runs one."


def test_follow_up_is_resolved_with_the_person_that_the_answer_named(
    answerer: QuestionAnswerer,
) -> None:
    history = (Turn("Who opened the lighthouse?"),)
    answer = answerer.ask(Question("Where was she born?", history=history))
    assert answer.resolved_question == "Where was Anna Holm born?"


def test_same_answer_in_two_documents_is_corroborated(answerer: QuestionAnswerer) -> None:
    answer = answerer.ask(Question("Who opened the lighthouse in May 1931?"))
    (group,) = answer.corroboration
    assert group.sources == 2
    assert set(group.passage_ids) == {"history#1", "press kit#1#1"}


def test_answer_of_one_document_is_not_corroborated(answerer: QuestionAnswerer) -> None:
    assert answerer.ask(Question("How many boats sank?")).corroboration == ()


def test_exact_words_are_marked_where_the_reader_is_sure(index: SearchIndex) -> None:
    question = Question("How many boats sank?")
    sure = best(read_by(index, OverlapReader({"Eleven boats": SURE + 0.5})).ask(question))
    assert [m.kind for m in sure.highlights] == ["sentence", "span"]
    assert marked(sure, 1) == "Eleven boats"
    unsure = best(read_by(index, OverlapReader({"Eleven boats": SURE - 0.5})).ask(question))
    assert [m.kind for m in unsure.highlights] == ["sentence"]


@pytest.mark.parametrize("margin, kinds", [(-0.5, ["sentence"]), (0.5, ["sentence", "span"])])
def test_exact_words_of_a_further_passage_must_beat_no_answer(
    index: SearchIndex, margin: float, kinds: list[str]
) -> None:
    asked = Question("When was the lighthouse opened by Anna Holm?")
    first, second = read_by(index, OverlapReader({"May 1931": margin})).ask(asked).passages[:2]
    assert [m.kind for m in first.highlights] == ["sentence", "span"]
    assert [m.kind for m in second.highlights] == kinds


def test_sentence_of_the_answering_words_is_marked_rather_than_the_readers(
    index: SearchIndex,
) -> None:
    question = Question("Where does the lighthouse opened in 1931 by Anna Holm stand?")
    spans = OverlapReader({"the northern pier": 1.5})
    cited = next(
        c
        for c in read_by(index, spans).ask(question).passages
        if c.passage.passage_id == "history#1"
    )
    assert marked(cited) == "It stands on the northern pier."
    # What "it" is stands in the sentence before, so that one is marked too.
    assert marked(cited, 1) == "The lighthouse was opened in May 1931 by Governor Anna Holm."
    assert marked(cited, 2) == "the northern pier"


def test_marked_words_never_reach_beyond_the_marked_sentence(index: SearchIndex) -> None:
    spans = OverlapReader({"the storm came. Nobody": 1.5})
    cited = best(read_by(index, spans).ask(Question("How many boats sank?")))
    assert marked(cited) == "Eleven boats sank when the storm came."
    assert marked(cited, 1) == "the storm came."


def test_closing_ends_the_readers_threads(tmp_path: Path) -> None:
    reader = OverlapReader()
    QuestionAnswerer(built(CORPUS, tmp_path), reader, BY_OVERLAP).close()
    assert reader.closed


def test_suggestions_are_answered_by_the_record(answerer: QuestionAnswerer) -> None:
    assert not answerer.suggestions
    answerer.find_suggestions()
    assert "When was the lighthouse opened?" in answerer.suggestions
    for text in answerer.suggestions:
        assert answerer.ask(Question(text)).status == "answered"


def test_question_is_not_suggested_to_whoever_asked_it(answerer: QuestionAnswerer) -> None:
    answerer.find_suggestions()
    asked = answerer.suggestions[0]
    assert asked not in answerer.ask(Question(asked)).suggestions
    assert asked in answerer.ask(Question("How many boats sank?")).suggestions


def test_documents_of_the_record_are_given_as_stored(answerer: QuestionAnswerer) -> None:
    documents, total = answerer.documents()
    assert total == answerer.document_count == len(CORPUS)
    assert [d.doc_id for d in documents] == [record["id"] for record in CORPUS]
    for doc in documents:
        assert answerer.document(doc.doc_id) == doc
    assert answerer.document("none of that name") is None


def test_retrieval_resolves_follow_ups_as_asking_does(answerer: QuestionAnswerer) -> None:
    follow_up = Question("Which one does she run?", history=(Turn("Who is Nora Lund?"),))
    alone = Question("Which one does Nora Lund run?")
    assert answerer.retrieve(follow_up, 5) == answerer.retrieve(alone, 5)
    assert [a.candidate for a in answerer.assess(follow_up)] == [
        a.candidate for a in answerer.assess(alone)
    ]


def test_assessment_is_given_whatever_the_threshold(answerer: QuestionAnswerer) -> None:
    assessed = answerer.assess(Question("Who painted the lighthouse?"))
    assert assessed
    assert all(a.probability < BY_OVERLAP.threshold for a in assessed)


def test_question_whose_time_is_over_is_not_read(index: SearchIndex) -> None:
    reader = OverlapReader()
    with Deadline(0).applied(), pytest.raises(GivenUp):
        read_by(index, reader).ask(Question("How many boats sank?"))
    assert reader.seen == []


def test_reading_ends_between_two_rounds_when_the_client_is_gone(index: SearchIndex) -> None:
    deadline = Deadline(60)

    class HangsUp(OverlapReader):
        def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
            deadline.cancel()
            return super().read(question, windows)

    reader = HangsUp(threads=1)
    with deadline.applied(), pytest.raises(GivenUp):
        read_by(index, reader).ask(Question("Who told of a pier and a storm?"))
    assert len(reader.seen) == 1
