"""The real product over the real record, end to end."""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.slow


def ask(service: str, question: str, **fields: object) -> dict:  # type: ignore[type-arg]
    response = httpx.post(f"{service}/ask", json={"question": question, **fields}, timeout=30)
    assert response.status_code == 200, response.text
    return dict(response.json())


def marked(answer: dict) -> str:  # type: ignore[type-arg]
    passage = answer["passages"][0]
    mark = passage["highlights"][0]
    return str(passage["text"][mark["start"] - passage["start"] : mark["end"] - passage["start"]])


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who is the President of the VFDA?", "Ngo Phuong Lan"),
        ("Where did the roundtable take place?", "Harvard University"),
        ("Which university does Nazli Choucri belong to?", "MIT"),
        ("What does BGF stand for?", "Boston Global Forum"),
        ("who is michael dukakkis", "Dukakis"),
        ("Which film hubs does AIWS Film Park connect with?", "Venice"),
    ],
)
def test_a_question_on_the_record_is_answered_with_the_right_sentence(
    service: str, question: str, words: str
) -> None:
    answer = ask(service, question)
    assert answer["status"] == "answered"
    assert words in marked(answer)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What do the letters MIT stand for?", "Massachusetts Institute of Technology"),
        ("What is the BGF?", "Boston Global Forum"),
        ("AIWS là viết tắt của gì?", "AI World Society"),
    ],
)
def test_a_question_for_a_long_form_marks_it(service: str, question: str, words: str) -> None:
    answer = ask(service, question)
    passage = answer["passages"][0]
    spans = [
        passage["text"][h["start"] - passage["start"] : h["end"] - passage["start"]]
        for h in passage["highlights"]
        if h["kind"] == "span"
    ]
    assert (answer["status"], spans) == ("answered", [words])


def test_two_names_for_one_acronym_are_quoted_side_by_side(service: str) -> None:
    (found,) = ask(service, "What does VFDA stand for?")["disagreements"]
    assert found["kind"] == "name"
    assert {words["text"] for words in found["passages"]} == {
        "Vietnam Film Development Association",
        "Vietnam Cinema Development Promotion Association",
    }


@pytest.mark.parametrize(
    "question",
    [
        "What does PDF stand for?",
        "How tall is Mount Everest?",
        "when was the last time anyone was on the moon",
        "What is the e-mail address of the VFDA?",
        "hello",
    ],
)
def test_a_question_beyond_the_record_is_refused_with_near_misses_apart(
    service: str, question: str
) -> None:
    answer = ask(service, question)
    assert answer["status"] == "no_answer"
    assert answer["passages"] == []
    assert answer["reason"] in ("below_threshold", "out_of_corpus", "not_a_question")


def test_a_follow_up_is_understood_and_says_how(service: str) -> None:
    history = [{"question": "Who is the President of the VFDA?"}]
    answer = ask(service, "What did she say about AI?", history=history)
    assert answer["resolved_question"] == "What did Ngo Phuong Lan say about AI?"
    assert answer["status"] == "answered"
    assert "Lan" in marked(answer)


def test_every_quotation_is_proved_by_offsets_and_hash(service: str) -> None:
    documents = {}
    for entry in httpx.get(f"{service}/documents").json()["documents"]:
        document = httpx.get(
            f"{service}/documents/{entry['doc_id']}", headers={"Accept": "application/json"}
        ).json()
        assert hashlib.sha256(document["text"].encode()).hexdigest() == entry["sha256"]
        documents[entry["doc_id"]] = document["text"]
    lines = (ROOT / "eval" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines[::6]:
        answer = ask(service, json.loads(line)["question"])
        for passage in answer["passages"] + answer["near_misses"]:
            text = documents[passage["source"]["doc_id"]]
            assert text[passage["start"] : passage["end"]] == passage["text"]
            for mark in passage["highlights"]:
                assert passage["start"] <= mark["start"] < mark["end"] <= passage["end"]


def test_the_same_question_gives_the_same_answer_twice(service: str) -> None:
    first, second = (ask(service, "Who is Angela Perry?") for _ in range(2))
    for answer in (first, second):
        del answer["answer_id"], answer["timing_ms"]
    assert first == second


def test_the_suggestions_are_answered(service: str) -> None:
    suggestions = httpx.get(f"{service}/suggestions").json()["suggestions"]
    assert len(suggestions) >= 3
    for question in suggestions:
        assert ask(service, question)["status"] == "answered", question


def test_the_curl_example_of_the_readme_works(service: str) -> None:
    example = next(e for e in re.findall(r"```sh\n(.*?)```", README, re.S) if "curl" in e)
    words = shlex.split(example.replace("\\\n", " "))
    options = dict(pairwise(words))
    address = next(w for w in words if w.startswith("http://127.0.0.1:8000"))
    response = httpx.post(
        address.replace("http://127.0.0.1:8000", service),
        content=options["-d"],
        headers=dict([options["-H"].split(": ")]),
        timeout=30,
    )
    assert response.json()["status"] == "answered"


def test_the_script_of_the_readme_is_served(service: str) -> None:
    found = re.search(r'<script defer src="http://127.0.0.1:8000([^"]+)"></script>', README)
    assert found is not None
    response = httpx.get(f"{service}{found.group(1)}")
    assert response.status_code == 200
    assert "javascript" in response.headers["content-type"]
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_terminal_example_of_the_readme_answers(record_index: Path) -> None:
    found = re.search(r'\.venv/bin/python (-m service ask "[^"]+")', README)
    assert found is not None
    command = [sys.executable, *shlex.split(found.group(1)), "--index", str(record_index)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Ngo Phuong Lan" in done.stdout
