"""The widget's files, for any site."""

from urllib.parse import parse_qsl

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from service.assets import FOLDER, version


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
        wanted = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))).get("v")
        kept = wanted is not None and wanted == version(path)
        age = "31536000, immutable" if kept else "300"
        response.headers["Cache-Control"] = f"public, max-age={age}"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        # A module is always fetched in CORS mode, from whichever page the widget stands on.
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response


static_files = PublicFiles(directory=FOLDER)
