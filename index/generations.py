"""Generations of an index: published by one atomic switch, verified before they are used.

    DIR/CURRENT                     the name of the current generation
    DIR/generations/NAME/           its files and manifest.json, never changed afterwards
    DIR/building-*/                 what a build that was killed left; the next build removes it

A build writes a folder of its own, flushes every file and folder to disk, moves the folder into
place and only then replaces CURRENT. Whatever moment the power fails, CURRENT names a complete
generation, the old one or the new.
"""

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from index.errors import IndexCorrupt, IndexMismatch, IndexNotFound, RecordError
from index.manifest import Manifest, OtherFormatError

log = logging.getLogger(__name__)

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
BUILD_HINT = "build one with `python -m index build CORPUS --output {}`"


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation whose manifest has been read."""

    folder: Path
    manifest: Manifest

    def hold(self) -> BinaryIO:
        """Keep the generation from being removed until the returned file is closed.

        Holding ends with the process, however it ends. Raises IndexCorrupt when the generation
        has been removed meanwhile.
        """
        path = self.folder / MANIFEST
        try:
            file = path.open("rb")
        except OSError as error:
            raise IndexCorrupt(f"{path}: {error.strerror or error}") from error
        fcntl.flock(file, fcntl.LOCK_SH)
        if not os.fstat(file.fileno()).st_nlink:
            file.close()
            raise IndexCorrupt(f"{self.folder} was removed by a later build")
        return file

    def read(self, name: str) -> bytes:
        """Read a file once and return its bytes if they are the published ones.

        Raises IndexCorrupt naming the file otherwise. Use these bytes, not the file again: FAISS
        and others load damaged data without a word.
        """
        try:
            data = (self.folder / name).read_bytes()
        except OSError as error:
            raise IndexCorrupt(f"{self.folder / name}: {error.strerror or error}") from error
        self._compare(name, len(data), hashlib.sha256(data).hexdigest())
        return data

    def verify(self, name: str) -> Path:
        """Check a file that is to be opened by path, in bounded memory; return the path."""
        path = self.folder / name
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            raise IndexCorrupt(f"{path}: {error.strerror or error}") from error
        self._compare(name, size, digest)
        return path

    def copy(self, name: str, target: Path) -> dict[str, Any]:
        """Copy a file and check the copy; return its entry for another manifest.

        Raises IndexCorrupt when it is not the published one; ``target`` is then removed.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self.folder / name, target)
        except FileNotFoundError as error:
            raise IndexCorrupt(f"{self.folder / name}: {error.strerror}") from error
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        try:
            self._compare(name, size, digest)
        except IndexCorrupt:
            target.unlink()
            raise
        return {"sha256": digest, "bytes": size}

    def _compare(self, name: str, size: int, sha256: str) -> None:
        expected = self.manifest.files.get(name)
        if expected is None:
            raise IndexCorrupt(f"{self.folder / name}: is not in the manifest")
        if size != expected["bytes"] or sha256 != expected["sha256"]:
            raise IndexCorrupt(
                f"{self.folder / name}: {size} bytes with SHA-256 {sha256[:12]}…, the manifest "
                f"says {expected['bytes']} with {expected['sha256'][:12]}…"
            )


def current(root: Path) -> Generation:
    """The generation that CURRENT names, its manifest read, its files not yet verified.

    Raises IndexNotFound when nothing is published, IndexCorrupt or IndexMismatch when it cannot
    be used.
    """
    return open_generation(root, current_name(root))


def current_name(root: Path) -> str:
    """The name in CURRENT. Raises IndexNotFound with the remedy."""
    try:
        name = (root / CURRENT).read_text(encoding="utf-8").strip()
    except OSError as error:
        hint = BUILD_HINT.format(root)
        raise IndexNotFound(f"no index at {root} ({error.strerror}): {hint}") from error
    except UnicodeDecodeError as error:
        raise IndexCorrupt(f"{root / CURRENT}: {error}; {BUILD_HINT.format(root)}") from error
    if not name or "/" in name or name.startswith("."):
        raise IndexCorrupt(f"{root / CURRENT} holds {name!r}: {BUILD_HINT.format(root)}")
    return name


def open_generation(root: Path, name: str) -> Generation:
    """Read the manifest of one generation."""
    folder = root / "generations" / name
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise IndexCorrupt(f"{folder / MANIFEST}: {error.strerror or error}") from error
    except OtherFormatError as error:
        raise IndexMismatch(f"{folder} {error}: {BUILD_HINT.format(root)}") from error
    except ValueError as error:
        hint = BUILD_HINT.format(root)
        raise IndexCorrupt(f"{folder / MANIFEST}: {error}; {hint}") from error
    if manifest.generation != name:
        raise IndexCorrupt(f"{folder / MANIFEST} belongs to generation {manifest.generation}")
    return Generation(folder, manifest)


