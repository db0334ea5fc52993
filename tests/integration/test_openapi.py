import json
from pathlib import Path

from service.app import create_app
from service.settings import Settings

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_schema_is_that_of_the_app() -> None:
    remedy = "run: python -m service openapi --output docs/openapi.json"
    assert create_app(Settings()).openapi() == json.loads(COMMITTED.read_text("utf-8")), remedy


def test_every_error_of_the_schema_is_a_problem_and_of_a_page_a_page() -> None:
    schema = create_app(Settings()).openapi()
    pages = []
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            responses = operation["responses"]
            is_page = list(responses.get("200", {}).get("content", {})) == ["text/html"]
            expected = "text/html" if is_page else "application/problem+json"
            for status, response in responses.items():
                if int(status) >= 400:
                    assert list(response["content"]) == [expected], (path, status)
                    pages += [path] if is_page else []
    assert "/" in pages
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_the_schema_refuses_unknown_fields_as_the_service_does() -> None:
    models = create_app(Settings()).openapi()["components"]["schemas"]
    for name in ("AskRequest", "FiltersRequest", "TurnRequest", "FeedbackRequest"):
        assert models[name]["additionalProperties"] is False
