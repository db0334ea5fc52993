"""How pages are sent: the security headers, the language, and when a page is wanted at all."""

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import HTMLResponse

from service.texts import LANGUAGES

_KEYWORDS = {"self": "'self'", "none": "'none'", "*": "*"}


def security_policy(frame_ancestors: Sequence[str]) -> str:
    """The Content-Security-Policy of every page: no inline code, nothing from another host."""
    ancestors = " ".join(_KEYWORDS.get(item, item) for item in frame_ancestors)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {ancestors}; require-trusted-types-for 'script'"
    )


def page(request: Request, content: str, status: int = 200) -> HTMLResponse:
    """``content`` as a page under the policy of the settings."""
    return HTMLResponse(
        content,
        status,
        {
            "Content-Security-Policy": security_policy(
                request.app.state.lifecycle.settings.frame_ancestors
            ),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cache-Control": "no-cache",
            "Vary": "Accept, Accept-Language",
        },
    )


def page_language(request: Request, wanted: str | None) -> str:
    """``wanted`` when there are texts in it, else the first such language of Accept-Language."""
    if wanted in LANGUAGES:
        return wanted
    preferred = _weighed(request.headers.get("accept-language", ""))
    for language in sorted(preferred, key=preferred.__getitem__, reverse=True):
        primary = language.split("-")[0]
        if primary in LANGUAGES and preferred[language] > 0:
            return primary
    return LANGUAGES[0]


def prefers_html(request: Request) -> bool:
    """Whether Accept names HTML, and not JSON with the same or a higher weight."""
    accepted = _weighed(request.headers.get("accept", ""))
    html = accepted.get("text/html", 0.0)
    return html > accepted.get("application/json", 0.0)


def _weighed(header: str) -> dict[str, float]:
    """``a, b;q=0.5`` as weights; see RFC 9110, section 12.4.2."""
    weights: dict[str, float] = {}
    for item in header.lower().split(",")[:50]:
        name, *parameters = (part.strip() for part in item.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            weights[name] = min(max(float(weight), 0.0), 1.0)
        except ValueError:
            weights[name] = 0.0
    return weights
