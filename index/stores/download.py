"""A generation out of an engine into a folder of files, without embedding anything again."""

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import IndexCorrupt
from index.generations import MANIFEST, Generation
from index.manifest import Manifest
from index.progress import Progress
from index.record_store import RecordWriter
from index.stores import layout
from index.stores.engine import WRITE_S, Engine, Row
from index.stores.files import StoredFiles
from index.stores.filters import All, Compare
from index.stores.layout import Names
from index.stores.publish import REBUILT
from index.stores.record import continue_values, read_documents
from index.types import Document, Passage
from index.vector_index import VectorIndex

DOCUMENTS_AT_ONCE = 50
PASSAGES_AT_ONCE = 512


def download(
    engine: Engine, names: Names, folder: Path, progress: Progress, cache: Path | None = None
) -> Generation:
    """Write the generation's files and its manifest to ``folder``, which must be empty.

    Files that lie in ``cache``, by default that of this machine, are not fetched again.

    Every document is checked against its SHA-256 and every file against the manifest. Only the
    SQLite file may differ from the published one, byte by byte but not in what it holds: another
    version of SQLite lays the same rows out in another way. Raises IndexCorrupt.
    """
    files = StoredFiles(engine, names, cache)
    manifest = files.manifest
    for name in manifest.files:
        if name not in REBUILT:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(files.read(name))
    with progress.task("fetch", manifest.counts["passages"]) as advance:
        rebuilt = _Rebuilt(folder, manifest)
        with rebuilt.store:
            for document, rows in _documents(engine, names, manifest):
                rebuilt.add(document, rows)
                advance(len(rows))
        rebuilt.finish()
    stated = {**manifest.files, "record.sqlite": _facts(folder / "record.sqlite")}
    for name in sorted(REBUILT - {"record.sqlite"}):
        if _facts(folder / name) != manifest.files[name]:
            raise IndexCorrupt(
                f"store {engine.url}: {name} of {manifest.generation} is not what was published: "
                "publish the record again"
            )
    whole = dataclasses.replace(manifest, files=stated)
    (folder / MANIFEST).write_bytes(whole.to_json())
    return Generation(folder, whole)


class _Rebuilt:
    """The files whose content lies in rows."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        (folder / "lexical").mkdir(exist_ok=True)
        self.store = RecordWriter(folder / "record.sqlite")
        self._folder = folder
        self._vectors = VectorIndex.empty(int(manifest.model["dim"]))
        self._sentences: list[npt.NDArray[np.float16]] = []
        self._terms: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]] = []

    def add(self, document: Document, rows: list[Row]) -> None:
        dim = self._vectors.dim
        passages: list[Passage] = [layout.passage_of(row) for row in rows]
        if any(document.text[p.start : p.end] != p.text for p in passages):
            raise IndexCorrupt(f"a passage of {document.doc_id} is not a part of its text")
        self.store.add(document, passages)
        if rows:
            self._vectors.add(np.asarray([row["vector"] for row in rows], dtype=np.float32))
        for row in rows:
            self._sentences.append(layout.from_text(row["sentences"], "<f2").reshape(-1, dim))
            self._terms.append(layout.terms_of(row))

    def finish(self) -> None:
        with (self._folder / "passages.faiss").open("wb") as file:
            self._vectors.write(file)
        np.save(self._folder / "sentences.npy", np.concatenate(self._sentences))
        numbers = np.concatenate([numbers for numbers, _ in self._terms])
        weights = np.concatenate([weights for _, weights in self._terms])
        owners = np.repeat(np.arange(len(self._terms)), [len(n) for n, _ in self._terms])
        order = np.argsort(numbers, kind="stable")
        rows = owners[order].astype(np.int32)
        np.save(self._folder / "lexical" / "scores.npy", weights[order].astype(np.float32))
        np.save(self._folder / "lexical" / "rows.npy", rows)


def _documents(
    engine: Engine, names: Names, manifest: Manifest
) -> Iterator[tuple[Document, list[Row]]]:
    """Each document with the rows of its passages, in the order of the corpus."""
    total, expected = manifest.counts["documents"], 0
    for first in range(0, total, DOCUMENTS_AT_ONCE):
        last = min(total, first + DOCUMENTS_AT_ONCE)
        bounds = (Compare("number", ">=", first), Compare("number", "<", last))
        condition = All((*bounds, Compare("part", "==", 0)))
        fields = ["number", "parts", "first_row", "end_row"]
        heads = engine.rows(names.documents, condition, fields, limit_s=WRITE_S)
        heads.sort(key=lambda row: int(row["number"]))
        if [int(head["number"]) for head in heads] != list(range(first, last)):
            raise IndexCorrupt(f"{names.documents}: some of {first} to {last} are missing")
        numbers = [(int(head["number"]), int(head["parts"])) for head in heads]
        found = read_documents(engine, names, numbers)
        for (_, document), head in zip(found, heads, strict=True):
            begin, end = int(head["first_row"]), int(head["end_row"])
            if begin != expected:
                raise IndexCorrupt(f"{names.documents}: {document.doc_id} begins at {begin}")
            expected = end
            yield document, list(_passages(engine, names, begin, end))
    if expected != manifest.counts["passages"]:
        raise IndexCorrupt(f"{names.passages}: {expected} passages, not what the manifest says")


def _passages(engine: Engine, names: Names, begin: int, end: int) -> Iterator[Row]:
    for first in range(begin, end, PASSAGES_AT_ONCE):
        ids = [layout.passage_id(row) for row in range(first, min(end, first + PASSAGES_AT_ONCE))]
        found = engine.fetch(names.passages, ids, layout.PASSAGE_FIELDS, limit_s=WRITE_S)
        for one in ids:
            if one not in found:
                raise IndexCorrupt(f"{names.passages}: row {one} is missing: publish again")
            layout.check(found[one], layout.passage_digest(found[one]))
        continue_values(engine, names, list(found.values()))
        yield from (found[one] for one in ids)


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": digest, "bytes": file.tell()}
