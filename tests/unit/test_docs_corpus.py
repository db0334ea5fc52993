"""The record says all that its two reports say, and says that it restates them."""

import datetime
import re
import unicodedata
from pathlib import Path
from typing import Any

import frontmatter
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "docs_corpus"
GOLDEN: dict[str, list[list[dict[str, str]]]] = yaml.safe_load(
    (ROOT / "tests" / "golden" / "record_facts.yaml").read_text(encoding="utf-8")
)
FACTS = {
    doc_id: [[text for fact in facts for text in fact.values()] for facts in lists]
    for doc_id, lists in GOLDEN.items()
}
DOCUMENTS = ("organisers-report", "vna-report")
# The reports' own numbers of paragraphs. The last two of the news agency's are its page's teaser
# for another story: a headline and a paragraph.
PARAGRAPHS = {"organisers-report": 14, "vna-report": 9 + 2}
TEASER = "## Unrelated teaser on the same page"


def load(doc_id: str) -> tuple[dict[str, Any], str]:
    """Front matter and body."""
    return frontmatter.parse((CORPUS / f"{doc_id}.md").read_text(encoding="utf-8"))


def paragraphs(body: str) -> list[str]:
    """The blocks that are neither heading nor opening note."""
    return [b for b in re.split(r"\n{2,}", body.strip()) if not b.startswith(("#", ">"))]


def missing(facts: list[str], text: str) -> list[str]:
    """Those of ``facts`` that are not found in ``text`` after the ones before them."""
    absent, position = [], 0
    for fact in facts:
        found = text.find(fact, position)
        if found < 0:
            absent.append(fact)
        else:
            position = found + len(fact)
    return absent


def test_the_record_is_these_documents_and_a_readme() -> None:
    assert {p.name for p in CORPUS.iterdir()} == {f"{d}.md" for d in DOCUMENTS} | {"README.md"}
    assert set(FACTS) == set(DOCUMENTS)


@pytest.mark.parametrize("doc_id", DOCUMENTS)
def test_each_paragraph_of_the_report_has_its_counterpart(doc_id: str) -> None:
    _, body = load(doc_id)
    assert len(paragraphs(body)) == len(FACTS[doc_id]) == PARAGRAPHS[doc_id]


@pytest.mark.parametrize("doc_id", DOCUMENTS)
def test_every_name_date_and_figure_stands_in_its_paragraph_in_order(doc_id: str) -> None:
    _, body = load(doc_id)
    absent = {
        number: gone
        for number, (text, facts) in enumerate(zip(paragraphs(body), FACTS[doc_id], strict=True), 1)
        if (gone := missing(facts, text))
    }
    assert absent == {}


def test_a_missing_or_misplaced_fact_is_noticed() -> None:
    assert missing(["March 12", "Harvard"], "On March 12, at Harvard.") == []
    assert missing(["March 12", "Harvard"], "On March 13, at Harvard.") == ["March 12"]
    assert missing(["Harvard", "March 12"], "On March 12, at Harvard.") == ["March 12"]


@pytest.mark.parametrize("doc_id", DOCUMENTS)
def test_no_figure_stands_in_a_document_that_its_list_of_facts_does_not_hold(doc_id: str) -> None:
    _, body = load(doc_id)
    listed = {f for facts in FACTS[doc_id] for fact in facts for f in re.findall(r"\d+", fact)}
    assert set(re.findall(r"\d+", body)) == listed


def test_the_front_matter_is_complete() -> None:
    for doc_id in DOCUMENTS:
        values, _ = load(doc_id)
        assert values["id"] == doc_id
        assert values["lang"] == "en"
        for key in ("title", "restates", "publisher", "note"):
            assert isinstance(values[key], str) and values[key].strip(), (doc_id, key)
        # Neither report's day of publication is known, and neither page's address.
        assert not {"published", "url"} & set(values)


def test_the_day_of_the_event_is_given_where_it_is_known() -> None:
    assert load("vna-report")[0]["event_date"] == datetime.date(2025, 3, 12)
    assert load("organisers-report")[0]["event_date"] == "2025-03"


@pytest.mark.parametrize("doc_id", DOCUMENTS)
def test_the_document_says_that_it_restates_in_its_title_note_and_opening(doc_id: str) -> None:
    values, body = load(doc_id)
    blocks = re.split(r"\n{2,}", body.strip())
    assert values["title"].endswith(", restated")
    assert "restatement in our own words" in values["note"]
    assert blocks[0] == f"# {values['title']}"
    assert blocks[1].startswith("> This document restates ")
    assert "in our own words" in blocks[1]
    assert sum(b.startswith(">") for b in blocks) == 1


def test_each_report_keeps_its_own_names_and_titles() -> None:
    vna, organisers = load("vna-report")[1], load("organisers-report")[1]
    for here, there in (
        ("Vietnam Film Development Association", "Promotion Association"),
        ("Chairwoman", "President"),
        ("favourable", "favorable"),
        ("Permanent Representative", "Head of"),
        ("AI World Society", "AIWS Cinema Park"),
    ):
        assert here in vna and here not in organisers
        assert there in organisers and there not in vna


def test_the_organisers_report_names_no_date() -> None:
    assert not re.search(r"\bMarch\b|\b20\d\d\b", load("organisers-report")[1])


def test_the_teaser_stands_apart_from_the_article() -> None:
    article, teaser = load("vna-report")[1].split(f"\n{TEASER}\n")
    assert "## " not in article
    for word in ("trade", "barriers", "security", "workers", "harmonious"):
        assert word in teaser and word not in article
    event = r"roundtable|cinema|film|Harvard|VFDA|AIWS|\bAI\b|Giang|\bLan\b|initiative"
    assert re.search(event, article) and not re.search(event, teaser)


@pytest.mark.parametrize("doc_id", DOCUMENTS)
def test_no_sentence_begins_with_a_word_that_points_to_another_sentence(doc_id: str) -> None:
    _, body = load(doc_id)
    pointing = re.compile(
        r"(?:^|[.!?] )(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those)\b"
    )
    assert [m.group() for p in paragraphs(body) for m in pointing.finditer(p)] == []


@pytest.mark.parametrize("doc_id", DOCUMENTS)
def test_a_paragraph_is_one_plain_line_so_that_quotations_equal_the_file(doc_id: str) -> None:
    source = (CORPUS / f"{doc_id}.md").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", source)
    for paragraph in paragraphs(load(doc_id)[1]):
        assert not set("\n\t*_`[]<>|\\") & set(paragraph)
        assert "  " not in paragraph


def test_the_readme_explains_each_key_of_the_front_matter() -> None:
    readme = (CORPUS / "README.md").read_text(encoding="utf-8")
    for key in ("id", "title", "publisher", "published", "url", "lang"):
        assert f"| `{key}` |" in readme
    for doc_id in DOCUMENTS:
        assert f"({doc_id}.md)" in readme
        assert all(f"`{key}`" in readme for key in load(doc_id)[0])
