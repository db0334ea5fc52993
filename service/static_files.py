"""The widget's files, for any site."""

import re
from urllib.parse import parse_qsl

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.types import Scope

from service.assets import FOLDER, compressed, version


class PublicFiles(StaticFiles):
    """Files that any site may load.

    With the version of their content in the address (``?v=``) they may be kept for a year,
    otherwise they are revalidated by their ETag after five minutes.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304 when the client has it."""
        response = await super().get_response(path, scope)
        if path.endswith(".js") and response.status_code == 200:
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        accepted = Headers(scope=scope).get("accept-encoding", "")
        if response.status_code == 200 and re.search(r"\bgzip\b(?!\s*;\s*q=0)", accepted):
            kept_headers = ("content-type", "etag", "last-modified")
            headers = {n: response.headers[n] for n in kept_headers}
            # The same content in another form, so the ETag is a weak one (RFC 9110, 8.8.1).
            headers |= {"Content-Encoding": "gzip", "etag": f"W/{headers['etag']}"}
            response = Response(compressed(path), headers=headers)
        response.headers["Vary"] = "Accept-Encoding"
        wanted = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))).get("v")
        kept = wanted is not None and wanted == version(path)
        age = "31536000, immutable" if kept else "300"
        response.headers["Cache-Control"] = f"public, max-age={age}"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        # A module is always fetched in CORS mode, from whichever page the widget stands on.
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response


static_files = PublicFiles(directory=FOLDER)
