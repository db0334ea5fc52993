"""Where an engine is and what a record is called in it, as one address."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from index.errors import RecordError

TOKEN_VARIABLE = "ASK_RECORD_STORE_TOKEN"
SCHEMES = ("milvus+http", "milvus+https", "milvus+lite")
FORMS = "milvus+http://HOST:19530/RECORD, milvus+https://... or milvus+lite:///PATH.db/RECORD"
_RECORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class StoreUrlError(RecordError):
    """An address of a store cannot be understood."""


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """The address of one record in an engine."""

    record: str
    """The alias under which the current generation is found."""
    uri: str
    """What the client connects to: ``http://host:port``, or the path of an embedded engine."""
    token: str = field(default="", repr=False)
    """``user:password`` or an API key; empty where the engine asks for none."""

    def __str__(self) -> str:
        """The address without what is secret in it."""
        if self.embedded:
            return f"milvus+lite://{self.uri}/{self.record}"
        return f"milvus+{self.uri}/{self.record}"

    @property
    def embedded(self) -> bool:
        """Whether the engine runs in this process, on a file that no other may use."""
        return not self.uri.startswith(("http://", "https://"))


def parse(text: str, token: str | None = None) -> StoreUrl:
    """Understand ``text``; the token in it comes before ``token``, and that before the variable.

    Raises StoreUrlError with the value, without what is secret in it, and the forms there are.
    """
    shown = re.sub(r"//[^/@]*@", "//***@", text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise StoreUrlError(f"store {shown!r}: {error}; write it as {FORMS}") from error
    if parts.scheme not in SCHEMES:
        raise StoreUrlError(f"store {shown!r} is of no known kind: write it as {FORMS}")
    if parts.query or parts.fragment:
        raise StoreUrlError(f"store {shown!r} has a query or a fragment: write it as {FORMS}")
    place, _, record = parts.path.rpartition("/")
    if not _RECORD.fullmatch(record) or len(record) > 64:
        raise StoreUrlError(
            f"store {shown!r}: the name of the record is {record!r}, it must be of a to z, 0 to 9 "
            f"and single _, begin with a letter and have at most 64: write it as {FORMS}"
        )
    given = token if token is not None else os.environ.get(TOKEN_VARIABLE, "")
    if parts.scheme == "milvus+lite":
        if parts.netloc or not place.endswith(".db"):
            raise StoreUrlError(f"store {shown!r}: the path must end in .db: write it as {FORMS}")
        return StoreUrl(record, str(Path(unquote(place)).absolute()))
    if not parts.hostname or place:
        raise StoreUrlError(f"store {shown!r}: no host, or too many /: write it as {FORMS}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.username is not None:
        given = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    uri = f"{parts.scheme.removeprefix('milvus+')}://{host}:{port or 19530}"
    return StoreUrl(record, uri, given)
