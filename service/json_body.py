"""Request bodies: JSON that is exactly what the standard says, and nothing else."""

import json
from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service.asking import turn_away_if_full
from service.problems import Problem

ASK = "/ask"


class JsonRoute(APIRoute):
    """A route whose body, if it takes one, is strict JSON sent as ``application/json``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given a request that reads its body strictly."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if self.path == ASK:
                # Before anything is parsed: turning away must stay cheap when most are.
                turn_away_if_full(request)
            if self.body_field is not None:
                _check_media_type(request)
            return await handler(_StrictRequest(request.scope, request.receive))

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_strict_json"):
            self._strict_json = parse_json(await self.body())
        return self._strict_json


def parse_json(body: bytes) -> Any:
    """The value of ``body``; JSONDecodeError for anything that RFC 8259 does not allow.

    Python's own parser takes NaN, duplicate names and lone surrogates, and fails on deep nesting
    and very long numbers with other errors.
    """
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
        # Fails on a lone surrogate anywhere, which could not be sent back as UTF-8.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError:
        raise
    except UnicodeEncodeError:
        _fail("a lone surrogate is no character")
    except UnicodeDecodeError:
        _fail("the body is not UTF-8")
    except RecursionError:
        _fail("nested too deeply")
    except ValueError as error:
        _fail(str(error) if isinstance(error, _NotJsonError) else "a number is too long")
    return value


class _NotJsonError(ValueError):
    """Python takes it, the standard does not."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotJsonError("a name stands twice in an object")
    return found


def _no_constant(_: str) -> NoReturn:
    raise _NotJsonError("NaN and Infinity are no numbers")


def _fail(reason: str) -> NoReturn:
    raise json.JSONDecodeError(reason, "", 0) from None


def _check_media_type(request: Request) -> None:
    # A page of another site may send text/plain without asking the browser for permission first.
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    charset = header.get_param("charset", "utf-8")
    encoding = request.headers.get("content-encoding", "identity")
    if header.get_content_type() != "application/json" or str(charset).lower() != "utf-8":
        raise Problem("media-type", "Send the body as Content-Type: application/json, in UTF-8.")
    if encoding.lower() != "identity":
        raise Problem("media-type", "Send the body without Content-Encoding.")
