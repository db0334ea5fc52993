"""Options that several commands of the index have, and what options accept."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.build import BuildOptions


def add_passages(command: argparse.ArgumentParser) -> None:
    """The options that decide which passages there are and what embeds them."""
    command.add_argument(
        "--model",
        default="all-MiniLM-L6-v2",
        metavar="NAME",
        help="sentence-transformers model or its folder (default: %(default)s)",
    )
    command.add_argument(
        "--max-words",
        type=positive,
        default=160,
        metavar="N",
        help="longest passage in words (default: %(default)s)",
    )


def add_limits(command: argparse.ArgumentParser) -> None:
    """What reading one file may take."""
    group = command.add_argument_group("limits of reading one file")
    for name, default, unit, text in (
        ("--max-file", 64, "MIB", "largest file, and largest member of an archive"),
        ("--max-unpacked", 256, "MIB", "most that an archive or office file may unpack to"),
        ("--max-text", 64, "MIB", "most text that a file may give"),
        ("--loader-memory", 1024, "MIB", "memory of the process that reads"),
        ("--loader-seconds", 60, "N", "processor time; three times as long by the clock"),
    ):
        group.add_argument(
            name,
            type=limit,
            default=default,
            metavar=unit,
            help=f"{text} (default: %(default)s)",
        )


def of_record(arguments: argparse.Namespace) -> "BuildOptions":
    """What ``--strict``, ``add_passages`` and ``add_limits`` read; all else by default."""
    from index.build import BuildOptions
    from index.chunking import ChunkingOptions
    from index.loaders import Limits

    return BuildOptions(
        model=arguments.model,
        chunking=ChunkingOptions(
            max_words=arguments.max_words, min_words=min(12, arguments.max_words)
        ),
        strict=arguments.strict,
        limits=Limits(
            file_mib=arguments.max_file,
            unpacked_mib=arguments.max_unpacked,
            text_mib=arguments.max_text,
            memory_mib=arguments.loader_memory,
            seconds=arguments.loader_seconds,
        ),
    )


def limit(text: str) -> int:
    """A limit of the loaders."""
    if not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000000")
    return int(text)


def share(text: str) -> float:
    """A share of a whole."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share above 0 and up to 1, like 0.95")
    return value


def positive(text: str) -> int:
    """The length of a passage in words."""
    if not text.isdigit() or int(text) < 8:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of words of 8 or more")
    return int(text)


def seconds(text: str) -> float:
    """A time of at most a day."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 86400")
    return value


def shard_size(text: str) -> int:
    """How many texts one task embeds."""
    if not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of texts from 1 to 100000")
    return int(text)


def retries(text: str) -> int:
    """How often a task is begun again."""
    if not text.isdigit() or int(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 100")
    return int(text)
