"""The files of a generation in an engine, verified against its manifest and kept by their hash."""

import base64
import binascii
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.errors import IndexCorrupt, IndexMismatch, IndexNotFound
from index.generations import MANIFEST
from index.manifest import Manifest, OtherFormatError
from index.stores import layout
from index.stores.engine import WRITE_S, Engine
from index.stores.filters import All, Compare
from index.stores.layout import Names
from index.stores.publish import FACTS

log = logging.getLogger(__name__)

PARTS_AT_ONCE = 64
"""About 4 MB."""


def cache_folder() -> Path:
    """Where files that are large and never change are kept between starts."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "ask-the-record"


class StoredFiles:
    """The files of one generation, read once from the engine and then from the disk."""

    def __init__(self, engine: Engine, names: Names, cache: Path | None = None) -> None:
        """Raises IndexNotFound when the generation is not, or not wholly, in the engine."""
        self.names = names
        self._engine = engine
        self._cache = (cache or cache_folder()) / "files"
        engine.load(names.all)
        data = self._whole(MANIFEST, list(self._unbounded(MANIFEST)))
        try:
            self.manifest = Manifest.from_json(data)
        except OtherFormatError as error:
            raise IndexMismatch(f"{names.parts} {error}: publish the record again") from error
        except ValueError as error:
            raise IndexCorrupt(f"{names.parts}: manifest: {error}: publish again") from error
        if Names.of(names.record, self.manifest.generation) != names:
            raise IndexCorrupt(f"{names.parts} belongs to {self.manifest.generation}")

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises IndexCorrupt when they are not the published ones."""
        facts = self.manifest.files.get(name)
        if facts is None:
            raise IndexCorrupt(f"{self.names.parts}: {name} is not in the manifest")
        kept = self._cache / str(facts["sha256"])
        data = _bytes_of(kept)
        if data is None or hashlib.sha256(data).hexdigest() != facts["sha256"]:
            count = layout.blob_part_count(int(facts["bytes"]))
            data = self._whole(name, [layout.part_id("file", name, n) for n in range(count)])
            if hashlib.sha256(data).hexdigest() != facts["sha256"]:
                raise IndexCorrupt(
                    f"{self.names.parts}: {name} does not have the SHA-256 that the manifest says: "
                    "publish the record again"
                )
            _keep(kept, data)
        return data

    def facts(self) -> dict[str, Any]:
        """What was measured when the generation was published."""
        found: dict[str, Any] = json.loads(self._whole(FACTS, list(self._unbounded(FACTS))))
        return found

    def _unbounded(self, name: str) -> Iterator[str]:
        """The ids of all parts of a file whose length is not known."""
        first = layout.part_id("file", name, 0)
        bounds = (Compare("id", ">=", first), Compare("id", "<", f"file/{name}0"))
        found = self._engine.rows(self.names.parts, All(bounds), ["digest"], limit_s=WRITE_S)
        if not found:
            raise IndexNotFound(
                f"store {self._engine.url}: {self.names.slug} was not published wholly: publish "
                "the record again with `python -m index import`"
            )
        return iter(sorted(str(row["id"]) for row in found))

    def _whole(self, name: str, ids: list[str]) -> bytes:
        data = []
        for first in range(0, len(ids), PARTS_AT_ONCE):
            some = ids[first : first + PARTS_AT_ONCE]
            rows = self._engine.fetch(self.names.parts, some, layout.PART_FIELDS, limit_s=WRITE_S)
            for one in some:
                if one not in rows:
                    raise IndexCorrupt(f"{self.names.parts}: a part of {name} is missing: {one}")
                layout.check(rows[one], layout.part_digest(rows[one]))
                data.append(_decoded(rows[one]["data"], name))
        return b"".join(data)


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise IndexCorrupt(f"{name} in the store is damaged: {error}") from error


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _keep(path: Path, data: bytes) -> None:
    """Keep a file for the next start. Where that is not possible, it is fetched again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)
    except OSError as error:
        log.info("%s is not kept: %s", path, error)
