"""The project's own questions are whole, quote the record exactly and are fairly split."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import frontmatter
import pytest

from index.sentences import split_sentences

ROOT = Path(__file__).resolve().parents[2]
ANSWERABLE = {
    "fact",
    "paraphrase",
    "acronym",
    "misspelling",
    "follow_up",
    "list",
    "vietnamese",
}
UNANSWERABLE = {"near_miss", "off_topic", "not_a_question"}
FIELDS = {
    "id",
    "family",
    "split",
    "category",
    "lang",
    "question",
    "answerable",
    "gold",
    "answers",
}
OPTIONAL = {"history", "note"}
VIETNAMESE_LETTER = re.compile(
    "[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]"
)

QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "eval" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
BODIES = {
    doc_id: frontmatter.load(str(ROOT / "docs_corpus" / f"{doc_id}.md")).content
    for doc_id in ("vna-report", "organisers-report")
}
SENTENCES = {
    doc_id: {body[start:end] for start, end in split_sentences(body)}
    for doc_id, body in BODIES.items()
}

each = pytest.mark.parametrize("row", QUESTIONS, ids=[q["id"] for q in QUESTIONS])


def test_ids_count_up_and_are_unique() -> None:
    assert [q["id"] for q in QUESTIONS] == [f"q{n:03d}" for n in range(1, len(QUESTIONS) + 1)]


def test_no_question_is_asked_twice() -> None:
    asked = Counter(
        (q["question"].casefold(), *(h["question"] for h in q.get("history", ())))
        for q in QUESTIONS
    )
    assert [question for question, count in asked.items() if count > 1] == []


def test_there_are_at_least_150_questions_and_a_third_are_unanswerable() -> None:
    unanswerable = [q for q in QUESTIONS if not q["answerable"]]
    near_misses = [q for q in unanswerable if q["category"] == "near_miss"]
    assert len(QUESTIONS) >= 150
    assert len(unanswerable) * 3 >= len(QUESTIONS)
    assert len(near_misses) * 2 >= len(unanswerable)


def test_no_family_stands_in_both_splits() -> None:
    splits = defaultdict(set)
    for question in QUESTIONS:
        splits[question["family"]].add(question["split"])
    assert {family: s for family, s in splits.items() if len(s) > 1} == {}
    assert set.union(*splits.values()) == {"dev", "test"}


def test_a_family_is_answerable_as_a_whole_or_not_at_all() -> None:
    answerable = defaultdict(set)
    for question in QUESTIONS:
        answerable[question["family"]].add(question["answerable"])
    assert [family for family, values in answerable.items() if len(values) > 1] == []


@pytest.mark.parametrize("category", sorted(ANSWERABLE | UNANSWERABLE))
def test_each_category_has_at_least_two_fifths_in_each_split(category: str) -> None:
    splits = Counter(q["split"] for q in QUESTIONS if q["category"] == category)
    assert min(splits["dev"], splits["test"]) * 5 >= sum(splits.values()) * 2 > 0


@pytest.mark.parametrize("doc_id", BODIES)
def test_every_sentence_of_the_record_is_the_gold_of_some_question(doc_id: str) -> None:
    asked = {g["sentence"] for q in QUESTIONS for g in q["gold"] if g["doc_id"] == doc_id}
    quotable = {
        body[start:end]
        for body in re.split(r"\n{2,}", BODIES[doc_id])
        if not body.startswith(("#", ">"))
        for start, end in split_sentences(body)
    }
    # The sentence that introduces the teaser tells nothing of the event or of the teaser.
    assert {s for s in quotable - asked if "teaser for a different story, headlined" not in s} == (
        set()
    )


@each
def test_a_question_has_the_fields_of_the_format(row: dict[str, Any]) -> None:
    assert FIELDS <= set(row) <= FIELDS | OPTIONAL
    assert row["split"] in {"dev", "test"}
    assert row["lang"] in {"en", "vi"}
    assert row["category"] in (ANSWERABLE if row["answerable"] else UNANSWERABLE)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["family"])


@each
def test_a_question_and_its_history_are_within_the_limits_of_ask(row: dict[str, Any]) -> None:
    turns = [h["question"] for h in row.get("history", ())]
    assert len(turns) <= 10
    for text in [row["question"], *turns]:
        assert 1 <= len(text.strip()) <= 1000
        assert text == text.strip()


@each
def test_a_follow_up_has_a_history_and_other_answerable_questions_have_none(
    row: dict[str, Any],
) -> None:
    assert ("history" in row) == bool(row.get("history"))
    if row["answerable"]:
        assert ("history" in row) == (row["category"] == "follow_up")


@each
def test_vietnamese_is_written_with_its_marks_and_said_to_be_vietnamese(
    row: dict[str, Any],
) -> None:
    marked = bool(VIETNAMESE_LETTER.search(row["question"].casefold()))
    assert marked == (row["lang"] == "vi")
    if row["category"] == "vietnamese":
        assert row["lang"] == "vi"


@each
def test_each_gold_sentence_stands_once_in_its_document_as_one_whole_sentence(
    row: dict[str, Any],
) -> None:
    for gold in row["gold"]:
        assert set(gold) == {"doc_id", "sentence"}
        assert BODIES[gold["doc_id"]].count(gold["sentence"]) == 1
        assert gold["sentence"] in SENTENCES[gold["doc_id"]]
    assert len({(g["doc_id"], g["sentence"]) for g in row["gold"]}) == len(row["gold"])


@each
def test_an_answerable_question_has_answers_that_lie_in_its_gold(row: dict[str, Any]) -> None:
    if not row["answerable"]:
        assert row["gold"] == [] and row["answers"] == []
        return
    assert row["gold"] and row["answers"]
    for answer in row["answers"]:
        assert answer and any(answer in g["sentence"] for g in row["gold"])


def test_the_readme_gives_the_numbers_of_questions_as_they_are() -> None:
    readme = (ROOT / "eval" / "README.md").read_text(encoding="utf-8")
    answerable = sum(q["answerable"] for q in QUESTIONS)
    assert f"holds {len(QUESTIONS)} questions" in readme
    assert f"{answerable} that the record\nanswers" in readme
    assert f"and {len(QUESTIONS) - answerable} that it does not" in readme
    counts = Counter((q["category"], q["split"]) for q in QUESTIONS)
    for category in ANSWERABLE | UNANSWERABLE:
        said = "yes" if category in ANSWERABLE else "no"
        numbers = f"{counts[category, 'dev']} | {counts[category, 'test']}"
        assert f"| `{category}` | {said} | {numbers} |" in readme
