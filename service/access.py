"""Who may ask: bearer tokens from a file, for a service that not everyone may use."""

import hashlib
import hmac
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.problems import KINDS, problem_response

LEAST_LENGTH = 16
_LINE = re.compile(r"(?:(?P<record>[a-z0-9][a-z0-9_-]{0,63})=)?(?P<token>[A-Za-z0-9._~+/-]+=*)")
_OPEN = ("/livez", "/readyz", "/static/", "/widget.js", "/operator")
"""Paths that tell nothing of a record, and the operator's page, which has a token of its own."""


class TokenFileError(ValueError):
    """The file of tokens cannot be used; says which line and why, never a token."""


def read_tokens(path: Path, record: str | None = "") -> frozenset[bytes]:
    """The SHA-256 of each token in ``path`` that opens ``record``; of None, those that open all.

    A line is a token, or ``RECORD=TOKEN`` for one of several records; blank lines and those that
    begin with ``#`` are skipped. Raises TokenFileError, also when none opens ``record``: a record
    that nobody may ask is a mistake.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise TokenFileError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TokenFileError(f"{path}: a token is of ASCII letters, digits and ._~+/-") from error
    found = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise TokenFileError(
                f"{path}, line {number}: write TOKEN or RECORD=TOKEN; a token is of letters, "
                "digits and ._~+/-"
            )
        if len(match["token"]) < LEAST_LENGTH:
            raise TokenFileError(
                f"{path}, line {number}: a token has at least {LEAST_LENGTH} characters; make one "
                "with `openssl rand -hex 32`"
            )
        if match["record"] in (None, record):
            found.add(hashlib.sha256(match["token"].encode()).digest())
    if not found and record is not None:
        what = f"record {record!r}" if record else "the service"
        raise TokenFileError(f"{path}: no token opens {what}; add a line")
    return frozenset(found)


class BearerAuth:
    """Lets a request in that bears one of the tokens (RFC 6750, section 2.1).

    ``tokens`` are SHA-256 digests. Health checks and the widget's files are open: they tell nothing
    of the record.
    """

    def __init__(self, app: ASGIApp, tokens: frozenset[bytes], root_path: str) -> None:
        self.app = app
        self.tokens = tokens
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request or refuse it."""
        if scope["type"] != "http" or self._is_open(scope["path"]) or self._bears(scope):
            await self.app(scope, receive, send)
            return
        response = problem_response(
            KINDS["unauthorized"],
            "Send the header Authorization: Bearer and a token of this service.",
            root_path=self.root_path,
            headers={"WWW-Authenticate": "Bearer"},
        )
        await response(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        inside = path.removeprefix(self.root_path)
        return any(
            inside.startswith(p) if p.endswith("/") else inside == p or inside.startswith(f"{p}/")
            for p in _OPEN
        )

    def _bears(self, scope: Scope) -> bool:
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        digest = hashlib.sha256(token.strip().encode("latin-1", "replace")).digest()
        # All are compared, each in constant time: how long it takes tells nothing of a token.
        matches = [hmac.compare_digest(digest, known) for known in self.tokens]
        return scheme.lower() == "bearer" and any(matches)
