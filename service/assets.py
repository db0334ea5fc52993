"""The files that browsers load, by the hash of their content."""

import base64
import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


@cache
def integrity(name: str) -> str:
    """The hash of a file as the attribute ``integrity`` takes it; OSError when there is none.

    See https://www.w3.org/TR/sri-2/.
    """
    digest = hashlib.sha256((FOLDER / name).read_bytes()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def version(name: str) -> str:
    """Ten characters of the hash of a file, which name its content in an address."""
    return re.sub(r"\W", "-", integrity(name)[7:17])


def asset(name: str) -> str:
    """The path of a file below the root of the service, with its version: never out of date."""
    return f"static/{name}?v={version(name)}"


@cache
def compressed(name: str) -> bytes:
    """A file under gzip."""
    return gzip.compress((FOLDER / name).read_bytes(), 9, mtime=0)
