"""The commands export and import, and what --store adds to a build."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index import progress
from index.stores.url import FORMS, StoreUrl, parse

if TYPE_CHECKING:
    from index.generations import Generation
    from index.stores.engine import Engine


def add_store(sub: argparse.ArgumentParser, text: str) -> None:
    """The option ``--store``."""
    sub.add_argument("--store", metavar="URL", help=f"{text}: {FORMS}")


def add_export(sub: argparse.ArgumentParser) -> None:
    """The options of ``export``."""
    place = sub.add_mutually_exclusive_group(required=True)
    place.add_argument("--index", type=Path, metavar="DIR", help="folder of the index")
    place.add_argument("--store", metavar="URL", help=f"record in an engine: {FORMS}")
    sub.add_argument(
        "--output", "-o", required=True, type=Path, metavar="PATH", help="folder, or file NAME.tar"
    )


def add_import(sub: argparse.ArgumentParser) -> None:
    """The options of ``import``."""
    sub.add_argument("source", type=Path, metavar="PATH", help="an index, or what export wrote")
    place = sub.add_mutually_exclusive_group(required=True)
    place.add_argument("--output", "-o", type=Path, metavar="DIR", help="folder of the index")
    place.add_argument("--store", metavar="URL", help=f"record in an engine: {FORMS}")


def run_export(arguments: argparse.Namespace) -> int:
    """Write the current generation to a folder or an archive."""
    from index import transfer

    if arguments.store is None:
        manifest = transfer.export_folder(arguments.index, arguments.output)
    else:
        shown = progress.for_stream()
        manifest = transfer.export_store(parse(arguments.store), arguments.output, shown)
    print(
        f"exported {manifest.generation} to {arguments.output}: "
        f"{manifest.counts['documents']} documents, {manifest.counts['passages']} passages"
    )
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Publish what was exported, in a folder or an engine."""
    from index import transfer

    if arguments.store is None:
        manifest = transfer.import_folder(arguments.source, arguments.output)
        print(f"published {manifest.generation} in {arguments.output}")
        return 0
    url = parse(arguments.store)
    shown = progress.for_stream()
    manifest, found = transfer.import_store(arguments.source, url, shown)
    print(
        f"published {manifest.generation} in {url}: {found.written} of {found.total} rows written"
    )
    return 0


def builds_for(url: StoreUrl) -> Path:
    """Where a build for an engine keeps its own files, so that the next one is quick."""
    from index.stores.files import cache_folder

    place = "".join(c if c.isalnum() else "_" for c in str(url))
    return cache_folder() / "builds" / place


def publish_build(generation: "Generation", url: StoreUrl) -> None:
    """Publish a build in an engine, and say so."""
    from index import transfer

    found = transfer.publish_to(generation, url, progress.for_stream())
    name = generation.manifest.generation
    print(f"published {name} in {url}: {found.written} of {found.total} rows written", flush=True)


def verify_store(url: StoreUrl) -> int:
    """Read and compare every row of a record in an engine."""
    from index.stores import history

    with _connected(url) as engine:
        manifest = history.verify(engine, progress.for_stream())
    print(f"{manifest.generation} in {url}: every row and {len(manifest.files)} files are whole")
    return 0


def list_store(url: StoreUrl) -> int:
    """List the generations of a record in an engine."""
    from index.stores import history

    with _connected(url) as engine:
        for one in history.listed(engine):
            mark = "*" if one.current else " "
            if one.manifest is None:
                print(f"{mark} {one.slug}  cannot be used: {one.reason}")
            else:
                print(f"{mark} {one.manifest.summary}")
    return 0


def rollback_store(url: StoreUrl) -> int:
    """Go back to the generation before the current one."""
    from index.stores import history

    with _connected(url) as engine:
        print(f"current is now {history.rollback(engine).generation}")
    return 0


@contextmanager
def _connected(url: StoreUrl) -> Iterator["Engine"]:
    from index.stores.engine import Engine

    engine = Engine(url)
    try:
        yield engine
    finally:
        engine.close()
