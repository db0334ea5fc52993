"""The engine behind time limits: every call ends soon, and every failure has one clear kind."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from index.errors import IndexNotFound, RecordError, StoreUnavailable
from index.stores.filters import Condition, OneOf
from index.stores.url import StoreUrl

log = logging.getLogger(__name__)

READ_S = 3.0
"""Longest wait for an answer to a question's search."""
EMBEDDED_S = 30.0
"""The same of an engine within the process, which no network can keep waiting."""
CONNECT_S = 10.0
"""Longest wait for the first connection, which no question waits for."""
WRITE_S = 120.0
"""Longest wait for a batch to be written, or a collection to be made or loaded."""
PAUSE_S = 1.0
"""After a failure nothing is asked for so long, and then by one thread only."""
MOST_ROWS = 16_384
"""Most rows a search or a query may give, on a server."""
BY_ID = 256
"""Rows fetched in one call: each has up to four values of 60 kB, a message at most 64 MB."""
MOST_LISTS = 65_536
"""At least as many as any index has."""
NAMES = 1_000
"""Identifiers named in one filter."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine of this kind and version can do; declared here and nowhere guessed."""

    sparse: bool
    """Sparse vectors: BM25 is then searched in the engine, else through postings kept there."""
    processes: bool
    """Whether several processes may use it at the same time."""