def names(root: Path) -> list[str]:
    """All published generations, oldest first."""
    folder = root / "generations"
    return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def candidates(root: Path) -> list[str]:
    """Generations to try for serving: the current one, then the older ones, newest first."""
    now = current_name(root)
    return [now, *reversed([n for n in names(root) if n < now])]


def verify(generation: Generation) -> list[str]:
    """Check every file; return one line for each that is wrong, none when all is well."""
    problems = []
    for name in generation.manifest.files:
        try:
            generation.verify(name)
        except IndexCorrupt as error:
            problems.append(str(error))
    known = {*generation.manifest.files, MANIFEST}
    for path in sorted(p for p in generation.folder.rglob("*") if p.is_file()):
        if path.relative_to(generation.folder).as_posix() not in known:
            problems.append(f"{path}: is not in the manifest")
    return problems


@contextlib.contextmanager
def building(root: Path) -> Iterator[Path]:
    """Yield an empty folder to build in, under the lock of ``root``; remove it afterwards.

    Raises RecordError when another build holds the lock, the folder cannot be written or the disk
    is full.
    """
    with _locked(root):
        for left_over in root.glob("building-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="building-", dir=root))
        folder.chmod(0o755)
        try:
            yield folder
        except Exception as error:
            if _is_full_disk(error):
                raise RecordError(
                    f"the disk of {root} is full or cannot be written ({error}): the build was "
                    "given up, the index is as it was; free some space and build again"
                ) from error
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _is_full_disk(error: Exception) -> bool:
    """Whether a write failed for want of space, by whichever library it was made."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, sqlite3.Error):
        # The lower eight bits are the kind: SQLite tells a write that failed as an I/O error.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    # NumPy tells how much was written and no reason; libraries in Rust or C++ hand the system's
    # words on, but not its number.
    cut = isinstance(error, OSError) and "requested and" in str(error)
    return cut or os.strerror(errno.ENOSPC) in str(error)


def publish(root: Path, folder: Path, manifest: Manifest, keep: int = 3) -> Generation:
    """Make ``folder`` the current generation, then remove all but the newest ``keep``."""
    (folder / MANIFEST).write_bytes(manifest.to_json())
    for path in sorted(folder.rglob("*"), reverse=True):
        _flush(path)
    _flush(folder)
    target = root / "generations" / manifest.generation
    target.parent.mkdir(exist_ok=True)
    os.rename(folder, target)
    _flush(target.parent)
    _flush(root)
    try:
        switch(root, manifest.generation)
    except OSError:
        # Unless CURRENT names it already: then only the flush failed.
        if not (root / CURRENT).is_file() or current_name(root) != manifest.generation:
            shutil.rmtree(target, ignore_errors=True)
        raise
    for name in names(root)[:-keep]:
        if name != manifest.generation:
            _remove_unless_held(root / "generations" / name)
    return open_generation(root, manifest.generation)


def _remove_unless_held(folder: Path) -> None:
    """Remove a generation; one that a service still reads is left to the next build."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        log.info("%s is in use and stays until a later build", folder)
    except FileNotFoundError:
        # What was not removed wholly has no manifest any more.
        shutil.rmtree(folder, ignore_errors=True)


def switch(root: Path, name: str) -> None:
    """Point CURRENT at ``name`` by replacing it in one step."""
    temporary = root / f".{CURRENT}.{os.getpid()}"
    try:
        temporary.write_text(name + "\n", encoding="utf-8")
        _flush(temporary)
        os.replace(temporary, root / CURRENT)
    finally:
        temporary.unlink(missing_ok=True)
    _flush(root)


def rollback(root: Path) -> Generation:
    """Go back to the generation before the current one, if it is whole.

    Raises IndexNotFound when there is none, IndexCorrupt when its files are damaged.
    """
    with _locked(root):
        now = current_name(root)
        older = [n for n in names(root) if n < now]
        if not older:
            raise IndexNotFound(f"there is no generation before {now} in {root}")
        generation = open_generation(root, older[-1])
        problems = verify(generation)
        if problems:
            raise IndexCorrupt(f"cannot go back to {older[-1]}: {problems[0]}")
        switch(root, older[-1])
        return generation


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("w")
    except OSError as error:
        raise RecordError(f"{root} cannot be written: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordError(f"{root} is locked by another build: wait until it ends") from None
        yield


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
