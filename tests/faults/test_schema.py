"""Requests made from the API's own schema, valid and not, with all of schemathesis' checks."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import Failure, FailureGroup
from starlette.testclient import TestClient

from service.answers import Answer, Question
from service.app import create_app
from service.problems import MAX_BYTES, MEDIA_TYPE, Problem
from service.request_schemas import REQUEST_FIELDS
from service.settings import Settings
from tests.conftest import RecordFigure
from tests.fakes import FakeAnswerer

EXAMPLES = 15
SHORTEST_ECHO = 12
"""Shorter strings also stand in an error by chance."""
BEYOND_SCHEMA = (
    "No such date",
    "The character NUL is not allowed",
    "published_from must not be later than published_to",
    "String should have at least 1 character",
    "Input should be a valid integer",
    # What the page says of a question with a NUL in it, or one of over 1,000 characters.
    "Ask a question of 1 to 1,000 characters.",
)
"""Rules that JSON Schema cannot state: why what it allows may be refused. (To it, 3.0 is one.)"""


@dataclass
class Seen:
    """Statuses of all responses, and by message what was wrong with how many of them."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


def probe(app: Any, examples: int, only: str | None = None, fixed: bool = True) -> Seen:
    """Send ``examples`` valid and as many invalid requests to each operation of ``app``."""
    seen = Seen()
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    for result in schema.get_all_operations():
        operation = result.ok()
        if only is None or operation.label == only:
            for mode in schemathesis.GenerationMode:
                cases = operation.as_strategy(generation_mode=mode)
                _send(cases, operation.label, examples, fixed, seen)
    return seen


def _send(cases: Any, label: str, examples: int, fixed: bool, seen: Seen) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=fixed,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def check(case: schemathesis.Case) -> None:
        response = case.call()
        seen.statuses[response.status_code] += 1
        for fault in faults(case, response):
            seen.faults[f"{label}: {fault}"] += 1

    # An operation without parameters cannot be asked wrongly.
    with suppress(Unsatisfiable):
        check()


def faults(case: schemathesis.Case, response: Any) -> Iterator[str]:
    """What is wrong with ``response``: what schemathesis finds, its length, an echo."""
    try:
        case.validate_response(response)
    except FailureGroup as group:
        for failure in group.exceptions:
            if not _is_beyond_schema(failure, case, response):
                yield f"{failure.title}, status {response.status_code}"  # type: ignore[attr-defined]
    except Failure as failure:
        if not _is_beyond_schema(failure, case, response):
            yield f"{failure.title}, status {response.status_code}"
    if response.status_code >= 500:
        yield f"status {response.status_code}"
    if response.status_code >= 400 and "text/html" not in str(response.headers["content-type"]):
        if MEDIA_TYPE not in str(response.headers["content-type"]):
            yield f"no problem but {response.headers['content-type']}"
        elif len(response.content) > MAX_BYTES:
            yield f"an error of {len(response.content)} bytes"
        else:
            given_texts = set(strings([case.body, case.query, case.path_parameters]))
            for text in given_texts - set(REQUEST_FIELDS):
                if len(text) >= SHORTEST_ECHO and _is_repeated(text, case, response):
                    yield f"the input is repeated: {text[:100]!r}"


def _is_repeated(text: str, case: schemathesis.Case, response: Any) -> bool:
    """Whether the error holds ``text`` because the request does.

    Hypothesis also draws the strings of our own source, such as an error's title: those stand in
    the error of a request without them too.
    """
    if text not in " ".join(strings(json.loads(response.content))):
        return False
    body, query, path = (without(p, text) for p in (case.body, case.query, case.path_parameters))
    other = case.operation.Case(
        body=body,
        query=query,
        path_parameters=path,
        headers=case.headers,
        media_type=case.media_type,
    )
    return text not in " ".join(strings(json.loads(other.call().content)))


def without(value: object, text: str) -> Any:
    """``value`` with a string of other letters, as long, where it holds ``text``; names too."""
    if isinstance(value, str):
        return value.replace(text, "\u00b6" * len(text))
    if isinstance(value, Mapping):
        return {without(name, text): without(inner, text) for name, inner in value.items()}
    return [without(one, text) for one in value] if isinstance(value, list | tuple) else value


