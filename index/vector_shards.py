"""Files of vectors that were made elsewhere, until a build's journal has taken them over.

``ROOT/embeddings/shards/NAME.vectors``, where NAME is the hash of the space and the keys:

    8 bytes      the file's kind and version
    32 bytes     the space: SHA-256 of how the vectors are made
    8 bytes      ``count`` and ``row bytes``
    the keys, then the rows, then the SHA-256 of all before

A file is written aside, flushed and renamed, so under its name it is whole or it is not there. It
is hashed before a row is used, and removed only when the journal with its rows is on the disk.
"""

import hashlib
import itertools
import logging
import os
import secrets
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.errors import RecordError
from index.vector_journal import KEY_BYTES, VectorJournal
from index.vector_sources import Kind

SHARDS = "shards"
SUFFIX = ".vectors"
MAGIC = b"ASKSHD\x00\x01"
BLOCK = 128
"""Rows of a shard that become one block of the journal."""
_HEAD = struct.Struct("<II")
_SPACE_BYTES = _SUM_BYTES = 32
log = logging.getLogger(__name__)


class ShardDamaged(RecordError):
    """The file of a shard is cut, changed, or is none."""


class OtherSpace(RecordError):
    """The vectors of a shard were made by another model or in another way."""


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """Texts of one kind, all different, that one task is to embed."""

    kind: Kind
    keys: tuple[bytes, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """What a file holds: ``keys``, all different, and as many ``rows``, ``(n, row bytes)``."""

    keys: tuple[bytes, ...]
    rows: npt.NDArray[np.uint8]


def plan(missing: Iterable[tuple[Kind, bytes, str]], size: int) -> Iterator[ShardPlan]:
    """Cut ``missing`` into shards of ``size`` texts of one kind; only the last ones are smaller.

    Read as it is asked for: at most one shard of each kind is in memory.
    """
    if size < 1:
        raise ValueError(f"a shard of {size} texts")
    waiting: dict[Kind, list[tuple[bytes, str]]] = {}
    for kind, key, text in missing:
        part = waiting.setdefault(kind, [])
        part.append((key, text))
        if len(part) == size:
            yield _planned(kind, waiting.pop(kind))
    for kind, part in waiting.items():
        yield _planned(kind, part)


def _planned(kind: Kind, part: list[tuple[bytes, str]]) -> ShardPlan:
    keys, texts = zip(*part, strict=True)
    return ShardPlan(kind, keys, texts)


def shard_path(folder: Path, space: bytes, keys: Sequence[bytes]) -> Path:
    """Where the shard of these keys lies, the same on every machine and in every run."""
    return folder / (hashlib.sha256(space + b"".join(keys)).hexdigest()[:32] + SUFFIX)


def write_shard(
    folder: Path, space: bytes, keys: Sequence[bytes], rows: npt.NDArray[np.generic]
) -> Path:
    """Write ``rows`` ``(len(keys), dim)`` of any type; one that is there and whole is kept.

    Several writers may write the same shard at once. OSError when the disk does not take it.
    """
    path = shard_path(folder, space, keys)
    if is_whole(path, space):
        return path
    data = np.ascontiguousarray(rows).tobytes()
    if not keys or len(rows) != len(keys):
        raise ValueError(f"{len(rows)} rows for {len(keys)} keys")
    body = MAGIC + space + _HEAD.pack(len(keys), len(data) // len(keys)) + b"".join(keys) + data
    folder.mkdir(parents=True, exist_ok=True)
    # A name of its own for each writer: a task that was given up may still be writing.
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with part.open("wb") as file:
            file.write(body + hashlib.sha256(body).digest())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    _flush(folder)
    return path


def is_whole(path: Path, space: bytes) -> bool:
    """Whether ``path`` holds a whole shard of ``space``."""
    try:
        read_shard(path, space)
    except (FileNotFoundError, ShardDamaged, OtherSpace):
        return False
    return True


def read_shard(path: Path, space: bytes) -> Shard:
    """Read a shard whose bytes are those that were written.

    Raises ShardDamaged when they are not, OtherSpace when it belongs to another space, OSError
    when it cannot be read.
    """
    data = path.read_bytes()
    begin = len(MAGIC) + _SPACE_BYTES + _HEAD.size
    if len(data) < begin + _SUM_BYTES or not data.startswith(MAGIC):
        raise ShardDamaged(f"{path}: {len(data)} bytes, no shard of vectors")
    body = data[:-_SUM_BYTES]
    if hashlib.sha256(body).digest() != data[-_SUM_BYTES:]:
        raise ShardDamaged(f"{path}: does not have the SHA-256 that it states")
    if body[len(MAGIC) :][:_SPACE_BYTES] != space:
        raise OtherSpace(f"{path}: made by another model, or with other libraries")
    count, row_bytes = _HEAD.unpack_from(body, begin - _HEAD.size)
    if count * row_bytes == 0 or len(body) != begin + count * (KEY_BYTES + row_bytes):
        raise ShardDamaged(f"{path}: {len(data)} bytes for {count} rows of {row_bytes} bytes")
    ends = range(begin, begin + count * KEY_BYTES, KEY_BYTES)
    keys = tuple(body[at : at + KEY_BYTES] for at in ends)
    if len(set(keys)) != count:
        raise ShardDamaged(f"{path}: {count - len(set(keys))} of its {count} keys stand twice")
    rows = np.frombuffer(body, np.uint8, offset=begin + count * KEY_BYTES)
    return Shard(keys, rows.reshape(count, row_bytes))


def take_over(folder: Path, space: bytes, journal: VectorJournal) -> int:
    """Append to ``journal`` what it does not hold yet, then remove the files; return how many.

    A key that is there is never appended again, so this may be repeated and may be interrupted. A
    damaged file is told of and removed, for its vectors are made again; one of another space stays.
    Only the holder of the build's lock may call it.
    """
    taken, done = 0, []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix == ".tmp":
            done.append(path)
        if path.suffix != SUFFIX:
            continue
        try:
            shard = read_shard(path, space)
        except OtherSpace as error:
            log.warning("not taken over: %s", error)
            continue
        except ShardDamaged as error:
            log.warning("its vectors are made again: %s", error)
            done.append(path)
            continue
        new = iter([n for n, key in enumerate(shard.keys) if key not in journal])
        while part := list(itertools.islice(new, BLOCK)):
            journal.append([shard.keys[n] for n in part], shard.rows[part])
            taken += len(part)
        done.append(path)
    if taken:
        journal.sync()
    for path in done:
        path.unlink(missing_ok=True)
    return taken


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
