"""Every curl example of docs/api.md, run against the app."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.problems import KINDS

DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
BASE = "http://127.0.0.1:8000"
EXAMPLES = [
    example for example in re.findall(r"```sh\n(.*?)```", DOCUMENTATION, re.S) if "curl" in example
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_curl_example_works(client: TestClient, example: str) -> None:
    words = shlex.split(example.replace("\\\n", " "))
    assert words[:2] == ["curl", "-s"]
    address = next(word for word in words if word.startswith(BASE))
    options = dict(pairwise(words))
    headers = dict([options["-H"].split(": ")]) if "-H" in options else {}
    body = options.get("-d")
    method = "POST" if body else "GET"
    response = client.request(method, address.removeprefix(BASE), content=body, headers=headers)
    assert response.status_code in (200, 201), response.text


def test_the_examples_are_all_there() -> None:
    shown = "\n".join(EXAMPLES)
    for path in ("/ask", "/documents", "/suggestions", "/feedback", "/livez", "/metrics"):
        assert BASE + path in shown


def test_every_path_of_the_schema_is_explained(client: TestClient) -> None:
    for path in client.get("/openapi.json").json()["paths"]:
        assert path.replace("/{doc_id}", "/harbour-report") in DOCUMENTATION


def test_every_kind_of_error_is_explained() -> None:
    table = DOCUMENTATION.split("## Errors")[1]
    for kind in KINDS.values():
        assert f"`{kind.name}`" in table, kind.name


def test_the_answer_named_in_the_first_example_is_given(client: TestClient) -> None:
    response = client.post("/ask", json={"question": "Who was the keeper of the lighthouse?"})
    for field in response.json():
        assert (
            f"`{field}`" in DOCUMENTATION
            or f"`{field}[" in DOCUMENTATION
            or (field in ("question", "lang", "confidence"))
        )
