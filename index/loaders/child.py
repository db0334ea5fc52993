"""The process that reads documents whose parsers are not to be trusted with this one.

Started by ``index.loaders.child_process``. A request is a line of JSON on standard input, an
answer a run of frames on standard output: the length in 4 bytes, most significant first, then
JSON. Nothing is pickled, so a parser that was taken over could still only lie about its text.
"""

import dataclasses
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from index.errors import CorpusError
from index.loaders.formats import Item, read
from index.loaders.limits import MIB, Limits
from index.loaders.raw import Loaded
from index.loaders.reading import read_bytes
from index.loaders.source import Budget, Source

Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer requests until standard input ends or memory does."""
    limits = Limits(**json.loads(sys.argv[1]))
    # Whatever a parser prints must not come between the frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    restrict(limits)

    def send(frame: dict[str, Any]) -> None:
        _write(out, json.dumps(frame).encode())

    for line in sys.stdin.buffer:
        request = json.loads(line)
        allow_time(limits)
        try:
            answer(Path(request["path"]), request["name"], limits, send)
        except MemoryError:
            # The heap is in pieces now; the next file gets a fresh process.
            send({"memory": True})
            return
        send({"done": True})


def answer(path: Path, name: str, limits: Limits, send: Send) -> None:
    """Send each document of the file at ``path`` as a frame, and each error."""
    size = 0
    for item in _items(path, name, limits):
        frame = _frame(item)
        if isinstance(item, Loaded):
            size += len(item.document.text) + sum(map(len, item.document.extra.values()))
        if size > limits.text_mib * MIB:
            reason = f"gives more than {limits.text_mib:,} MiB of text; split the file"
            send(_frame(CorpusError(path, reason)))
            return
        send(frame)


def _items(path: Path, name: str, limits: Limits) -> Iterator[Item]:
    try:
        data = read_bytes(path, limits)
    except CorpusError as error:
        yield error
    else:
        yield from read(Source(str(path), name, data, limits, Budget(limits)))


def _frame(item: Item) -> dict[str, Any]:
    if isinstance(item, Loaded):
        return {"document": dataclasses.asdict(item.document), "own_id": item.own_id}
    if isinstance(item, CorpusError):
        return {"error": [item.path, item.reason, item.line]}
    return {"skipped": [item.path, item.reason]}


def _write(out: BinaryIO, data: bytes) -> None:
    out.write(len(data).to_bytes(4, "big") + data)
    out.flush()


def restrict(limits: Limits) -> None:
    """Hold this process to its memory for good, and let it write no file and dump no core."""
    _lower(resource.RLIMIT_AS, limits.memory_mib * MIB)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def allow_time(limits: Limits) -> None:
    """Allow ``limits.seconds`` of processor time from now; after it SIGXCPU ends the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + limits.seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        # macOS refuses some of them.
        return


if __name__ == "__main__":
    main()
