import io
import json
import logging
from collections.abc import Iterator

import pytest

from service.logs import JsonFormatter, configure_logging, current_request_id, log_event


def _line(caplog: pytest.LogCaptureFixture) -> str:
    return JsonFormatter().format(caplog.records[-1])


def test_an_event_is_one_line_of_json_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    token = current_request_id.set("r1")
    with caplog.at_level(logging.INFO, "ask_record"):
        log_event("request", status=200, note="two\nlines \u2028 and \u202e")
        line = _line(caplog)
    current_request_id.reset(token)
    assert len(line.splitlines()) == 1
    event = json.loads(line)
    assert event.pop("time").endswith("Z")
    assert event == {
        "level": "info",
        "event": "request",
        "request_id": "r1",
        "status": 200,
        "note": "two\nlines \u2028 and \u202e",
    }


def test_a_fault_is_one_line_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ask_record"):
        try:
            raise ValueError("wrong")
        except ValueError as error:
            log_event("fault", logging.ERROR, exc_info=error)
        line = _line(caplog)
    assert len(line.splitlines()) == 1
    assert "ValueError: wrong" in json.loads(line)["error"]


@pytest.fixture
def logging_as_found() -> Iterator[None]:
    """Puts back what ``configure_logging`` changes."""
    root, access = logging.getLogger(), logging.getLogger("uvicorn.access")
    found = (root.handlers, root.level, access.disabled)
    yield
    root.handlers, root.level, access.disabled = found
    logging.getLogger("ask_record").setLevel(logging.NOTSET)


@pytest.mark.usefixtures("logging_as_found")
def test_libraries_log_json_too_and_the_access_log_with_its_questions_is_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    configure_logging("info")
    logging.getLogger("uvicorn.error").warning("port %d", 80)
    logging.getLogger("uvicorn.access").warning("GET /ask?q=secret")
    log_event("hidden", logging.DEBUG)
    (line,) = out.getvalue().splitlines()
    event = json.loads(line)
    assert (event["logger"], event["event"], event["level"]) == (
        "uvicorn.error",
        "port 80",
        "warning",
    )
