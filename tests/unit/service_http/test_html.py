import pytest
from fastapi import Request

from service.html import page_language, prefers_html, security_policy


def _request(**headers: str) -> Request:
    pairs = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
    return Request({"type": "http", "headers": pairs})


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json", False),
        ("*/*", False),
        ("", False),
        ("text/html;q=0.5, application/json;q=0.4", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=nonsense", False),
    ],
)
def test_a_page_is_sent_to_who_prefers_one(accept: str, html: bool) -> None:
    assert prefers_html(_request(accept=accept)) is html


@pytest.mark.parametrize(
    ("wanted", "header", "language"),
    [
        ("vi", "en", "vi"),
        ("xx", "vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        (None, "fr, en;q=0.5, vi;q=0.4", "en"),
        (None, "fr", "en"),
        (None, "", "en"),
        (None, "vi;q=0", "en"),
    ],
)
def test_the_language_is_the_wanted_one_or_that_of_the_browser(
    wanted: str | None, header: str, language: str
) -> None:
    assert page_language(_request(accept_language=header), wanted) == language


def test_the_policy_allows_nothing_from_elsewhere() -> None:
    assert security_policy(("self", "https://a.example")) == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self' https://a.example; require-trusted-types-for 'script'"
    )
    assert "frame-ancestors 'none';" in security_policy(("none",))
