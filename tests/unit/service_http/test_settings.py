from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import PREFIX, Settings, available_cores, unknown_variables

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "settings.md"


def test_every_setting_is_documented_with_its_variable_and_its_flag() -> None:
    rows = [line for line in DOCUMENTATION.read_text("utf-8").splitlines() if line[:3] == "| `"]
    documented = {tuple(cell.strip() for cell in row.split("|")[1:5]) for row in rows}
    expected = set()
    for name, field in Settings.model_fields.items():
        flag = "--index" if name == "index_dir" else f"--{name.replace('_', '-')}"
        default = field.default
        shown = ",".join(default) if isinstance(default, tuple) else str(default)
        shown = "" if default is None else shown.lower() if isinstance(default, bool) else shown
        cells = (f"`{PREFIX}{name.upper()}`", f"`{flag}`", f"`{shown}`" if shown else "")
        expected.add((*cells, field.description))
    assert documented == expected


def test_a_list_is_read_from_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASK_RECORD_CORS_ORIGINS", "https://A.example/, http://b.example:8080")
    assert Settings().cors_origins == ("https://a.example", "http://b.example:8080")


def test_a_flag_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASK_RECORD_PORT", "1111")
    assert Settings().port == 1111
    assert Settings(port=2222).port == 2222


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cors_origins", "example.org"),
        ("cors_origins", "https://example.org/path"),
        ("cors_origins", "javascript:alert(1)"),
        ("frame_ancestors", "https://a.example; script-src *"),
        ("frame_ancestors", "none,https://a.example"),
        ("root_path", "no-slash"),
        ("root_path", '/"><script>'),
        ("port", "65536"),
        ("workers", "0"),
        ("max_question_length", "1001"),
        ("queue_timeout_s", "0"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})  # type: ignore[arg-type]


def test_the_environment_of_a_worker_gives_the_same_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings(
        cors_origins="https://a.example,https://b.example",  # type: ignore[arg-type]
        feedback_db=Path("x/f.sqlite3"),
        log_questions=True,
        queue_timeout_s=0.25,
    )
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_feedback_stands_beside_the_index_unless_it_is_set() -> None:
    assert Settings(index_dir=Path("/data/idx")).feedback_path == Path("/data/idx.feedback.sqlite3")
    assert Settings(feedback_db=Path("f.db")).feedback_path == Path("f.db")


@pytest.mark.parametrize(("workers", "running"), [(1, 1), (2, 1), (1, 2), (3, 5)])
def test_model_threads_times_workers_never_exceed_the_cores(workers: int, running: int) -> None:
    settings = Settings(workers=workers, max_concurrent_questions=running)
    busy = settings.model_threads * workers * running
    assert settings.model_threads >= 1
    assert busy <= max(available_cores(), workers * running)
    assert Settings(workers=workers, threads=7).model_threads == 7


def test_a_misspelt_variable_is_named() -> None:
    environment = {
        "ASK_RECORD_PROT": "1",
        "ASK_RECORD_PORT": "2",
        "ask_record_host": "",
        "PATH": "",
    }
    assert unknown_variables(environment) == ["ASK_RECORD_PROT"]
