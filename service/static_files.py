"""The widget's files, for any site."""

from pathlib import Path

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope


class PublicFiles(StaticFiles):
    """Files that any site may load, revalidated by their ETag after five minutes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304 when the client has it."""
        response = await super().get_response(path, scope)
        if path.endswith(".js") and response.status_code == 200:
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        response.headers["Cache-Control"] = "public, max-age=300"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        # A module is always fetched in CORS mode, from whichever page the widget stands on.
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response


static_files = PublicFiles(directory=Path(__file__).parent / "static")
