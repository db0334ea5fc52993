"""The main path of indexing: load, chunk, embed, store, publish."""

import datetime
import hashlib
import importlib.metadata
import itertools
import platform
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from index import encoders, generations, reader_models
from index.chunking import ChunkingOptions, passages_of
from index.embedding import Embedder
from index.encoders import Encoder
from index.errors import CorpusError, RecordError
from index.generations import Generation
from index.lexical_index import LexicalIndex, LexicalOptions
from index.lexicon import Lexicon
from index.loaders import Limits, Skipped
from index.manifest import FORMAT, Manifest, fingerprint
from index.models import ModelFiles, find_model
from index.progress import Progress, Silent
from index.reading import Reading
from index.record_store import RecordStore, RecordWriter
from index.types import Document
from index.vector_graph import GraphOptions, describe
from index.vector_sources import newest_made_alike, newest_of_model
from index.vectors import CACHE, clean_up, write_graph, write_vectors

LIBRARIES = ("sentence-transformers", "torch", "faiss-cpu", "numpy", "PyStemmer")


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Settings of an index. They are part of its fingerprint."""

    model: str = "all-MiniLM-L6-v2"
    reader: str = "record-reader-2"
    span_reader: str | None = None
    chunking: ChunkingOptions = ChunkingOptions()
    lexical: LexicalOptions = LexicalOptions()
    graph: GraphOptions = GraphOptions()
    strict: bool = field(default=False, metadata={"fingerprint": False})
    """Refuse to publish when any document cannot be used."""
    if_stale: bool = field(default=False, metadata={"fingerprint": False})
    """Do nothing when the current generation was built from the same corpus and settings."""
    limits: Limits = field(default=Limits(), metadata={"fingerprint": False})
    """What reading one file may take."""
    reuse: bool = field(default=True, metadata={"fingerprint": False})
    """Take over vectors and exports that were made alike; without it all is made anew."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    generation: Generation
    published: bool
    """False when the current generation was up to date."""
    problems: tuple[CorpusError, ...]
    skipped: tuple[Skipped, ...]
    embedded: int = 0
    """Texts that were embedded."""
    reused: int = 0
    """Vectors that were there already."""


EmbedderFactory = Callable[[ModelFiles], Embedder]


def build_index(
    corpora: Sequence[Path],
    output: Path,
    options: BuildOptions = BuildOptions(),
    progress: Progress | None = None,
    embedder_factory: EmbedderFactory | None = None,
) -> BuildReport:
    """Build a generation of the index at ``output`` from ``corpora`` and publish it.

    Only what no earlier generation or killed build has embedded is embedded, by the model of
    ``options`` or, for tests, by what ``embedder_factory`` gives.

    Raises CorpusError when nothing can be indexed, or with ``strict`` when any document cannot;
    ModelError when the model is missing or not the pinned one. Nothing is published then.
    """
    progress = progress or Silent()
    model = find_model(options.model)
    settings = _settings(options, model)
    if options.if_stale and (found := _up_to_date(corpora, output, options, settings, progress)):
        return found

    reading = Reading(corpora, options.limits, options.strict)
    documents = reading.documents()
    # Before anything is begun: there may be none, or what is strictly refused.
    documents = itertools.chain([next(documents)], documents)
    with generations.building(output) as folder, ThreadPoolExecutor(1) as beside:
        cache = output / CACHE
        if not options.reuse:
            shutil.rmtree(cache, ignore_errors=True)
        previous = newest_of_model(output, model.sha256) if options.reuse else None
        progress.stage("encoder", model.name)
        preparing = beside.submit(encoder_of, embedder_factory, model, folder, cache, previous)
        counts = write_record(documents, options, folder, progress)
        identity = fingerprint(settings, reading.digests)
        _write_lexical(options, folder)
        encoder = preparing.result()
        alike = newest_made_alike(output, model.sha256, encoder.facts) if options.reuse else None
        embedded = write_vectors(folder, cache, encoder, model.sha256, alike, progress)
        graph = write_graph(folder, counts["passages"], options.graph, alike, progress)
        reader_models.make_ready(options.reader, "reader", folder / "reader")
        if options.span_reader is not None:
            reader_models.make_ready(options.span_reader, "span_reader", folder / "span_reader")
        now = datetime.datetime.now(datetime.UTC)
        manifest = Manifest(
            format=FORMAT,
            generation=f"{now:%Y%m%dT%H%M%S.%fZ}-{identity[7:15]}-{secrets.token_hex(2)}",
            built_at=now.isoformat(timespec="seconds"),
            fingerprint=identity,
            settings=settings,
            model={
                "name": model.name,
                "sha256": model.sha256,
                "dim": embedded.dim,
                "export": encoder.export,
                "vectors": encoder.facts,
                "search": describe(graph),
            },
            reader=options.reader,
            span_reader=options.span_reader,
            counts=counts,
            languages=dict(reading.languages),
            libraries={"python": platform.python_version(), **_versions()},
            left_out=tuple(str(p) for p in reading.problems),
            files=_hashes(folder, encoder.hashes),
        )
        progress.stage("publish", manifest.generation)
        generation = generations.publish(output, folder, manifest)
        clean_up(cache, encoder)
    return BuildReport(
        generation,
        True,
        tuple(reading.problems),
        tuple(reading.skipped),
        embedded.made,
        embedded.reused,
    )


