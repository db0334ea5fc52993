"""The generations of a record in an engine: listed, verified, gone back to."""

import time
from pathlib import Path

import pytest

from index.__main__ import main
from index.errors import IndexCorrupt, IndexNotFound
from index.generations import Generation
from index.location import Store
from index.progress import Silent
from index.stores import history, layout
from index.stores.engine import WRITE_S, Engine
from index.stores.layout import Names
from tests.stores.conftest import Place
from tests.stores.records import build

RECORD = "history"
PATIENCE_S = 30


@pytest.fixture(scope="module")
def later(patched: None, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A generation built after the first one."""
    return build(tmp_path_factory.mktemp("later"))


@pytest.fixture
def both(engine_place: Place, generation: Generation, later: Generation) -> Place:
    """An engine with both, the later one in use."""
    engine_place.publish(generation, RECORD)
    engine_place.publish(later, RECORD)
    return engine_place


def address(place: Place) -> str:
    return str(place.url(RECORD))


def test_going_back_is_seen_by_services_and_can_be_undone(
    both: Place, generation: Generation, later: Generation, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = generation.manifest.generation, later.manifest.generation
    assert first < second
    assert main(["list", "--store", address(both)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:2] for line in lines] == ["  ", "* "]
    assert f"* {later.manifest.summary}" == lines[1]
    assert main(["rollback", "--store", address(both)]) == 0
    assert capsys.readouterr().out == f"current is now {first}\n"
    store = Store(both.url(RECORD))
    until = time.monotonic() + PATIENCE_S
    while store.current() != first and time.monotonic() < until:
        time.sleep(0.1)
    opened = store.open()
    assert opened.manifest.generation == first
    opened.close()
    store.close()
    # Publishing the later one again writes nothing but the alias.
    assert both.publish(later, RECORD) == 0


def test_before_the_first_generation_there_is_none(
    engine_place: Place, generation: Generation, capsys: pytest.CaptureFixture[str]
) -> None:
    engine_place.publish(generation, "only")
    address = str(engine_place.url("only"))
    assert main(["rollback", "--store", address]) == 1
    assert "no generation before the current one" in capsys.readouterr().err
    assert main(["verify", "--store", str(engine_place.url("nothing"))]) == 1
    assert "holds no record of that name" in capsys.readouterr().err


def test_verifying_reads_every_row(both: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--store", address(both)]) == 0
    assert "every row" in capsys.readouterr().out


def test_generation_that_was_not_published_wholly_is_listed_and_never_gone_back_to(
    both: Place, generation: Generation
) -> None:
    engine = Engine(both.url(RECORD))
    names = Names.of(RECORD, generation.manifest.generation)
    part = layout.part_id("file", "manifest.json", 0)
    (row,) = engine.fetch(names.parts, [part], ["id", "data", "digest", "vector"]).values()
    engine.call("delete", names.parts, ids=[part], limit_s=WRITE_S)
    until = time.monotonic() + PATIENCE_S
    while engine.fetch(names.parts, [part], ["digest"]) and time.monotonic() < until:
        time.sleep(0.1)
    try:
        first, second = history.listed(engine)
        assert first.manifest is None and "not published wholly" in first.reason
        assert second.current and second.manifest is not None
        with pytest.raises(IndexNotFound, match="not published wholly"):
            history.rollback(engine)
    finally:
        engine.upsert(names.parts, [row])
        engine.close()


def test_generation_that_lost_a_passage_is_not_gone_back_to(
    both: Place, generation: Generation
) -> None:
    engine = Engine(both.url(RECORD))
    names = Names.of(RECORD, generation.manifest.generation)
    engine.call("delete", names.passages, ids=[layout.passage_id(0)], limit_s=WRITE_S)
    until = time.monotonic() + PATIENCE_S
    while (
        engine.count(names.passages) == generation.manifest.counts["passages"]
        and time.monotonic() < until
    ):
        time.sleep(0.1)
    with pytest.raises(IndexCorrupt, match="import the generation again"):
        history.rollback(engine)
    engine.close()
    assert both.publish(generation, RECORD) == 1


def verify_for_a_while(engine: Engine) -> None:
    """What was written may be seen a moment later."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        history.verify(engine, Silent())


def test_damaged_row_is_found(both: Place, later: Generation) -> None:
    engine = Engine(both.url(RECORD))
    names = Names.of(RECORD, later.manifest.generation)
    part = layout.part_id("file", "lexicon.json", 0)
    (row,) = engine.fetch(names.parts, [part], ["id", "data", "digest", "vector"]).values()
    engine.upsert(names.parts, [{**row, "data": "AAAA"}])
    try:
        with pytest.raises(IndexCorrupt, match="lexicon"):
            verify_for_a_while(engine)
    finally:
        engine.upsert(names.parts, [row])
        engine.close()


def test_folder_and_engine_are_not_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["list", str(tmp_path), "--store", "milvus+http://localhost:1/x"])
    with pytest.raises(SystemExit):
        main(["list"])
