"""Where a record is published: a folder here, or an engine that many services share."""

from pathlib import Path
from typing import Protocol

from index import generations
from index.errors import IndexNotFound
from index.search_index import open_index
from index.searchable import Searchable
from index.stores.engine import Engine
from index.stores.files import StoredFiles
from index.stores.layout import Names
from index.stores.record import EngineRecord
from index.stores.url import StoreUrl


class Location(Protocol):
    """A place from which generations are opened, and that names the current one."""

    folder: Path
    """Where a calibration of the record's own may lie."""
    interval_s: float
    """Seconds between two looks at ``stamp`` at the least."""

    def stamp(self) -> object:
        """What changes whenever something is published; None while nothing is.

        Raises StoreUnavailable when an engine does not answer.
        """
        ...

    def current(self) -> str:
        """The name of the current generation. Raises IndexNotFound, or another RecordError."""
        ...

    def open(self, generation: str | None = None) -> Searchable:
        """Open the generation of that name; without one, the current.

        Raises IndexNotFound, IndexCorrupt, IndexMismatch, ModelError or StoreUnavailable.
        """
        ...

    def close(self) -> None:
        """Release the connection, if there is one; what was opened stays open."""
        ...


class Folder:
    """An index on a disk of this machine."""

    interval_s = 0.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stamp(self) -> object:
        """See ``Location``. Changes whenever ``CURRENT`` is written."""
        try:
            status = (self.folder / generations.CURRENT).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def current(self) -> str:
        """The name in ``CURRENT``."""
        return generations.current_name(self.folder)

    def open(self, generation: str | None = None) -> Searchable:
        """See ``Location``. Instead of a damaged current one, an older one is opened."""
        return open_index(self.folder, generation)

    def close(self) -> None:
        """Nothing is held."""


class Store:
    """A record in an engine; its alias names the current generation."""

    interval_s = 1.0

    def __init__(self, url: StoreUrl, folder: Path = Path("index-data")) -> None:
        """Raises RecordError with the remedy when the client's library is not installed."""
        self.folder = folder
        self._url = url
        self._engine = Engine(url)

    def stamp(self) -> object:
        """See ``Location``. Also asks for one row, so that it tells whether searches work."""
        collection = self._engine.aliased()
        if collection is not None:
            self._engine.load([collection])
            self._engine.fetch(collection, ["0000000000"], ["digest"])
        return collection

    def current(self) -> str:
        """The name of the generation that the alias points at."""
        return StoredFiles(self._engine, self.names()).manifest.generation

    def open(self, generation: str | None = None) -> Searchable:
        """See ``Location``. What is opened has a connection of its own."""
        record = self._url.record
        names = self.names() if generation is None else Names.of(record, generation)
        engine = Engine(self._url)
        try:
            return EngineRecord(engine, names)
        except BaseException:
            engine.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._engine.close()

    def names(self) -> Names:
        """The collections of the current generation. Raises IndexNotFound with the remedy."""
        collection = self._engine.aliased()
        names = Names.of_collection(self._url.record, collection or "")
        if names is None:
            raise IndexNotFound(
                f"store {self._url} holds no record of that name: publish one with "
                f"`python -m index build CORPUS --store {self._url}`"
            )
        return names
