"""Both layouts of questions, and every way in which they can be wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.dataset import (
    Dataset,
    EvalQuestion,
    GoldSpan,
    read_folder,
    read_questions,
    select,
)
from eval.errors import EvaluationError
from eval.gold import resolve
from tests.unit.eval.builders import TEXT

KEEPER = "Its keeper was Ada Moreau."


def write(folder: Path, *rows: dict[str, Any] | str, name: str = "questions.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def text_of(doc_id: str) -> str | None:
    return {"report": TEXT, "twice": "So it is. So it is."}.get(doc_id)


def one(dataset: Dataset) -> EvalQuestion:
    (question,), _ = resolve(dataset, text_of)
    return question


OWN = {
    "id": "q1", "family": "keeper", "split": "dev", "category": "fact", "lang": "en",
    "question": "Who was the keeper?", "history": [{"question": "What opened in 1871?"}],
    "answerable": True, "gold": [{"doc_id": "report", "sentence": KEEPER}],
    "answers": ["Ada Moreau"], "note": "easy",
}  # fmt: skip


def test_the_projects_own_questions_are_read_whole(tmp_path: Path) -> None:
    assert one(read_questions(write(tmp_path, OWN))) == EvalQuestion(
        id="q1", text="Who was the keeper?", answerable=True, history=("What opened in 1871?",),
        split="dev", category="fact", family="keeper", lang="en", relevant=(("report", 1),),
        sentences=(GoldSpan("report", 25, 51, KEEPER),), answers=("Ada Moreau",),
    )  # fmt: skip


def test_a_question_without_family_is_its_own(tmp_path: Path) -> None:
    assert one(read_questions(write(tmp_path, {**OWN, "family": ""}))).family == "q1"


def test_a_gold_sentence_that_the_record_does_not_hold_is_named(tmp_path: Path) -> None:
    gold = [{"doc_id": "report", "sentence": "Its keeper was  Ada Moreau."}]
    dataset = read_questions(write(tmp_path, {**OWN, "gold": gold}))
    with pytest.raises(EvaluationError, match=r"q1: document 'report' does not hold 'Its keeper"):
        resolve(dataset, text_of)


def test_a_gold_document_that_the_record_does_not_have_is_named(tmp_path: Path) -> None:
    dataset = read_questions(
        write(tmp_path, {**OWN, "gold": [{"doc_id": "minutes", "sentence": KEEPER}]})
    )
    with pytest.raises(EvaluationError, match=r"q1: document 'minutes' is not in the index"):
        resolve(dataset, text_of)


def test_offsets_of_a_data_set_are_used_where_the_words_stand_there(tmp_path: Path) -> None:
    row = {
        "id": "d", "question": "Is it?", "answerable": True, "relevant": ["twice"],
        "answers": [{"text": "it is", "doc_id": "twice", "start": 13}],
        "evidence": [{"doc_id": "twice", "start": 10, "end": 19, "text": "So it is."}],
    }  # fmt: skip
    found = one(read_questions(write(tmp_path, row)))
    assert found.sentences == (GoldSpan("twice", 10, 19, "So it is."),)
    assert found.answer_spans == (GoldSpan("twice", 13, 18, "it is"),)
    assert found.answers == ("it is",)
    assert found.gold == found.sentences


def test_offsets_that_loading_has_moved_are_found_again_nearby(tmp_path: Path) -> None:
    # The data set's text began with two blanks, which the index does not keep.
    row = {"id": "d", "question": "Is it?", "answerable": True, "relevant": {"twice": 2}}
    row["evidence"] = [{"doc_id": "twice", "start": 12, "end": 21, "text": "So it is."}]
    found = one(read_questions(write(tmp_path, row)))
    assert found.sentences == (GoldSpan("twice", 10, 19, "So it is."),)
    assert found.relevant == (("twice", 2),)


def test_evidence_without_its_text_is_taken_by_its_offsets(tmp_path: Path) -> None:
    row = {"id": "d", "question": "Is it?", "answerable": True, "relevant": ["report"],
           "evidence": [{"doc_id": "report", "start": 25, "end": 51}]}  # fmt: skip
    assert one(read_questions(write(tmp_path, row))).sentences[0].text == KEEPER


def test_guessed_offsets_give_way_to_sure_ones(tmp_path: Path) -> None:
    answers = [
        {"text": "is", "doc_id": "twice", "start": 6, "start_exact": False},
        {"text": "it is", "doc_id": "twice", "start": 13, "start_exact": True},
    ]
    row = {"id": "d", "question": "Is it?", "answerable": True, "relevant": ["twice"],
           "answers": answers}  # fmt: skip
    found = one(read_questions(write(tmp_path, row)))
    assert [s.start for s in found.answer_spans] == [13]
    assert found.answers == ("is", "it is")
    row["answers"] = answers[:1]
    assert [s.start for s in one(read_questions(write(tmp_path, row))).answer_spans] == [6]


def test_answers_that_were_written_not_quoted_are_not_compared_with_spans(tmp_path: Path) -> None:
    row = {"id": "d", "question": "Is it?", "answerable": True, "relevant": ["twice"],
           "answers": [{"text": "Yes, it is so.", "doc_id": None, "start": None}]}  # fmt: skip
    found = one(read_questions(write(tmp_path, row)))
    assert found.answers == () and found.answer_spans == ()


@pytest.mark.parametrize(
    ("field", "history"),
    [
        ("history", [{"role": "user", "text": "One?"}, {"role": "agent", "text": "Yes."}]),
        ("history", ["One?"]),
        ("history", [{"question": "One?"}]),
        ("user_history", ["One?"]),
    ],
)
def test_earlier_questions_are_kept_and_answers_to_them_are_not(
    tmp_path: Path, field: str, history: list[Any]
) -> None:
    row = {"id": "d", "question": "And two?", field: history}
    found = one(read_questions(write(tmp_path, row)))
    assert found.history == ("One?",)
    assert found.category == "later turn"


def test_only_the_last_ten_earlier_questions_are_sent(tmp_path: Path) -> None:
    row = {"id": "d", "question": "And?", "history": [str(i) for i in range(12)]}
    assert one(read_questions(write(tmp_path, row))).history == tuple(map(str, range(2, 12)))


def test_gold_missing_from_a_data_sets_index_is_reported_and_counts_as_missed(
    tmp_path: Path,
) -> None:
    row = {"id": "d", "question": "Is it?", "answerable": True, "relevant": ["gone"],
           "evidence": [{"doc_id": "gone", "start": 0, "end": 2, "text": "So"}]}  # fmt: skip
    write(tmp_path, row)
    write(tmp_path, {"id": "report", "text": TEXT}, name="corpus.jsonl")
    (found,), amiss = resolve(read_folder(tmp_path), text_of)
    assert found.sentences == (GoldSpan("gone", -1, -1, "So"),)
    assert amiss == ("d: document 'gone' is not in the index",)


def test_questions_without_ids_get_their_line(tmp_path: Path) -> None:
    dataset = read_questions(write(tmp_path, {"question": "One?"}, "", {"question": "Two?"}))
    assert [row.id for row in dataset.rows] == ["line 1", "line 3"]


def test_off_topic_questions_can_be_taken_for_unanswerable(tmp_path: Path) -> None:
    dataset = read_questions(write(tmp_path, {"question": "Off topic?", "answer": ["x"]}))
    (plain,), _ = resolve(dataset, text_of)
    (assumed,), _ = resolve(dataset, text_of, assume_unanswerable=True)
    assert (plain.answerable, assumed.answerable) == (None, False)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["{"], r"questions.jsonl:1: line: Invalid JSON"),
        ([{"id": "a"}], r"questions.jsonl:1: question: Field required"),
        ([OWN, {"id": "b", "question": ""}], r"questions.jsonl:2: question: .*at least 1"),
        ([{"question": "x" * 1001}], r"question: .*at most 1000"),
        ([OWN, OWN], r"questions.jsonl:2: id 'q1' stands on line 1 already"),
        ([{**OWN, "answerable": "perhaps"}], r"answerable: .*boolean"),
        ([{**OWN, "answerable": False}], r"'q1' has gold sentences but is not answerable"),
        ([""], r"holds no question"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_reason(
    tmp_path: Path, rows: list[Any], message: str
) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        read_questions(write(tmp_path, *rows))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_or_not_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"absent.jsonl: No such file"):
        read_questions(tmp_path / "absent.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "caf\xe9?"}')
    with pytest.raises(EvaluationError, match=r"latin.jsonl: is not UTF-8 at byte 17"):
        read_questions(tmp_path / "latin.jsonl")


def test_a_folder_needs_questions_but_not_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"holds no questions\.jsonl"):
        read_folder(tmp_path)
    write(tmp_path, OWN)
    dataset = read_folder(tmp_path)
    assert (dataset.name, dataset.corpus) == (tmp_path.name, None)


def questions(tmp_path: Path) -> Dataset:
    rows = [{**OWN, "id": f"q{i}", "split": "test" if i % 2 else "dev"} for i in range(20)]
    return read_questions(write(tmp_path, *rows))


def test_a_split_keeps_only_its_questions(tmp_path: Path) -> None:
    assert {r.split for r in select(questions(tmp_path), "test", None, 0).rows} == {"test"}
    assert len(select(questions(tmp_path), "all", None, 0).rows) == 20


def test_a_limit_draws_by_the_seed_and_keeps_the_order(tmp_path: Path) -> None:
    def ids(seed: int) -> list[int]:
        return [int(r.id[1:]) for r in select(questions(tmp_path), "all", 6, seed).rows]

    assert len(ids(0)) == 6
    assert ids(0) == sorted(ids(0)) == ids(0)
    assert ids(0) != ids(1)


def test_a_split_that_no_question_has_is_an_error(tmp_path: Path) -> None:
    dataset = read_questions(write(tmp_path, {"question": "One?"}))
    with pytest.raises(EvaluationError, match=r"no question is in split 'dev'.*has no splits"):
        select(dataset, "dev", None, 0)
