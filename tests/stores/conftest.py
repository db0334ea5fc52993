"""The three places that hold the same record: a folder, an embedded engine, a real server."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from index import progress
from index.generations import Generation
from index.location import Folder, Location, Store
from index.searchable import Searchable
from index.stores.engine import Engine
from index.stores.publish import publish
from index.stores.url import StoreUrl, parse
from tests.stores.records import DistinctEmbedder, build
from tests.stores.server import CannotRun, Server


@pytest.fixture(scope="package")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Questions are embedded as the records were; what is kept between starts is apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.search_index._query_embedder", lambda *_: DistinctEmbedder())
        patch.setattr("index.query_embedder.open_query_embedder", lambda *_: DistinctEmbedder())
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="package")
def generation(patched: None, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A local generation."""
    return build(tmp_path_factory.mktemp("record"))


@pytest.fixture(scope="package")
def index_folder(generation: Generation) -> Path:
    """The index that it is in."""
    return generation.folder.parent.parent


@pytest.fixture(scope="package")
def local(index_folder: Path) -> Iterator[Searchable]:
    """The record as a local index gives it: what the others are compared with."""
    opened = Folder(index_folder).open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server; a machine that cannot run it skips what needs it."""
    pytest.importorskip("pymilvus", reason="pymilvus is not installed")
    try:
        # A short path: that of a socket may have about a hundred letters.
        made = Server(tmp_path_factory.mktemp("s"))
        made.start()
    except CannotRun as reason:
        pytest.skip(f"no Milvus server: {reason}")
    yield made
    made.close()


@dataclass(frozen=True, slots=True)
class Place:
    """One engine, by its address up to the record's name."""

    kind: str
    address: str

    def url(self, record: str) -> StoreUrl:
        """A record in it."""
        return parse(f"{self.address}/{record}")

    def publish(self, generation: Generation, record: str, **options: object) -> int:
        """Publish and return how many rows were written."""
        engine = Engine(self.url(record))
        try:
            return publish(generation, engine, progress.Silent(), **options).written  # type: ignore[arg-type]
        finally:
            engine.close()


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an embedded engine."""
    for module in ("pymilvus", "milvus_lite"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    return f"milvus+lite://{tmp_path_factory.mktemp('lite')}/engine.db"


def place_of(kind: str, request: pytest.FixtureRequest) -> Place:
    """An engine of that kind; only what is asked for is started."""
    if kind == "server":
        return Place(kind, request.getfixturevalue("server").address)
    return Place(kind, request.getfixturevalue("lite"))


@pytest.fixture(scope="package", params=["lite", "server"])
def engine_place(request: pytest.FixtureRequest, patched: None) -> Place:
    """An engine."""
    return place_of(request.param, request)


@pytest.fixture(scope="package")
def store(engine_place: Place, generation: Generation) -> Iterator[Location]:
    """An engine with the record."""
    engine_place.publish(generation, "record")
    made = Store(engine_place.url("record"))
    yield made
    made.close()


@pytest.fixture(scope="package", params=["folder", "lite", "server"])
def searchable(
    request: pytest.FixtureRequest, index_folder: Path, generation: Generation
) -> Iterator[Searchable]:
    """The record, opened from each place."""
    location: Location = Folder(index_folder)
    if request.param != "folder":
        place = place_of(request.param, request)
        place.publish(generation, "record")
        location = Store(place.url("record"))
    opened = location.open()
    yield opened
    opened.close()
    location.close()