def write_record(
    documents: Iterable[Document], options: BuildOptions, folder: Path, progress: Progress
) -> dict[str, int]:
    """Cut ``documents`` and write ``record.sqlite``; return how many of what it holds."""
    with (
        RecordWriter(folder / "record.sqlite") as writer,
        progress.task("read", None) as advance,
    ):
        for document in documents:
            writer.add(document, passages_of(document, options.chunking, writer.passages))
            advance(1)
    return {"documents": writer.documents, "passages": writer.passages}


def encoder_of(
    factory: EmbedderFactory | None,
    model: ModelFiles,
    folder: Path,
    cache: Path,
    previous: Generation | None,
) -> Encoder:
    """What makes the vectors; see ``encoders.prepare``."""
    if factory is None:
        return encoders.prepare(model, folder, cache, previous)
    embedder = factory(model)
    return Encoder({"method": type(embedder).__qualname__}, None, lambda: embedder)


def _write_lexical(options: BuildOptions, folder: Path) -> None:
    store = RecordStore(folder / "record.sqlite")
    try:
        index = LexicalIndex.build((text for text, _ in store.texts()), options.lexical)
        index.write(folder / "lexical")
        lexicon = Lexicon.build(store.document_texts())
        (folder / "lexicon.json").write_bytes(lexicon.to_bytes())
    finally:
        store.close()


def _settings(options: BuildOptions, model: ModelFiles) -> dict[str, Any]:
    return {
        "model": model.name,
        "model_sha256": model.sha256,
        "reader": options.reader,
        "reader_sha256": find_model(options.reader, onnx=True).sha256,
        "span_reader": options.span_reader,
        "span_reader_sha256": options.span_reader
        and find_model(options.span_reader, onnx=True).sha256,
        "chunking": asdict(options.chunking),
        "lexical": asdict(options.lexical),
        "graph": asdict(options.graph),
    }


def _up_to_date(
    corpora: Sequence[Path],
    output: Path,
    options: BuildOptions,
    settings: Mapping[str, Any],
    progress: Progress,
) -> BuildReport | None:
    """The report of a build that has nothing to do, or None when there is something."""
    reading = Reading(corpora, options.limits, options.strict)
    with progress.task("look", None) as advance:
        for _ in reading.documents():
            advance(1)
    try:
        existing = generations.current(output)
    except RecordError:
        return None
    identity = fingerprint(settings, reading.digests)
    if existing.manifest.fingerprint != identity or generations.verify(existing):
        return None
    return BuildReport(existing, False, tuple(reading.problems), tuple(reading.skipped))


def _hashes(folder: Path, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name in known:
            files[name] = known[name]
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            files[name] = {"sha256": digest, "bytes": file.tell()}
    return files


def _versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
