"""What a run leaves behind: rows, a summary, and a page that needs nothing else."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from eval import tables
from eval.dataset import EvalQuestion
from eval.expectations import Shortfall
from eval.figures import Figure, figures_of
from eval.judging import Outcome, judge
from eval.page import format_figure, format_interval, page, write
from eval.report import MISTAKES, Report, mistake, question_row
from tests.unit.eval.builders import question, quoted, reply, unanswerable

NASTY = "<script>alert(1)</script> & “why”?"


def outcome(asked: EvalQuestion, *ranking: object, **fields: object) -> Outcome:
    return judge(asked, reply(*ranking, **fields), (quoted(),), 12.5)  # type: ignore[arg-type]


OUTCOMES = {
    None: outcome(question("a", category="fact"), quoted()),
    "wrong_sentence": outcome(question("b", category="fact"), quoted(sentence=(0, 24))),
    "wrong_passage": outcome(question("c", category="fact", text=NASTY), quoted("other")),
    "should_refuse": outcome(unanswerable("d", category="near miss"), quoted(), probability=0.7),
    "refused_right": outcome(question("e"), quoted(), answered=False, probability=0.3),
    "refused_lost": outcome(question("f"), quoted("other"), answered=False, probability=0.2),
    "failed": judge(question("g"), None, (), 1.0, "it broke"),
}


def report(**fields: object) -> Report:
    outcomes = list(OUTCOMES.values())
    fact = [o for o in outcomes if o.question.category == "fact"]
    values: dict[str, object] = {
        "name": "record", "sets": {"record/test": outcomes},
        "figures": {"record/test": figures_of(outcomes), "record/test:fact": figures_of(fact)},
        "shortfalls": (), "expected_sets": (), "notes": (), "facts": {"command": "python -m eval"},
    }  # fmt: skip
    return Report(**{**values, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", OUTCOMES)
def test_every_kind_of_mistake_is_told_from_the_others(kind: str | None) -> None:
    assert mistake(OUTCOMES[kind]) == kind


def test_a_right_refusal_and_an_unknown_gold_are_no_mistakes() -> None:
    assert mistake(outcome(unanswerable(), quoted(), answered=False)) is None
    assert mistake(outcome(question(answerable=None), quoted())) is None


def test_a_row_holds_all_that_is_needed_to_see_why() -> None:
    row = question_row(OUTCOMES["wrong_sentence"])
    assert row["marked"] == [{"doc_id": "report", "start": 0, "end": 24, "right": False,
                              "text": "The pier opened in 1871."}]  # fmt: skip
    assert row["gold"][0]["text"] == "Its keeper was Ada Moreau."
    assert (row["right"], row["mistake"], row["right_candidate_rank"]) == (
        True, "wrong_sentence", 1,
    )  # fmt: skip
    assert row["returned"] == [{"passage_id": "report#0", "score": 0.0, "right": True}]
    assert (row["probability"], row["latency_ms"], row["scores"]["sentence@1"]) == (0.9, 12.5, 0)


def test_the_files_agree_with_the_run(tmp_path: Path) -> None:
    short = (Shortfall("record/test", "refused", "is 0.0000, below the minimum 0.5"),)
    write(report(shortfalls=short, expected_sets=("record/test",)), tmp_path / "out")
    rows = (tmp_path / "out" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["id"] for row in rows] == list("abcdefg")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["passed"] is False and summary["shortfalls"][0]["figure"] == "refused"
    # Of a b c e f g: right a b e.
    assert summary["figures"]["record/test"]["passage@1"]["value"] == 0.5
    assert summary["figures"]["record/test:fact"]["passage@1"]["n"] == 3
    assert "span_f1" not in summary["figures"]["record/test"]
    assert summary["sets"]["record/test"]["mistakes"] == dict.fromkeys(MISTAKES, 1)
    assert sum(b["n"] for b in summary["sets"]["record/test"]["reliability"]) == 6


class Links(HTMLParser):
    """Collects what a page would load, run or nest wrongly."""

    void = frozenset({"meta", "br", "link", "img", "input", "hr"})
    drawn = frozenset({"circle", "line", "rect", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" or any(k in ("src", "href") or k.startswith("on") for k, _ in attrs):
            self.loaded.append(tag)
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_loads_and_runs_nothing_and_is_well_nested() -> None:
    html = page(report())
    links = Links()
    links.feed(html)
    assert links.loaded == [] and links.open == []
    assert not re.search(r"https?://|@import|url\(", html)


def test_questions_and_passages_are_escaped_on_the_page() -> None:
    html = page(report())
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; “why”?" in html


def test_the_page_shows_figures_plots_mistakes_and_the_marked_sentence() -> None:
    html = page(report(notes=("no spans",)))
    assert "<mark>The pier opened in 1871.</mark> Its keeper was Ada Moreau." in html
    for words in ("Reliability", "Risk and coverage", "Latency", "no spans", "it broke",
                  *MISTAKES.values()):  # fmt: skip
        assert words in html, words


def test_the_page_says_what_falls_short_or_that_nothing_does() -> None:
    assert "As expected" in page(report(expected_sets=("record/test",)))
    short = (Shortfall("record/test", "ece", "is 0.2, above the maximum 0.1"),)
    html = page(report(shortfalls=short, expected_sets=("record/test",)))
    assert "As expected" not in html
    assert "record/test: ece is 0.2, above the maximum 0.1" in html
    assert "As expected" not in page(report())


def test_a_run_without_any_gold_still_has_a_page() -> None:
    outcomes = [outcome(question(answerable=None, relevant=(), sentences=()), quoted())]
    html = page(report(sets={"x": outcomes}, figures={"x": figures_of(outcomes)}))
    assert "latency_p50_ms" in html and "passage@1" not in html


def test_a_figure_is_written_with_its_unit_in_mind() -> None:
    figure = Figure("f", 12.3456, 1.0, 20.55, 3)
    assert (format_figure(figure), format_interval(figure)) == ("12.346", "1.000–20.550")
    assert (format_figure(figure, "ms"), format_interval(figure, "ms")) == ("12.3", "1.0–20.6")
    nothing = Figure("f", None, None, None, 0)
    assert (format_figure(nothing), format_interval(nothing)) == ("–", "")


def test_the_terminal_shows_the_same_figures() -> None:
    console = Console(width=150, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    tables.show(report(notes=("no spans",)), console, with_stages=True)
    text = console.export_text()
    assert re.search(r"passage@1 +0\.500 .* 6\b", text)
    assert "fact" in text and "answers of record/test are lost" in text and "note: no spans" in text