def _is_beyond_schema(failure: BaseException, case: schemathesis.Case, response: Any) -> bool:
    title = getattr(failure, "title", "")
    if title == "Schema-violating request accepted":
        # It was refused, for its length; or it keeps to the schema without the space around texts.
        return response.status_code == 413 or _is_valid_when_trimmed(case)
    if title == "Schema-valid request rejected" and response.status_code == 422:
        if "text/html" in str(response.headers["content-type"]):
            return any(rule in response.text for rule in BEYOND_SCHEMA)
        errors = json.loads(response.content)["errors"]
        return all(any(rule in error["msg"] for rule in BEYOND_SCHEMA) for error in errors)
    return False


def _is_valid_when_trimmed(case: schemathesis.Case) -> bool:
    operation: Any = case.operation
    body, query = trimmed(case.body), dict(case.query)
    bodies = list(operation.body)
    if bodies:
        valid = any(one.is_valid(body) for one in bodies)
    else:
        query = {name: trimmed(value) for name, value in query.items()}
        known = [one for one in operation.query if one.name in query]
        valid = all(one.is_valid(query[one.name]) for one in known)
    return valid and (body, query) != (case.body, dict(case.query))


def trimmed(value: object) -> object:
    """``value`` without the space around the strings in it; names stay."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        return {name: trimmed(inner) for name, inner in value.items()}
    return [trimmed(inner) for inner in value] if isinstance(value, list | tuple) else value


def strings(value: object) -> Iterator[str]:
    """All strings in ``value``, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


@pytest.mark.parametrize(
    ("question", "beyond"),
    [("x" * 1_000 + " ", True), (" " + "x" * 1_000, True), ("x" * 1_001, False), (" ", False)],
)
def test_only_what_keeps_to_the_schema_without_the_space_around_it_may_be_accepted(
    tmp_path: Path, question: str, beyond: bool
) -> None:
    operations = schemathesis.openapi.from_dict(app_of(tmp_path, FakeAnswerer()).openapi())["/ask"]
    for case in (
        operations["POST"].Case(body={"question": question}, media_type="application/json"),
        operations["GET"].Case(query={"q": question}),
    ):
        assert _is_valid_when_trimmed(case) == beyond


@pytest.mark.parametrize(("title", "repeated"), [("Request not valid", False), ("x" * 12, True)])
def test_a_text_that_every_error_holds_is_no_echo(
    tmp_path: Path, title: str, repeated: bool
) -> None:
    app = create_app(Settings(index_dir=tmp_path / "index"), Planted())
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    operation = schema["/ask"]["POST"]
    body = {"question": title, "top_k": 4 if repeated else 11}
    with TestClient(app):
        case = operation.Case(body=body, media_type="application/json")
        found = [fault for fault in faults(case, case.call()) if "repeated" in fault]
    assert bool(found) == repeated


def app_of(folder: Path, answerer: FakeAnswerer) -> Any:
    return create_app(Settings(index_dir=folder / "index"), answerer)


@pytest.mark.slow
def test_no_request_made_from_the_schema_breaks_the_service(
    tmp_path: Path, full: bool, figure: RecordFigure
) -> None:
    app = app_of(tmp_path, FakeAnswerer())
    with TestClient(app):
        seen = probe(app, 1_000 if full else EXAMPLES, fixed=not full)
    figure(
        9,
        "Requests made from the schema by schemathesis, valid and not, with all of its checks: "
        "answered by 5xx, not as the schema says, by an error over 2 KB or one that repeats the "
        "request",
        f"{sum(seen.faults.values())} of {sum(seen.statuses.values()):,}",
    )
    assert seen.faults == {}
    assert seen.statuses[200] > 80 and seen.statuses[422] > 40


class Planted(FakeAnswerer):
    """Fails at some questions, and at others repeats them in an error."""

    def ask(self, question: Question) -> Answer:
        """Answer only when three passages are asked for."""
        if question.top_k < 3:
            raise RuntimeError("planted")
        if question.top_k > 3:
            raise Problem("not-found", f"Nothing is known of {question.text}")
        return super().ask(question)


def test_the_harness_catches_a_fault_and_an_echo(tmp_path: Path) -> None:
    app = app_of(tmp_path, Planted())
    with TestClient(app):
        found = probe(app, 400, "POST /ask").faults
    assert found["POST /ask: status 500"]
    assert any(fault.startswith("POST /ask: the input is repeated") for fault in found)
    # 404 is no answer that the schema knows for a question.
    assert found["POST /ask: Undocumented status code, status 404"]
