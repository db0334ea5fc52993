"""Reading documents in a process of its own, which may crash or be stopped without harm."""

import dataclasses
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from index.errors import CorpusError
from index.loaders.formats import Item
from index.loaders.limits import MIB, Limits
from index.loaders.raw import Loaded, Skipped
from index.types import Block, Document

_FRAME_SLACK = 8
"""A character is up to 6 bytes of JSON, and blocks and names come with the text."""


class _Ended(Exception):
    """The process is gone or has to be; the text says why, as the end of "path: ..."."""

    def __init__(self, reason: str, again: bool = True) -> None:
        super().__init__(reason)
        self.again = again
        """Whether a fresh process may fare better."""


class ChildReader:
    """One process for many files, started when first needed and again after it has ended."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._files = 0
        """How many the process of now has read."""

    def read(self, path: Path, name: str) -> Iterator[Item]:
        """Yield the documents of one file and what is wrong with the others.

        Whatever becomes of the process is a CorpusError that names the file. A process that had
        read others before gets a fresh one's second try, lest a file pay for those before it.
        """
        yielded, used = False, self._files > 0
        whole = False
        try:
            for item in self._attempt(path, name):
                yielded = True
                yield item
            whole = True
        except _Ended as error:
            if yielded or not (used and error.again):
                yield CorpusError(path, str(error))
                return
        finally:
            # Also when whoever asked does not want the rest: no frame may be left over.
            if not whole:
                self.close()
        if not whole:
            yield from self.read(path, name)

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process, self._files = self._process, None, 0
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def __enter__(self) -> "ChildReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def _attempt(self, path: Path, name: str) -> Iterator[Item]:
        process = self._started()
        deadline = time.monotonic() + self._limits.wall_s
        assert process.stdin is not None and process.stdout is not None
        try:
            request = json.dumps({"path": str(path), "name": name}) + "\n"
            os.write(process.stdin.fileno(), request.encode())
        except BrokenPipeError:
            raise self._cause(process) from None
        self._files += 1
        left = self._limits.text_mib * MIB * _FRAME_SLACK
        while True:
            size = int.from_bytes(self._bytes(process, 4, deadline), "big")
            left -= size
            if left < 0:
                raise _Ended(f"gives more than {self._limits.text_mib:,} MiB of text; split it")
            frame = json.loads(self._bytes(process, size, deadline))
            if "done" in frame:
                return
            if "memory" in frame:
                raise _Ended(self._memory())
            yield _item(frame)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            root = str(Path(__file__).parents[2])
            paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "index.loaders.child", json.dumps(self._values())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        return self._process

    def _values(self) -> dict[str, Any]:
        return dataclasses.asdict(self._limits)

    def _bytes(self, process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        assert process.stdout is not None
        parts, left = [], size
        while left:
            remaining = deadline - time.monotonic()
            ready = select.select([process.stdout], [], [], max(0.0, remaining))[0]
            if not ready:
                raise _Ended(
                    f"took longer than {self._limits.wall_s:g} s to read; split it, "
                    "or raise --loader-seconds",
                    again=False,
                )
            data = os.read(process.stdout.fileno(), min(left, MIB))
            if not data:
                raise self._cause(process)
            parts.append(data)
            left -= len(data)
        return b"".join(parts)

    def _cause(self, process: subprocess.Popen[bytes]) -> _Ended:
        """Why the process is gone, and what to do."""
        code = process.wait()
        if code == -signal.SIGXCPU:
            return _Ended(
                f"took more than {self._limits.seconds} s of processor time to read; split it, "
                "or raise --loader-seconds",
                again=False,
            )
        if code == -signal.SIGABRT:
            # How PDFium ends when it is refused memory.
            return _Ended(f"{self._memory()}; or it is damaged: save it again")
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return _Ended(
            f"crashed the program that reads it ({how}); it is damaged or made to do harm: "
            "open it in the program it was made with and save it again"
        )

    def _memory(self) -> str:
        return (
            f"needs more than {self._limits.memory_mib:,} MiB of memory to read; split it, "
            "or raise --loader-memory"
        )


def _item(frame: dict[str, Any]) -> Item:
    if "error" in frame:
        return CorpusError(*frame["error"])
    if "skipped" in frame:
        return Skipped(*frame["skipped"])
    values = frame["document"]
    values["blocks"] = tuple(Block(**block) for block in values["blocks"])
    return Loaded(Document(**values), frame["own_id"])
