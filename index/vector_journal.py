"""The vectors that a build has made so far, so that a killed build need not make them again.

An append-only file, ``ROOT/embeddings/journal``, under the lock of the build:

    8 bytes      the file's kind and version
    32 bytes     the space: SHA-256 of how the vectors are made; another space begins a new file
    blocks       8 bytes ``count`` and ``row bytes``, then the keys, then the rows, then the
                 SHA-256 of all that and of the block's place in the file

A block counts only when it is whole. What a kill or a power failure left half-written at the end
is cut off, and everything behind a damaged block with it. Each block is hashed again when it is
read for its rows, so damage costs another embedding and never reaches an index.
"""

import hashlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

MAGIC = b"ASKVEC\x00\x01"
KEY_BYTES = 16
_HEAD = struct.Struct("<II")
_SUM_BYTES = 32
_LARGEST_BLOCK = 1 << 30


class VectorJournal:
    """Rows of vectors by key. One writer at a time; not for several threads."""

    def __init__(self, path: Path, space: bytes) -> None:
        """Open or create the journal at ``path`` for the 32 bytes of ``space``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
        self._places: dict[bytes, tuple[int, int]] = {}
        """By key, where its block begins and its number in the block."""
        self._open_block: tuple[int, int, bytes] | None = None
        if self._file.read(len(MAGIC) + len(space)) == MAGIC + space:
            self._scan()
        else:
            self._file.truncate(0)
            self._write_at(0, MAGIC + space)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def get(self, key: bytes) -> bytes | None:
        """The row of ``key``; None when it is not there or its block is no longer whole."""
        place = self._places.get(key)
        if place is None:
            return None
        start, number = place
        if self._open_block is None or self._open_block[0] != start:
            block = self._read_block(start)
            if block is None:
                self._places = {k: p for k, p in self._places.items() if p[0] != start}
                return None
            self._open_block = (start, *block)
        _, row_bytes, rows = self._open_block
        return rows[number * row_bytes : (number + 1) * row_bytes]

    def append(self, keys: Sequence[bytes], rows: npt.NDArray[np.generic]) -> None:
        """Add one block: ``rows`` ``(len(keys), dim)`` of any type. OSError when it cannot."""
        data = np.ascontiguousarray(rows).tobytes()
        start = self._file.seek(0, os.SEEK_END)
        head = _HEAD.pack(len(keys), len(data) // len(keys))
        body = head + b"".join(keys) + data
        self._write_at(start, body + _digest(start, body))
        for number, key in enumerate(keys):
            self._places[key] = (start, number)

    def sync(self) -> None:
        """Return when all that was appended is on the disk. OSError when it cannot."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _write_at(self, start: int, data: bytes) -> None:
        self._file.seek(start)
        self._file.write(data)
        self._file.flush()

    def _scan(self) -> None:
        start = self._file.tell()
        while (block := self._read_block(start, with_keys=True)) is not None:
            _, keys = block
            for number in range(len(keys) // KEY_BYTES):
                key = keys[number * KEY_BYTES : (number + 1) * KEY_BYTES]
                self._places[key] = (start, number)
            start = self._file.tell()
        self._file.truncate(start)

    def _read_block(self, start: int, with_keys: bool = False) -> tuple[int, bytes] | None:
        """Bytes a row, and the keys or the rows, of the block at ``start`` if it is whole."""
        self._file.seek(start)
        head = self._file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        count, row_bytes = _HEAD.unpack(head)
        size = count * (KEY_BYTES + row_bytes)
        if not 0 < size <= _LARGEST_BLOCK:
            return None
        body = self._file.read(size)
        if self._file.read(_SUM_BYTES) != _digest(start, head + body):
            return None
        keys = count * KEY_BYTES
        return row_bytes, body[:keys] if with_keys else body[keys:]


def _digest(start: int, body: bytes) -> bytes:
    return hashlib.sha256(start.to_bytes(8, "little") + body).digest()
