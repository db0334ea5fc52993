"""The command: exit codes, one-line errors, and what is held against expectations."""

import json
from pathlib import Path

import pytest

import eval.__main__ as command
from eval.errors import EvaluationError
from tests.unit.eval.builders import TEXT, ScriptedEngine, quoted, reply

ROWS = [
    {"id": "k", "question": "Keeper?", "split": "test", "category": "fact", "answerable": True,
     "gold": [{"doc_id": "report", "sentence": TEXT[25:51]}], "answers": ["Ada Moreau"]},
    {"id": "d", "question": "Pier?", "split": "dev", "category": "fact", "answerable": True,
     "gold": [{"doc_id": "report", "sentence": TEXT[:24]}], "answers": ["1871"]},
    {"id": "w", "question": "Whales?", "split": "test", "category": "off", "answerable": False},
]  # fmt: skip


class Setting:
    """A folder with questions and expectations, and an engine that answers them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.questions = folder / "mine.jsonl"
        self.questions.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        self.engine = ScriptedEngine(
            {
                "Keeper?": reply(quoted()),
                "Pier?": reply(quoted(sentence=(0, 24))),
                "Whales?": reply(quoted(), answered=False, probability=0.1),
            }
        )
        monkeypatch.setattr(command, "_engine", lambda *rest: self.engine)

    def expect(self, text: str) -> str:
        path = self.folder / "expected.yaml"
        path.write_text(text)
        return str(path)

    def run(self, *arguments: str) -> int:
        return command.main(
            ["--questions", str(self.questions), "--output", str(self.folder / "out"), *arguments]
        )


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    return Setting(tmp_path, monkeypatch)


def test_a_run_as_expected_exits_0_and_leaves_its_files(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = setting.expect(
        "mine/test: {command: x, figures: {passage@1: {minimum: 1}, refused: {minimum: 1}}}"
    )
    assert setting.run("--expected", expected) == 0
    assert setting.engine.closed
    out = capsys.readouterr().out
    assert "mine/dev" in out and "mine/test" in out and "sentence@1" in out
    files = {p.name for p in (setting.folder / "out" / "mine").iterdir()}
    assert files == {"questions.jsonl", "summary.json", "report.html"}


def test_a_figure_below_its_minimum_exits_1_and_is_named(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = setting.expect("mine/test: {command: x, figures: {latency_p50_ms: {maximum: -1}}}")
    assert setting.run("--expected", expected) == 1
    err = capsys.readouterr().err
    assert "mine/test: latency_p50_ms is " in err and "above the maximum -1" in err


def test_an_expected_figure_that_was_not_measured_exits_1(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = setting.expect("mine/test: {command: x, figures: {span_f1: {minimum: 0}}}")
    assert setting.run("--expected", expected) == 1
    assert "span_f1 was not measured (minimum 0)" in capsys.readouterr().err


def test_expectations_of_another_split_are_let_be(setting: Setting) -> None:
    expected = setting.expect("mine/dev: {command: x, figures: {refused: {minimum: 1}}}")
    assert setting.run("--expected", expected, "--split", "test") == 0
    assert setting.run("--expected", expected, "--split", "dev") == 1


def test_a_part_of_the_questions_is_checked_only_on_request(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = setting.expect(
        "{mine/test: &x {command: x, figures: {span_em: {minimum: 0}}}, mine/dev: *x}"
    )
    monkeypatch.setattr(command, "EXPECTED", Path(expected))
    assert setting.run() == 1
    assert setting.run("--limit", "1") == 0
    assert setting.run("--limit", "1", "--expected", expected) == 1


def test_a_question_that_fails_exits_1_and_is_named(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    setting.engine._replies["Whales?"] = ValueError("too deep")  # type: ignore[index]
    assert setting.run() == 1
    assert "failed: w: ValueError: too deep" in capsys.readouterr().err


def test_what_could_not_be_measured_is_said(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    setting.engine.candidates_are_retrieved = False
    setting.run("--split", "dev")
    out = " ".join(capsys.readouterr().out.split())
    assert "the rankings are of the returned passages" in out
    assert "no question is unanswerable" in out
    assert "span_em and span_f1 are not measured" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--questions", "absent.jsonl"], "error: absent.jsonl: No such file or directory"),
        (["--dataset", "absent"], "error: absent: holds no questions.jsonl"),
        (["--expected", "absent.yaml"], "error: absent.yaml: No such file or directory"),
        (["--index", "absent"], "error: "),
    ],
)
def test_what_cannot_run_exits_2_with_one_line(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert command.main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(message) and err.count("\n") == 1


def test_a_traceback_is_shown_only_on_request(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError):
        command.main(["--questions", str(tmp_path / "absent.jsonl"), "--debug"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "0"],
        ["--split", "train"],
        ["--index", "a", "--url", "http://b"],
        ["--questions", "a", "--dataset", "b"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)
    assert stopped.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(["--help"])
    assert stopped.value.code == 0
    assert "examples:\n  python -m eval\n" in capsys.readouterr().out


def test_a_data_set_without_a_corpus_needs_something_to_ask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "questions.jsonl").write_text('{"question": "One?"}\n')
    assert command.main(["--dataset", str(tmp_path), "--output", str(tmp_path)]) == 2
    assert "holds no corpus.jsonl; name what to ask by --index or --url" in capsys.readouterr().err
