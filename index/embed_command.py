"""The command that embeds over several machines."""

import argparse
import sys
from pathlib import Path

from index import command_options


def add_options(command: argparse.ArgumentParser) -> None:
    """Those of ``python -m index embed``."""
    command.add_argument(
        "corpora", nargs="+", type=Path, metavar="CORPUS", help="as they will be built"
    )
    command.add_argument(
        "--output",
        "-o",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of the index that will be built, made if missing",
    )
    command.add_argument(
        "--ray",
        default="auto",
        metavar="WHERE",
        help="auto: the Ray cluster that this machine is part of; local: this machine alone; or "
        "HOST:PORT of the cluster's head (default: %(default)s)",
    )
    command.add_argument(
        "--shard-size",
        type=command_options.shard_size,
        default=2048,
        metavar="N",
        help="texts that one task embeds (default: %(default)s)",
    )
    command.add_argument(
        "--retries",
        type=command_options.retries,
        default=4,
        metavar="N",
        help="how often a task is begun again when its node dies (default: %(default)s)",
    )
    command.add_argument(
        "--shared-folder",
        action="store_true",
        help="nodes write into DIR themselves, which all of them see at the same path",
    )
    command.add_argument(
        "--strict", action="store_true", help="stop when a document cannot be used"
    )
    command_options.add_passages(command)
    command_options.add_limits(command)


def run(arguments: argparse.Namespace) -> int:
    """Embed what a build would; say what was left out, and where the vectors wait."""
    from index import progress
    from index.bulk_embedding import embed
    from index.ray_cluster import ClusterOptions

    report = embed(
        arguments.corpora,
        arguments.output,
        command_options.of_record(arguments),
        ClusterOptions(arguments.ray, arguments.retries, arguments.shared_folder),
        arguments.shard_size,
        progress.for_stream(),
    )
    for skipped in report.skipped:
        print(f"skipped {skipped.path}: {skipped.reason}", file=sys.stderr)
    for problem in report.problems:
        print(f"left out {problem}", file=sys.stderr)
    nodes = len(report.nodes)
    print(
        f"{report.embedded} texts embedded in {report.shards} shards on {nodes} "
        f"{'node' if nodes == 1 else 'nodes'}, {report.taken} vectors wait in "
        f"{arguments.output} for `python -m index build`"
    )
    return 0
