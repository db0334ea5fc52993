"""Publishing in an engine: idempotent, resumed, switched in one step, and checked."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index import generations, progress, transfer
from index.errors import IndexCorrupt, IndexNotFound
from index.generations import Generation
from index.location import Location, Store
from index.searchable import PassageFilter, Searchable
from index.stores import layout, schema
from index.stores.engine import WRITE_S, Engine
from index.stores.files import StoredFiles
from index.stores.layout import Names
from index.stores.schema import VectorOptions
from tests.faults.processes import ROOT
from tests.stores.conftest import Place


def names_of(generation: Generation, record: str = "record") -> Names:
    return Names.of(record, generation.manifest.generation)


def test_same_generation_again_writes_nothing(
    store: Location, engine_place: Place, generation: Generation
) -> None:
    assert engine_place.publish(generation, "record") == 0


def test_only_rows_that_are_lost_or_damaged_are_written_again(
    store: Location, engine_place: Place, generation: Generation
) -> None:
    engine = Engine(engine_place.url("record"))
    names = names_of(generation)
    ids = [layout.passage_id(3), layout.passage_id(4)]
    engine.call("delete", names.passages, ids=ids, limit_s=WRITE_S)
    part = layout.part_id("file", "lexicon.json", 0)
    damaged = {"id": part, "data": "AAAA", "digest": "0" * 32, "vector": [1.0, 0.0]}
    engine.upsert(names.parts, [damaged])
    engine.close()
    assert engine_place.publish(generation, "record") == 3
    opened = store.open()
    assert [p.row for p in opened.passages([3, 4])] == [3, 4]
    opened.close()


def test_row_that_was_changed_is_never_answered_from(
    store: Location, engine_place: Place, generation: Generation
) -> None:
    engine = Engine(engine_place.url("record"))
    names = names_of(generation)
    identifier = layout.passage_id(6)
    # Of the sparse field an engine that has one is asked too, as an upsert replaces whole rows.
    fields = [*dict.fromkeys((*layout.PASSAGE_FIELDS, *layout.FILTERED))]
    fields += ["weights"] if engine.capabilities.sparse else []
    (row,) = engine.fetch(names.passages, [identifier], fields).values()
    changed = row | {"passage": row["passage"].replace("1", "2")}
    assert changed != row
    engine.upsert(names.passages, [changed])
    schema.settle(engine, {names.passages: generation.manifest.counts["passages"]})
    engine.call("query", names.passages, filter="", limit=1, consistency_level="Strong")
    opened = store.open()
    with pytest.raises(IndexCorrupt, match=r"row 0000000006 .* publish the record again"):
        opened.passages([6])
    opened.close()
    engine.upsert(names.passages, [row])
    engine.close()


def test_generation_without_its_manifest_is_not_opened(
    store: Location, engine_place: Place, generation: Generation
) -> None:
    engine = Engine(engine_place.url("record"))
    with pytest.raises(IndexNotFound, match="collection"):
        StoredFiles(engine, Names("record", "20200101T000000_000000Z_none"))
    engine.close()


def test_record_that_was_never_published_says_how(engine_place: Place) -> None:
    missing = Store(engine_place.url("nothing_here"))
    assert missing.stamp() is None
    with pytest.raises(IndexNotFound, match=r"index build CORPUS --store milvus\+"):
        missing.open()
    missing.close()


def test_exported_record_is_the_local_index_byte_for_byte(
    engine_place: Place, generation: Generation, tmp_path: Path
) -> None:
    engine_place.publish(generation, "record")
    url = engine_place.url("record")
    output = tmp_path / "moved.tar"
    manifest = transfer.export_store(url, output, progress.Silent())
    assert manifest == generation.manifest
    assert transfer.import_folder(output, tmp_path / "index") == generation.manifest
    imported = generations.current(tmp_path / "index")
    assert generations.verify(imported) == []
    for name in generation.manifest.files:
        assert imported.read(name) == generation.read(name)
    # And back into an engine: all that was exported is there already.
    assert transfer.import_store(output, url, progress.Silent())[1].written == 0


def test_large_record_is_searched_by_lists_and_a_filter_still_finds_all(
    engine_place: Place, generation: Generation, local: Searchable
) -> None:
    options = VectorOptions(above=50, recall=0.9)
    engine_place.publish(generation, "lists", options=options)
    place = Store(engine_place.url("lists"))
    opened = place.open()
    where = PassageFilter(published_from="2025-03-10")
    shares = []
    for word in ("whale", "lamp", "anchor", "tide", "cargo", "star", "rope", "reef"):
        vector = local.embedder.encode([word])[0]
        wanted = local.candidates(vector, (), 10, where).rows.tolist()
        assert opened.candidates(vector, (), 10, where).rows.tolist() == wanted
        nearest = set(local.candidates(vector, (), 10).rows.tolist())
        shares.append(len(nearest & set(opened.candidates(vector, (), 10).rows.tolist())) / 10)
    assert float(np.mean(shares)) >= 0.8
    opened.close()
    place.close()


ANOTHER_PROCESS = """
import sys
from index import query_embedder
from index.location import Store
from index.stores.url import parse
from tests.stores.records import DistinctEmbedder
query_embedder.open_query_embedder = lambda *_: DistinctEmbedder()
store = Store(parse(sys.argv[1]))
store.stamp()
print(store.open().passages([3])[0].text)
"""


def test_embedded_engine_is_read_by_a_process_that_did_not_publish(
    patched: None, tmp_path: Path, index_folder: Path, local: Searchable
) -> None:
    pytest.importorskip("milvus_lite", reason="milvus_lite is not installed")
    address = f"milvus+lite://{tmp_path}/own.db/record"
    publish = [sys.executable, "-m", "index", "import", str(index_folder), "--store", address]
    subprocess.run(publish, cwd=ROOT, check=True, timeout=120)
    read = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS, address],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert read.stdout.strip() == local.passages([3])[0].text, read.stderr[-2000:]
