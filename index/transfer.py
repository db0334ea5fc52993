"""Moving a generation between folders, archives and engines; nothing is embedded again."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index import generations
from index.errors import IndexCorrupt, IndexMismatch, IndexNotFound, RecordError
from index.generations import MANIFEST, Generation
from index.location import Store
from index.manifest import Manifest, OtherFormatError
from index.progress import Progress
from index.stores.download import download
from index.stores.engine import Engine
from index.stores.publish import Published, publish
from index.stores.url import StoreUrl

ARCHIVE = ".tar"


def export_folder(index: Path, output: Path) -> Manifest:
    """Copy the current generation of a local index to ``output``, a folder or a .tar file.

    Every file is verified as it is copied. Raises RecordError when ``output`` is there already,
    IndexNotFound, or IndexCorrupt.
    """
    generation = generations.current(index)
    with _written(output) as folder, generation.hold():
        for name in generation.manifest.files:
            generation.copy(name, folder / name)
        (folder / MANIFEST).write_bytes(generation.manifest.to_json())
    return generation.manifest


def export_store(url: StoreUrl, output: Path, progress: Progress) -> Manifest:
    """Write the current generation of a record in an engine to ``output``; see ``download``."""
    engine = Engine(url)
    store = Store(url)
    try:
        names = store.names()
        with _written(output) as folder:
            return download(engine, names, folder, progress).manifest
    finally:
        store.close()
        engine.close()


def import_folder(source: Path, index: Path) -> Manifest:
    """Publish what was exported as the current generation of the local index ``index``."""
    with opened(source) as generation, generations.building(index) as folder:
        for name in generation.manifest.files:
            generation.copy(name, folder / name)
        name = generation.manifest.generation
        if (index / "generations" / name).exists():
            generations.switch(index, name)
            found = generations.current(index)
            if problems := generations.verify(found):
                raise IndexCorrupt(f"{index} has {name} already, and damaged: {problems[0]}")
            return found.manifest
        return generations.publish(index, folder, generation.manifest).manifest


def import_store(source: Path, url: StoreUrl, progress: Progress) -> tuple[Manifest, Published]:
    """Publish what was exported, or the current generation of an index, in an engine."""
    with opened(source) as generation:
        return generation.manifest, publish_to(generation, url, progress)


def publish_to(generation: Generation, url: StoreUrl, progress: Progress) -> Published:
    """Publish a generation in an engine; see ``index.stores.publish``."""
    engine = Engine(url)
    try:
        return publish(generation, engine, progress)
    finally:
        engine.close()


@contextmanager
def opened(source: Path) -> Iterator[Generation]:
    """The generation in ``source``: an index, an exported folder, or an exported .tar file.

    Its files are verified where they are used. Raises RecordError with what was expected.
    """
    if source.is_file() and tarfile.is_tarfile(source):
        with tempfile.TemporaryDirectory(prefix="ask-record-import-") as folder:
            with tarfile.open(source) as archive:
                try:
                    # Names that lead out of the folder, links and devices are refused.
                    archive.extractall(folder, filter="data")
                except tarfile.TarError as error:
                    raise RecordError(f"{source} is no exported generation: {error}") from error
            yield _exported(Path(folder), source)
    elif (source / generations.CURRENT).is_file():
        yield generations.current(source)
    else:
        yield _exported(source, source)


def _exported(folder: Path, source: Path) -> Generation:
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise IndexNotFound(
            f"{source} holds no generation ({error.strerror}): give an index, or what "
            "`python -m index export` wrote"
        ) from error
    except OtherFormatError as error:
        raise IndexMismatch(f"{source} {error}: export it again with this version") from error
    except ValueError as error:
        raise IndexCorrupt(f"{source}: {MANIFEST}: {error}: export it again") from error
    return Generation(folder, manifest)


@contextmanager
def _written(output: Path) -> Iterator[Path]:
    """A folder to write to; it becomes ``output`` in one step, when all has gone well."""
    if output.exists():
        raise RecordError(f"{output} is there already: choose another name or remove it")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ask-record-export-", dir=output.parent) as name:
        folder = Path(name) / "generation"
        folder.mkdir()
        yield folder
        if output.suffix == ARCHIVE:
            packed = Path(name) / "packed"
            with tarfile.open(packed, "w") as archive:
                for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                    archive.add(path, path.relative_to(folder).as_posix())
            packed.replace(output)
        else:
            shutil.move(folder, output)
