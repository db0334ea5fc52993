import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service import lifecycle
from service.__main__ import _listen, main
from service.schemas import AskResponse
from service.settings import Settings
from tests.fakes import FakeAnswerer

QUESTION = "How many minutes takes a crossing?"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which an index was opened; a fake answers."""
    seen: list[Settings] = []

    def fake(settings: Settings, generation: str | None = None) -> FakeAnswerer:
        seen.append(settings)
        return FakeAnswerer()

    monkeypatch.setattr(lifecycle, "open_answerer", fake)
    return seen


def test_a_question_is_answered_in_the_terminal(
    opened: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", QUESTION, "--index", "some/index"]) == 0
    assert opened[0].index_dir == Path("some/index")
    assert "A crossing takes 25 minutes." in capsys.readouterr().out


def test_json_prints_the_shape_of_the_api(
    opened: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--index", "some/index", "ask", QUESTION, "--json", "--top-k", "1"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert opened[0].index_dir == Path("some/index")
    assert list(body) == list(AskResponse.model_fields)
    assert len(body["passages"]) == 1


def test_a_refusal_is_no_failure(
    opened: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "Who painted the ceiling?"]) == 0
    assert "The record does not say" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--port", "x"], "service: --port x: Input should be a valid integer"),
        (["--cors-origins", "a.example"], "service: --cors-origins a.example: 'a.example' is no"),
        (["ask", " "], "service: question ' ': String should have at least 1 character"),
        (["ask", "Who?", "--top-k", "11"], "service: top-k 11: Input should be less than or"),
        (["ask", "x" * 1001], "service: question 'xxx"),
        (["--nonsense"], "python -m service: unrecognized arguments: --nonsense"),
        (["ask"], "python -m service ask: the following arguments are required: question"),
    ],
)
def test_wrong_usage_is_one_line_with_status_2(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(arguments)
    except SystemExit as stopped:
        status = int(str(stopped.code))
    error = capsys.readouterr().err
    assert status == 2
    assert error.startswith(line)
    assert len(error) < 250
    assert error.count("\n") == 1


def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASK_RECORD_WORKERS", "many")
    monkeypatch.setenv("ASK_RECORD_WROKERS", "2")
    assert main([]) == 2
    ignored, wrong = capsys.readouterr().err.splitlines()
    assert ignored.startswith("service: ASK_RECORD_WROKERS is no setting and is ignored")
    assert wrong.startswith("service: ASK_RECORD_WORKERS many: Input should be a valid integer")


def test_a_missing_index_is_one_line_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "Who?", "--index", str(tmp_path / "none")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("service: ")
    assert error.count("\n") == 1
    assert "python -m index build" in error


def test_a_port_that_is_taken_is_one_line_with_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"service: cannot listen on 127.0.0.1 port {port}: ")
    assert error.endswith("choose another with --host or --port\n")


def test_an_unforeseen_fault_is_one_line_unless_debugging(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Settings, generation: str | None = None) -> FakeAnswerer:
        raise ZeroDivisionError("in the model")

    monkeypatch.setattr(lifecycle, "open_answerer", broken)
    assert main(["ask", "Who?"]) == 1
    assert capsys.readouterr().err == (
        "service: ZeroDivisionError: in the model (--debug shows more)\n"
    )
    with pytest.raises(ZeroDivisionError):
        main(["ask", "Who?", "--debug"])


@pytest.mark.parametrize("command", [[], ["ask"], ["openapi"]])
def test_every_command_has_help_with_an_example(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "example" in shown
    assert "python -m service" in shown


def test_help_loads_neither_models_nor_the_web_framework() -> None:
    program = (
        "import sys; from service.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'faiss', 'fastapi', 'onnxruntime', 'numpy'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert shown.stdout.splitlines()[-1] == "set()", shown.stderr


def test_the_schema_can_be_written_to_a_file(tmp_path: Path) -> None:
    assert main(["openapi", "--output", str(tmp_path / "openapi.json")]) == 0
    assert json.loads((tmp_path / "openapi.json").read_text("utf-8"))["openapi"].startswith("3.")


def test_responses_are_sent_at_once() -> None:
    async def option_of_an_accepted_connection() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = _listen(Settings(port=0))
        async with await asyncio.start_server(note, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            found = await asyncio.wait_for(accepted, 5)
            writer.close()
        return found

    assert asyncio.run(option_of_an_accepted_connection()) != 0
