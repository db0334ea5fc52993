"""The measuring of systems beside each other, on systems small enough to reckon by hand."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.peers import __main__ as command
from benchmarks.peers import data, measuring, pages, plots, processes, results, tables
from benchmarks.peers.measuring import Asked, Built, Load
from benchmarks.peers.record import first_of_each
from benchmarks.peers.results import Asking
from benchmarks.peers.systems import CONTENDERS, Contender, Passage
from eval.errors import EvaluationError
from eval.statistics import Estimate
from tests import fake_systems
from tests.fake_systems import Failing, FixedRanking, UnsafeWithThreads

PASSAGES = (Passage("a", "Apples", "Red ones."), Passage("b", "", "Pears."), Passage("c", "C", "x"))
QUESTIONS = tuple(Asking(f"q{n}", f"question {n}", (r,)) for n, r in enumerate("abca"))


def asked(rankings: list[list[str]], latencies: Sequence[float] = (1.0,), **other: float) -> Asked:
    return Asked(
        other.get("first", 1.0),
        rankings,
        list(latencies),
        [Load(4, int(other.get("answers", 10)), 2.0, int(other.get("failed", 0)), 0)],
        other.get("mb", 100.0),
    )


def measured(**asked_by: list[Asked]) -> dict[str, results.Row]:
    built = dict.fromkeys(asked_by, Built(4.0, 50.0))
    return results.rows(QUESTIONS, asked_by, built, 12, "txtai")


def opened(system: FixedRanking, folder: Path) -> FixedRanking:
    system.build(PASSAGES, folder)
    system.open(folder)
    return system


def contender(name: str) -> Contender:
    return Contender("fixed", "Fixed", f"{fake_systems.__name__}:{name}", "fixed")


def test_precision_counts_the_first_and_recall_the_first_ten() -> None:
    late = [*"bcdefghij", "a"]
    # The relevant ones are a, b, c, a; the third ranking lacks c, the fourth has a on rank 10.
    row = measured(txtai=[asked([["a", "b"], ["c", "b"], ["a", "b"], late])])["txtai"]
    assert row.p_at_1.value == 1 / 4
    assert row.recall_at_10.value == 3 / 4


def test_what_stands_on_rank_eleven_is_not_found() -> None:
    row = measured(txtai=[asked([[*"bcdefghijk", "a"], ["b"], ["c"], ["a"]])])["txtai"]
    assert (row.p_at_1.value, row.recall_at_10.value) == (3 / 4, 3 / 4)


def test_an_empty_ranking_is_a_miss_and_stays_in_the_mean() -> None:
    row = measured(txtai=[asked([["a"], [], ["c"], ["a"]])])["txtai"]
    assert (row.p_at_1.value, row.recall_at_10.value) == (3 / 4, 3 / 4)


def test_rounds_are_put_back_in_the_order_of_the_questions() -> None:
    assert results.in_order([[["0"], ["2"], ["4"]], [["1"], ["3"]]]) == [[str(n)] for n in range(5)]
    # Round 0 asked questions 0 and 2 (a and c), round 1 questions 1 and 3 (b and a).
    rounds = [asked([["a"], ["c"]]), asked([["b"], ["a"]])]
    assert measured(txtai=rounds)["txtai"].p_at_1.value == 1.0


def test_rankings_that_do_not_match_the_questions_in_number_are_refused() -> None:
    with pytest.raises(ValueError):
        measured(txtai=[asked([["a"], ["b"], ["c"]])])


def test_the_difference_is_taken_question_by_question_from_the_baseline() -> None:
    right_twice = [asked([["a"], ["b"], ["x"], ["x"]])]
    right_thrice = [asked([["a"], ["x"], ["c"], ["a"]])]
    found = measured(txtai=right_twice, other=right_thrice)
    assert found["other"].difference.value == 1 / 4
    assert found["txtai"].difference == Estimate(None, None, None)


def test_two_systems_that_rank_alike_differ_by_nothing_in_any_resample() -> None:
    rankings = [["a"], ["x"], ["c"], ["x"]]
    found = measured(txtai=[asked(rankings)], other=[asked(rankings)])
    assert found["other"].difference == Estimate(0.0, 0.0, 0.0)
    assert found["other"].p_at_1.low != found["other"].p_at_1.high


def test_questions_on_one_paragraph_are_resampled_together() -> None:
    # All on one paragraph: every resample is the same four questions, so nothing can vary.
    questions = tuple(Asking(f"q{n}", "?", ("a",)) for n in range(4))
    one = {"txtai": [asked([["a"], ["x"], ["a"], ["x"]])]}
    row = results.rows(questions, one, {"txtai": Built(1.0, 1.0)}, 1, "txtai")["txtai"]
    assert row.p_at_1 == Estimate(0.5, 0.5, 0.5)


def test_percentiles_are_values_that_occurred() -> None:
    times = [float(n) for n in range(1, 21)]
    assert results.percentile(times, 0.5) == 10.0
    assert results.percentile(times, 0.95) == 19.0
    assert results.percentile([7.0], 0.95) == 7.0


def test_costs_are_put_together_over_the_rounds() -> None:
    rounds = [
        asked([["a"], ["c"]], [1.0, 9.0], first=3.0, mb=100.0, answers=10, failed=1),
        asked([["b"], ["a"]], [2.0, 3.0], first=5.0, mb=120.0, answers=20, failed=2),
    ]
    row = measured(txtai=rounds)["txtai"]
    assert (row.p50_ms, row.p95_ms) == (2.0, 9.0)
    assert row.per_second == {4: 30 / 4.0}
    assert row.amiss == 3
    assert (row.build_s, row.build_per_second, row.build_mb) == (4.0, 3.0, 50.0)
    assert (row.search_mb, row.first_answer_s) == (120.0, 3.0)


def test_our_passages_count_as_their_paragraph_once_at_its_best_rank() -> None:
    assert first_of_each(["b", "a", "b", "c", "a", "d"], 3) == ["b", "a", "c"]


def test_the_title_stands_before_the_text_where_there_is_one() -> None:
    assert [p.titled for p in PASSAGES[:2]] == ["Apples\nRed ones.", "Pears."]


def test_under_load_answers_unlike_those_given_alone_do_not_count(tmp_path: Path) -> None:
    system = opened(UnsafeWithThreads(tmp_path), tmp_path)
    alone = measuring.load(system, ["one"], [["a"]], 1, 0.05)
    assert (alone.failed, alone.different) == (0, 0)
    assert alone.answers > 0
    together = measuring.load(system, ["one"], [["a"]], 4, 0.1)
    assert together.different > 0


def test_under_load_failures_are_counted_and_do_not_count_as_answers(tmp_path: Path) -> None:
    system = opened(Failing(tmp_path), tmp_path)
    found = measuring.load(system, ["one", "two"], [["a"], ["a"]], 1, 0.02)
    # One client takes the questions in turn, so failures and answers alternate.
    assert found.answers - found.failed in (0, 1)
    assert found.failed > 0
    assert found.seconds >= 0.02


def test_a_system_is_built_and_asked_in_processes_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    fixed = contender("FixedRanking")
    built = processes.build(fixed, tmp_path, PASSAGES, folder)
    found = processes.ask(fixed, tmp_path, folder, ["one", "two"], [1, 2], 0.05)
    assert found.rankings == [["a", "b", "c"]] * 2
    assert len(found.latencies_ms) == 2
    assert [(x.clients, x.failed, x.different) for x in found.loads] == [(1, 0, 0), (2, 0, 0)]
    assert built.seconds > 0
    assert found.first_answer_s > 0
    assert 1 < built.peak_mb < 4000


def test_a_system_that_reaches_for_a_network_is_refused(tmp_path: Path) -> None:
    calling = contender("Calling")
    processes.build(calling, tmp_path, PASSAGES, tmp_path / "index")
    with pytest.raises(processes.MeasurementFailed, match="no system may reach a network"):
        processes.ask(calling, tmp_path, tmp_path / "index", ["one"], [1], 0.05)


def test_a_system_that_fails_is_named_with_its_error(tmp_path: Path) -> None:
    failing = contender("Failing")
    processes.build(failing, tmp_path, PASSAGES, tmp_path / "index")
    with pytest.raises(processes.MeasurementFailed, match=r"Fixed: ask failed: .*ValueError: no"):
        processes.ask(failing, tmp_path, tmp_path / "index", ["one", "two"], [1], 0.05)


def test_a_system_that_does_not_end_is_ended_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE_S", 0.001)
    with pytest.raises(processes.MeasurementFailed, match=r"Fixed: build did not end within 0.001"):
        processes.build(contender("FixedRanking"), tmp_path, PASSAGES, tmp_path / "index")


def write_dataset(folder: Path, questions: Sequence[object]) -> Path:
    rows = [{"id": p.id, "title": p.title, "text": p.text} for p in PASSAGES]
    for name, lines in (("corpus", rows), ("questions", questions)):
        text = "\n".join(json.dumps(line) for line in lines)
        (folder / f"{name}.jsonl").write_text(text + "\n")
    return folder


def test_answerable_questions_with_a_known_paragraph_are_asked(tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path,
        [
            {"id": "1", "question": "One?", "answerable": True, "relevant": ["a"]},
            {"id": "2", "question": "Two?", "answerable": False, "relevant": ["a"]},
            {"id": "3", "question": "Three?", "answerable": True, "relevant": ["elsewhere"]},
            {"id": "4", "question": "Four? ", "answerable": True, "relevant": {"b": 2, "c": 0}},
        ],
    )
    trial = data.read(folder, None, 0)
    assert trial.passages == PASSAGES
    assert trial.questions == (Asking("1", "One?", ("a",)), Asking("4", "Four?", ("b",)))
    assert len(data.read(folder, 1, 0).questions) == 1
    assert data.read(folder, 1, 7) == data.read(folder, 1, 7)


def test_a_folder_without_an_answerable_question_is_refused(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, [{"id": "1", "question": "One?", "answerable": False}])
    with pytest.raises(EvaluationError, match="no answerable question"):
        data.read(folder, None, 0)


@pytest.mark.parametrize(
    ("estimate", "signed", "text"),
    [
        (Estimate(0.9123, 0.8896, 0.9341), False, ".912 (.890 to .934)"),
        (Estimate(1.0, 0.9996, 1.0), False, "1.000 (1.000 to 1.000)"),
        (Estimate(0.05, -0.0204, 0.12), True, "+.050 (-.020 to +.120)"),
        (Estimate(None, None, None), True, "-"),
    ],
)
def test_a_share_is_written_with_its_interval(estimate: Estimate, signed: bool, text: str) -> None:
    assert tables.share(estimate, signed) == text


def test_the_tables_hold_a_line_for_each_system() -> None:
    found = measured(
        txtai=[asked([["a"], ["b"], ["x"], ["x"]], [2.0])],
        bm25s=[asked([["a"], ["b"], ["c"], ["x"]], [0.5])],
    )
    labels = {"txtai": "txtai, hybrid", "bm25s": "bm25s"}
    lines = tables.quality(found, labels, "txtai").splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("| txtai, hybrid | .500 (")
    assert lines[2].endswith("| - |")
    assert "| +.250 (" in lines[3]
    speed = tables.speed(found, labels).splitlines()
    assert speed[0].count("|") == speed[1].count("|") == speed[2].count("|")
    assert speed[3] == "| bm25s | 0.5 | 0.5 | 5.0 | 1.0 | 100 |"
    assert tables.amiss(found, labels) == ""
    assert tables.building(found, labels).splitlines()[2] == "| txtai, hybrid | 4.0 | 3.0 | 50 |"


def test_answers_amiss_under_load_are_owned_up_to() -> None:
    found = measured(txtai=[asked([["a"], ["b"], ["x"], ["x"]], failed=3)])
    assert tables.amiss(found, {"txtai": "txtai"}).endswith("differed: txtai 3.")


def test_only_what_stands_between_the_marks_is_rewritten(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{pages.BEGIN}\nold\n{pages.END}\n\nAfter\n")
    for _ in range(2):
        pages.put_between_marks(page, "new\n")
        assert page.read_text() == f"# Before\n\n{pages.BEGIN}\n\nnew\n\n{pages.END}\n\nAfter\n"


@pytest.mark.parametrize(
    "text",
    [
        "no marks",
        pages.BEGIN,
        f"{pages.END} {pages.BEGIN}",
        f"{pages.BEGIN} {pages.BEGIN} {pages.END}",
    ],
)
def test_a_page_without_its_marks_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match="each once"):
        pages.put_between_marks(page, "new")
    assert page.read_text() == text


def test_every_contender_has_an_adapter_of_the_protocol() -> None:
    for one in CONTENDERS:
        path, _, name = one.adapter.partition(":")
        text = (processes.ROOT / f"{path.replace('.', '/')}.py").read_text("utf-8")
        assert f"class {name}" in text
    assert len({one.key for one in CONTENDERS}) == len(CONTENDERS)


def test_a_missing_peer_is_named_with_the_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absent = Contender("x", "X", "x:X", "x", ("not_there_at_all.inside",))
    monkeypatch.setattr(command, "CONTENDERS", (absent,))
    monkeypatch.setattr(sys, "argv", ["peers", "--dataset", str(tmp_path)])
    assert command.main() == 2
    assert "not_there_at_all.inside not installed: install PyTorch" in capsys.readouterr().err


def test_the_whole_command_writes_results_and_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    questions = [{"id": q.id, "question": q.text, "relevant": q.relevant} for q in QUESTIONS]
    write_dataset(folder, questions)
    fixed = Contender("txtai", "Fixed", f"{fake_systems.__name__}:FixedRanking", "fixed")
    monkeypatch.setattr(command, "CONTENDERS", (fixed,))
    page, output = tmp_path / "page.md", tmp_path / "out" / "r.json"
    page.write_text(f"{pages.BEGIN}{pages.END}")
    arguments = ["--dataset", folder, "--output", output, "--page", page]
    arguments += ["--clients", "1", "--seconds", "0.02"]
    monkeypatch.setattr(sys, "argv", ["peers", *map(str, arguments)])
    assert command.main() == 0
    result = json.loads(output.read_text())
    # Every question is answered with a, b, c: right first for two of four, among ten for all.
    system = result["datasets"][0]["systems"]["txtai"]
    assert system["p_at_1"]["value"] == 0.5
    assert system["recall_at_10"]["value"] == 1.0
    assert len(result["load_average_before"]) == 3
    assert str(tmp_path) not in output.read_text() + page.read_text()
    assert "### small: 4 questions, 3 paragraphs" in page.read_text()


def test_the_same_results_draw_the_same_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    found = measured(txtai=[asked([["a"], ["b"], ["x"], ["x"]], [2.0])])
    for name in ("one.svg", "two.svg"):
        plots.draw({"small": found}, {"txtai": "txtai"}, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    drawn = (tmp_path / "one.svg").read_text()
    assert ">txtai</text>" in drawn
    assert str(tmp_path) not in drawn
