"""The collections of a generation in an engine: made, indexed, loaded, counted and dropped."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.errors import StoreUnavailable
from index.stores import layout
from index.stores.engine import WRITE_S, Engine, StoreRefused
from index.stores.layout import LONGEST, Names

log = logging.getLogger(__name__)

SETTLE_S = 600.0
"""Longest wait for the engine to have indexed and loaded what was written."""


@dataclass(frozen=True, slots=True)
class VectorOptions:
    """How passages' vectors are searched."""

    above: int = 50_000
    """Passages up to which every vector is compared; beyond, lists of like vectors are."""
    recall: float = 0.95
    """Share of the ten nearest that must be found on the average without a filter."""


def make(engine: Engine, names: Names, dim: int, passages: int, options: VectorOptions) -> bool:
    """Make and load what is missing of the three collections; True when all of it was."""

    def one(name: str) -> bool:
        indexes = _indexes(engine, name == names.passages, passages, options)
        if not engine.call("has_collection", name, limit_s=WRITE_S):
            engine.call(
                "create_collection",
                name,
                schema=_schema(engine, name, names, dim),
                index_params=indexes,
                num_shards=1,
                consistency_level="Bounded",
                limit_s=WRITE_S,
            )
            return True
        if "Loaded" not in str(engine.call("get_load_state", name)["state"]):
            # A publisher was killed between making it and loading it; both may be done again.
            engine.call("create_index", name, indexes, limit_s=WRITE_S)
            engine.call("load_collection", name, limit_s=WRITE_S)
        return False

    # Each waits seconds for the engine to load what it made.
    with ThreadPoolExecutor(len(names.all)) as pool:
        return all(list(pool.map(one, names.all)))


def settle(engine: Engine, counts: dict[str, int]) -> None:
    """Wait until every reader sees ``counts`` rows in each collection, and they are indexed.

    Raises StoreUnavailable when that takes more than ten minutes.
    """
    end = time.monotonic() + SETTLE_S

    def one(name: str) -> None:
        engine.call("flush", name, limit_s=WRITE_S)
        while (found := engine.count(name)) != counts[name] or _pending(engine, name):
            if time.monotonic() > end:
                raise StoreUnavailable(
                    f"store {engine.url}: {name} has {found} rows for readers, not "
                    f"{counts[name]}, or is not indexed yet: publish again later, what was "
                    "written is kept"
                )
            time.sleep(0.25)

    with ThreadPoolExecutor(len(counts)) as pool:
        list(pool.map(one, counts))


def switch(engine: Engine, names: Names) -> None:
    """Point the record's alias at this generation, in one step."""
    try:
        engine.call("alter_alias", names.passages, engine.url.record, limit_s=WRITE_S)
    except StoreRefused:
        engine.call("create_alias", names.passages, engine.url.record, limit_s=WRITE_S)


def generations(engine: Engine) -> list[Names]:
    """Those of the record that there is any collection of, the oldest first."""
    collections = engine.call("list_collections", limit_s=WRITE_S)
    found = {Names.of_collection(engine.url.record, name) for name in collections}
    return sorted((one for one in found if one is not None), key=lambda one: one.slug)


def drop_old(engine: Engine, current: Names, keep: int) -> None:
    """Drop the generations before ``current`` but the newest, so that ``keep`` stay with it.

    Later ones stay: another publisher may be writing them.
    """
    older = [one for one in generations(engine) if one.slug < current.slug]
    for names in older[: max(0, len(older) - (keep - 1))]:
        for name in names.all:
            engine.call("drop_collection", name, limit_s=WRITE_S)
        log.info("dropped %s from %s", names.slug, engine.url)


def _schema(engine: Engine, name: str, names: Names, dim: int) -> Any:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)

    def text(field: str, longest: int = LONGEST, key: bool = False) -> None:
        schema.add_field(field, DataType.VARCHAR, max_length=longest, is_primary=key)

    def number(field: str) -> None:
        schema.add_field(field, DataType.INT64)

    text("id", 256, key=True)
    text("digest", 32)
    if name == names.passages:
        for field in (*layout.FILTERED, "passage", "sentences", "terms", "continued"):
            text(field)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
        if engine.capabilities.sparse:
            schema.add_field("weights", DataType.SPARSE_FLOAT_VECTOR)
        return schema
    text("data")
    if name == names.documents:
        for field in layout.FILTERED:
            text(field)
        for field in ("number", "part", "parts", "first_row", "end_row"):
            number(field)
    # The engine refuses a collection without a vector; this one is never searched.
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    return schema


def _indexes(engine: Engine, of_passages: bool, passages: int, options: VectorOptions) -> Any:
    from pymilvus import MilvusClient

    found = MilvusClient.prepare_index_params()
    kind: dict[str, Any] = {"index_type": "FLAT"}
    if of_passages and passages > options.above:
        # Unlike a graph, lists can be compared one and all, which a filtered search needs.
        kind = {"index_type": "IVF_FLAT", "params": {"nlist": lists(passages)}}
    found.add_index("vector", metric_type="IP", index_name="vector", **kind)
    if of_passages and engine.capabilities.sparse:
        found.add_index(
            "weights",
            index_type="SPARSE_INVERTED_INDEX",
            metric_type="IP",
            index_name="weights",
        )
    return found


def lists(passages: int) -> int:
    """Lists of like vectors: four times the root, as FAISS's authors advise."""
    return min(65_536, max(1, round(4 * float(np.sqrt(passages)))))


def _pending(engine: Engine, name: str) -> bool:
    if engine.url.embedded:
        return False
    facts = engine.call("describe_index", name, index_name="vector")
    return bool(facts and int(facts.get("pending_index_rows", 0)) > 0)
