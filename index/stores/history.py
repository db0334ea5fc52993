"""The generations of a record in an engine: listed, verified, and gone back to."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.errors import IndexCorrupt, IndexNotFound, RecordError
from index.manifest import Manifest
from index.progress import Progress
from index.stores import schema
from index.stores.download import download
from index.stores.engine import Engine
from index.stores.files import StoredFiles
from index.stores.layout import Names


@dataclass(frozen=True, slots=True)
class Listed:
    """One generation, the one in use or another."""

    slug: str
    """Its part of the collections' names."""
    current: bool
    manifest: Manifest | None
    """None when it cannot be used, for ``reason``."""
    reason: str = ""


def listed(engine: Engine) -> Iterator[Listed]:
    """Every generation that the engine holds of the record, the oldest first."""
    now = _current(engine)
    for names in schema.generations(engine):
        try:
            manifest = StoredFiles(engine, names).manifest
        except RecordError as error:
            yield Listed(names.slug, names == now, None, str(error))
        else:
            yield Listed(names.slug, names == now, manifest)


def verify(engine: Engine, progress: Progress) -> Manifest:
    """Read every row of the current generation and compare it with its digest and the manifest.

    Needs the disk space of an export. Raises IndexNotFound, or IndexCorrupt naming what is damaged.
    """
    now = _current(engine)
    if now is None:
        raise IndexNotFound(f"store {engine.url} holds no record of that name")
    with tempfile.TemporaryDirectory(prefix="ask-the-record-") as folder:
        # Nothing from this machine's cache: what the engine holds is looked at.
        places = Path(folder) / "generation", Path(folder) / "cache"
        return download(engine, now, places[0], progress, places[1]).manifest


def rollback(engine: Engine) -> Manifest:
    """Go back to the generation before the current one, if it was published wholly.

    Services follow within a second. Raises IndexNotFound when there is none, IndexCorrupt when it
    is damaged.
    """
    now = _current(engine)
    older = [one for one in schema.generations(engine) if now is not None and one.slug < now.slug]
    if not older:
        raise IndexNotFound(f"store {engine.url} holds no generation before the current one")
    manifest = StoredFiles(engine, older[-1]).manifest
    found, stated = engine.count(older[-1].passages), manifest.counts["passages"]
    if found != stated:
        raise IndexCorrupt(
            f"store {engine.url}: {older[-1].passages} has {found} rows, not {stated}: cannot go "
            "back to it; import the generation again"
        )
    schema.switch(engine, older[-1])
    return manifest


def _current(engine: Engine) -> Names | None:
    return Names.of_collection(engine.url.record, engine.aliased() or "")