class Engine:
    """One connection, made when it is first needed. Safe to use from several threads."""

    def __init__(self, url: StoreUrl, read_s: float = READ_S) -> None:
        """Raises RecordError with the remedy when the client's library is not installed."""
        _require_library(url)
        self.url = url
        # An embedded one reads its files when it is first asked.
        self.read_s = max(read_s, EMBEDDED_S) if url.embedded else read_s
        self._client: Any = None
        self._connecting = threading.Lock()
        self._probing = threading.Lock()
        self._failure: str | None = None
        self._retry_at = 0.0
        self._loaded: set[str] = set()
        self._capabilities: Capabilities | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Declared by the engine's version."""
        if self._capabilities is None:
            version = str(self.call("get_server_version"))
            numbers = [int(n) for n in version.lstrip("v").split("-")[0].split(".") if n.isdigit()]
            # The embedded engine has had them from its first version on this interface.
            sparse = self.url.embedded or tuple(numbers[:2]) >= (2, 5)
            self._capabilities = Capabilities(sparse=sparse, processes=not self.url.embedded)
        return self._capabilities

    def call(self, name: str, *args: Any, limit_s: float | None = None, **options: Any) -> Any:
        """Call a method of the client; raises StoreUnavailable when it fails or takes too long.

        While the engine is known to be down, this is said at once, so that nobody waits.
        """
        return self._guarded(
            lambda s: getattr(self._connected(s), name)(*args, timeout=s, **options),
            limit_s or self.read_s,
        )

    def close(self) -> None:
        """End the connection."""
        with self._connecting:
            client, self._client = self._client, None
        if client is not None:
            try:
                client.close()
            except Exception as error:
                log.info("closing the connection to %s: %s", self.url, error)

    def nearest(
        self,
        collection: str,
        field: str,
        query: object,
        limit: int,
        where: Condition,
        lists: int | None = None,
    ) -> list[str]:
        """Ids of the ``limit`` rows of the highest inner product, best first.

        ``lists`` of like vectors are looked at, where the index has such; None for all of them,
        which compares every row that passes ``where``.
        """
        parameters = {"nprobe": lists or MOST_LISTS} if field == "vector" else {}
        found = self.call(
            "search",
            collection,
            data=[query],
            anns_field=field,
            limit=min(limit, MOST_ROWS),
            filter=where.text(),
            output_fields=["id"],
            search_params={"metric_type": "IP", "params": parameters},
            consistency_level="Bounded",
        )
        return [str(hit["id"]) for hit in found[0]]

    def fetch(
        self,
        collection: str,
        ids: Sequence[str],
        fields: Sequence[str],
        freshness: str = "Bounded",
        limit_s: float | None = None,
        step: int = BY_ID,
    ) -> dict[str, Row]:
        """Those rows of ``ids`` that there are, by id."""
        found: dict[str, Row] = {}
        for first in range(0, len(ids), step):
            some = OneOf("id", tuple(ids[first : first + step]))
            found |= {
                row["id"]: row for row in self.rows(collection, some, fields, freshness, limit_s)
            }
        return found

    def rows(
        self,
        collection: str,
        where: Condition,
        fields: Sequence[str],
        freshness: str = "Bounded",
        limit_s: float | None = None,
    ) -> list[Row]:
        """At most 16,384 rows that pass ``where``, in no certain order."""
        found = self.call(
            "query",
            collection,
            filter=where.text(),
            output_fields=["id", *fields],
            limit=MOST_ROWS,
            consistency_level=freshness,
            limit_s=limit_s,
        )
        return [dict(row) for row in found]

    def count(self, collection: str, freshness: str = "Bounded") -> int:
        """How many rows a collection has."""
        found = self.call(
            "query",
            collection,
            filter="",
            output_fields=["count(*)"],
            consistency_level=freshness,
            limit_s=WRITE_S,
        )
        return int(found[0]["count(*)"])

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows; those of the same id are replaced."""
        # Never ``insert``: of an existing id, a server keeps both.
        self.call("upsert", collection, list(rows), limit_s=WRITE_S)

    def load(self, collections: Sequence[str]) -> None:
        """Have an embedded engine hold ``collections`` in memory: a new process holds none.

        A server keeps them loaded by itself. Raises NoCollection.
        """
        for name in collections if self.url.embedded else ():
            if name not in self._loaded:
                state = self.call("get_load_state", name, limit_s=WRITE_S)
                if "NotLoad" in str(state["state"]):
                    self.call("load_collection", name, limit_s=WRITE_S)
                self._loaded.add(name)

    def aliased(self) -> str | None:
        """The collection that the record's alias points at; None while there is none."""
        try:
            found = self.call("describe_collection", self.url.record)
        except NoCollection:
            return None
        return str(found["collection_name"])

    def _connected(self, limit_s: float) -> Any:
        with self._connecting:
            if self._client is None:
                from pymilvus import MilvusClient

                # They log every failure with a traceback; here each has one line.
                for name in ("pymilvus", "grpc._server", "milvus_lite"):
                    logging.getLogger(name).setLevel(logging.CRITICAL)
                # A connection of its own: closing it then closes no other.
                self._client = MilvusClient(
                    uri=self.url.uri,
                    token=self.url.token,
                    timeout=max(limit_s, CONNECT_S),
                    dedicated=not self.url.embedded,
                )
            return self._client

    def _guarded(self, work: Callable[[float], Any], limit_s: float) -> Any:
        failure = self._failure
        if failure is None:
            return self._attempt(work, limit_s)
        if time.monotonic() < self._retry_at or not self._probing.acquire(blocking=False):
            raise StoreUnavailable(failure)
        try:
            return self._attempt(work, limit_s)
        finally:
            self._probing.release()

    def _attempt(self, work: Callable[[float], Any], limit_s: float) -> Any:
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            found = work(limit_s)
        except (MilvusException, grpc.RpcError, OSError, ValueError) as error:
            reason = " ".join(str(getattr(error, "message", "") or error).split())[:300]
            if _is_missing(error, reason):
                self._failure = None
                raise NoCollection(f"store {self.url}: {reason}") from error
            if _is_refusal(error, reason):
                self._failure = None
                raise StoreRefused(f"store {self.url} refuses: {reason}") from error
            if "Open local milvus failed" in reason:
                reason += "; it is for one process at a time, end the other one"
            failure = f"store {self.url} does not answer: {reason}"
            self._retry_at = time.monotonic() + PAUSE_S
            self._failure = failure
            raise StoreUnavailable(failure) from error
        self._failure = None
        return found


class StoreRefused(RecordError):
    """The engine answered, and will answer the same again: what was asked for is wrong."""


class NoCollection(StoreRefused, IndexNotFound):
    """There is no collection or alias of that name."""


def _is_missing(error: Exception, reason: str) -> bool:
    code = getattr(error, "code", None)
    missing = any(word in reason for word in ("not exist", "can't find", "not found"))
    return missing and (code in (1, 4, 100, 1600) or "collection" in reason)


def _is_refusal(error: Exception, reason: str) -> bool:
    code = getattr(error, "code", None)
    # Of Milvus: wrong parameters, privileges, aliases. What it lacks for a while is none of them.
    return (isinstance(code, int) and 1_100 <= code < 1_700) or "alias" in reason


def _require_library(url: StoreUrl) -> None:
    import importlib.util

    needed = ["pymilvus", *(["milvus_lite"] if url.embedded else [])]
    for module in needed:
        if importlib.util.find_spec(module) is None:
            name = module.replace("_", "-")
            raise RecordError(
                f"store {url} needs {name}, which is not installed: run `pip install {name}`, or "
                "`pip install .[milvus]` in the project's folder"
            )
