import json

import pytest

from service.problems import KINDS, MAX_BYTES, FieldError, field_error, problem_response


def test_a_problem_is_never_longer_than_2_kb() -> None:
    errors = [FieldError(loc=["body", "x" * 200, i], msg="m" * 300, type="t") for i in range(10)]
    response = problem_response(KINDS["validation"], "é" * 5_000, errors=errors)
    body = json.loads(bytes(response.body))
    assert len(response.body) <= MAX_BYTES
    assert 1 <= len(body["errors"]) < 10
    assert response.media_type == "application/problem+json"


def test_a_problem_holds_what_rfc_9457_names_and_the_request_id() -> None:
    body = json.loads(bytes(problem_response(KINDS["not-found"], "No.", root_path="/r").body))
    assert body == {
        "type": "/r/docs#not-found",
        "title": "Not found",
        "status": 404,
        "detail": "No.",
        "request_id": "",
    }


def test_an_unknown_name_is_not_repeated_but_the_close_one_is_offered() -> None:
    error = {"type": "extra_forbidden", "loc": ("body", "quesiton"), "msg": "?", "input": "secret"}
    shown = field_error(error, ["question", "top_k"])
    assert shown.loc == ["body"]
    assert shown.msg == "A field that is not known; did you mean question?"


@pytest.mark.parametrize("loc", [("body", "history", 3, "question"), ("query", "q")])
def test_our_own_names_stay_in_the_location(loc: tuple[str | int, ...]) -> None:
    shown = field_error({"type": "t", "loc": loc, "msg": "m"}, ["history", "question", "q"])
    assert shown.loc == list(loc)
