"""Commands of the index: build, embed, verify, list, rollback."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from index import command_options, embed_command
from index.errors import RecordError
from index.stores.url import FORMS, parse
from index.transfer_commands import (
    add_export,
    add_import,
    add_store,
    builds_for,
    list_store,
    publish_build,
    rollback_store,
    run_export,
    run_import,
    verify_store,
)

if TYPE_CHECKING:
    from index.build import BuildReport

EPILOG = """examples:
  python -m index build docs_corpus --output index-data
  python -m index build reports/ minutes.jsonl --output index-data --strict
  python -m index build reports/ --output index-data --watch
  python -m index build reports/ --store milvus+http://localhost:19530/reports
  python -m index verify index-data
  python -m index embed reports/ --output index-data --ray auto
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return 0 on success, 1 on a failed check, 2 on wrong usage."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except RecordError as error:
        if arguments.debug:
            raise
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        if arguments.debug:
            raise
        print(f"error: {error.filename or 'disk'}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted: nothing was published", file=sys.stderr)
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show a traceback on an error")
    parser = argparse.ArgumentParser(
        prog="python -m index",
        description="Build and look after the search index of a record.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str, example: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            parents=[common],
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=f"example:\n  python -m index {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(run=run)
        return sub

    build = command(
        "build", _build, "build a generation of the index", "build docs_corpus --output index-data"
    )
    build.add_argument(
        "corpora",
        nargs="+",
        type=Path,
        metavar="CORPUS",
        help="a folder, a document, or an archive of documents",
    )
    build.add_argument(
        "--output",
        "-o",
        type=Path,
        metavar="DIR",
        help="folder of the index, made if missing; with --store it may be left out",
    )
    add_store(build, "engine to publish the index in, beside the folder")
    build.add_argument(
        "--strict", action="store_true", help="publish nothing when a document cannot be used"
    )
    build.add_argument(
        "--if-stale", action="store_true", help="do nothing when the index is up to date"
    )
    build.add_argument(
        "--full",
        action="store_true",
        help="embed every passage again instead of only what changed since the last build",
    )
    build.add_argument(
        "--watch",
        action="store_true",
        help="stay, and build again whenever the corpus changes; end with Ctrl-C",
    )
    build.add_argument(
        "--settle",
        type=command_options.seconds,
        default=2.0,
        metavar="S",
        help="with --watch, seconds without a change before a build (default: %(default)g)",
    )
    command_options.add_passages(build)
    build.add_argument(
        "--reader",
        default="record-reader-2",
        metavar="NAME",
        help="our own reader, or a cross-encoder, or its folder (default: %(default)s)",
    )
    build.add_argument(
        "--span-reader",
        metavar="NAME",
        help="extractive question answering model, or its folder, beside a cross-encoder",
    )
    build.add_argument(
        "--exact-up-to",
        type=command_options.positive,
        default=50_000,
        metavar="N",
        help="passages up to which every vector is compared (default: %(default)s); beyond, a "
        "graph is searched",
    )
    build.add_argument(
        "--recall",
        type=command_options.share,
        default=0.95,
        metavar="X",
        help="share of the ten nearest passages that the graph must find (default: %(default)s)",
    )
    command_options.add_limits(build)
    embed_command.add_options(
        command(
            "embed",
            embed_command.run,
            "embed a large record over several machines, for a build that then embeds nothing",
            "embed docs_corpus --output index-data --ray auto",
        )
    )
    for name, run, text in (
        ("verify", _verify, "check every file of the current generation against its manifest"),
        ("list", _list, "list the generations, the current one marked with *"),
        ("rollback", _rollback, "go back to the generation before the current one"),
    ):
        sub = command(name, run, text, f"{name} index-data")
        place = sub.add_mutually_exclusive_group(required=True)
        place.add_argument("index", nargs="?", type=Path, metavar="DIR", help="folder of the index")
        place.add_argument("--store", metavar="URL", help=f"record in an engine: {FORMS}")
    add_export(
        command(
            "export",
            run_export,
            "write the current generation to a folder or a .tar file",
            "export --index index-data --output record.tar",
        )
    )
    add_import(
        command(
            "import",
            run_import,
            "publish what was exported, or a local index, here or in an engine",
            "import record.tar --store milvus+http://localhost:19530/record",
        )
    )
    return parser


def _build(arguments: argparse.Namespace) -> int:
    from index import progress
    from index.build import build_index
    from index.vector_graph import GraphOptions
    from index.watch import WatchOptions, watch

    url = None if arguments.store is None else parse(arguments.store)
    output: Path | None = arguments.output
    if output is None and url is not None:
        output = builds_for(url)
    if output is None:
        print("error: build needs --output DIR, --store URL, or both", file=sys.stderr)
        return 2
    options = replace(
        command_options.of_record(arguments),
        reader=arguments.reader,
        span_reader=arguments.span_reader,
        graph=GraphOptions(above=arguments.exact_up_to, recall=arguments.recall),
        if_stale=arguments.if_stale or arguments.watch,
        reuse=not arguments.full,
    )

    def build() -> None:
        shown = progress.for_stream()
        report = build_index(arguments.corpora, output, options, shown)
        _report(report)
        if url is not None:
            publish_build(report.generation, url)

    if not arguments.watch:
        build()
        return 0
    try:
        watch(arguments.corpora, build, _say, WatchOptions(settle_s=arguments.settle))
    except KeyboardInterrupt:
        _say(f"stopped watching: {output} holds what was last published")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _report(report: "BuildReport") -> None:
    for skipped in report.skipped:
        _say(f"skipped {skipped.path}: {skipped.reason}")
    for problem in report.problems:
        _say(f"left out {problem}")
    manifest = report.generation.manifest
    counts = manifest.counts
    state = "published" if report.published else "up to date:"
    made = f"{report.embedded} texts embedded, {report.reused} vectors reused, "
    print(
        f"{state} {manifest.generation}: {counts['documents']} documents, "
        f"{counts['passages']} passages, {made if report.published else ''}"
        f"{len(report.problems)} left out, {manifest.fingerprint}",
        flush=True,
    )


def _verify(arguments: argparse.Namespace) -> int:
    from index import generations

    if arguments.store is not None:
        return verify_store(parse(arguments.store))
    generation = generations.current(arguments.index)
    problems = generations.verify(generation)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        print(
            f"{generation.manifest.generation} is damaged: `python -m index rollback "
            f"{arguments.index}` goes back one, or build it again",
            file=sys.stderr,
        )
        return 1
    print(f"{generation.manifest.generation}: {len(generation.manifest.files)} files are whole")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from index import generations

    if arguments.store is not None:
        return list_store(parse(arguments.store))
    now = generations.current_name(arguments.index)
    for name in generations.names(arguments.index):
        mark = "*" if name == now else " "
        try:
            manifest = generations.open_generation(arguments.index, name).manifest
            print(f"{mark} {manifest.summary}")
        except RecordError as error:
            print(f"{mark} {name}  cannot be used: {error}")
    return 0


def _rollback(arguments: argparse.Namespace) -> int:
    from index import generations

    if arguments.store is not None:
        return rollback_store(parse(arguments.store))
    generation = generations.rollback(arguments.index)
    print(f"current is now {generation.manifest.generation}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
