"""ZIP archives, and the check that every file which is one inside has to pass."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from index.errors import CorpusError
from index.loaders.formats import FORMATS, Item, is_passed_over, read, suffix_of, unknown
from index.loaders.limits import MIB, LimitError
from index.loaders.raw import Skipped
from index.loaders.source import Source

_CHUNK = 65_536
_METHODS = {
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
}
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 30
"""Bytes of a member's header before its name."""


def load_zip(source: Source) -> Iterator[Item]:
    """Read every document of an archive; what cannot be used is named with its place."""
    archive = open_zip(source)
    for info in archive.infolist():
        parts = PurePosixPath(info.filename).parts
        hidden = any(p.startswith(".") and p != ".." for p in parts[:-1])
        if not parts or info.is_dir() or hidden or "__MACOSX" in parts:
            continue
        path, name = f"{source.path}/{info.filename}", f"{source.name}/{info.filename}"
        fault = _fault(info)
        if fault is not None:
            yield CorpusError(path, fault)
        elif is_passed_over(parts[-1]):
            continue
        elif suffix_of(info.filename) not in FORMATS:
            yield Skipped(name, unknown(info.filename))
        else:
            try:
                member = source.member(info.filename, read_member(archive, info, source))
            except LimitError as error:
                yield CorpusError(path, str(error))
            except BROKEN as error:
                yield CorpusError(path, f"cannot be unpacked ({error}): make the archive anew")
            else:
                yield from read(member)


def open_zip(source: Source) -> zipfile.ZipFile:
    """The archive in ``source``, its list of members checked.

    Raises CorpusError when it is none, LimitError when it has too many members or overlapping
    ones, which unpack to many times their size.
    """
    if source.data.startswith(_OLE):
        raise CorpusError(
            source.path,
            "is encrypted, or of an older Office format: save it without a password as "
            f"{suffix_of(source.name)}",
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(source.data))
    except BROKEN as error:
        raise CorpusError(
            source.path, f"is damaged: it cannot be unpacked ({error}); get it anew"
        ) from error
    infos = archive.infolist()
    if len(infos) > source.limits.members:
        raise LimitError(f"has more than {source.limits.members:,} members; split it")
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise CorpusError(
                source.path, f"is made to do harm: {info.filename!r} overlaps another member"
            )
        end = info.header_offset + _HEADER + info.compress_size
    return archive


def open_office_zip(source: Source) -> zipfile.ZipFile:
    """The archive that a DOCX, PPTX, XLSX or EPUB is, every member checked.

    Nothing of it is safe to hand to a parser unless all of it is, so one bad member refuses the
    whole. Raises CorpusError or LimitError that names it.
    """
    archive = open_zip(source)
    for info in archive.infolist():
        if info.is_dir():
            continue
        fault = _fault(info)
        if fault is not None:
            raise CorpusError(source.path, f"member {info.filename!r} {fault}")
        try:
            data = read_member(archive, info, source)
        except LimitError as error:
            raise LimitError(f"member {info.filename!r} {error}") from error
        except BROKEN as error:
            raise CorpusError(
                source.path,
                f"is damaged: member {info.filename!r} cannot be unpacked ({error}); "
                "open it in the program it was made with and save it again",
            ) from error
        _refuse_entities(data, info.filename, source)
    return archive


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source) -> bytes:
    """One member, unpacked bit by bit. Raises LimitError; whatever zipfile raises passes."""
    limit = source.limits.file_mib * MIB
    parts: list[bytes] = []
    size = 0
    with archive.open(info) as file:
        while part := file.read(_CHUNK):
            size += len(part)
            source.budget.take(len(part))
            if size > limit:
                raise LimitError(
                    f"unpacks to more than {source.limits.file_mib} MiB; raise --max-file"
                )
            if size > MIB and size > source.limits.ratio * max(1, info.compress_size):
                raise LimitError(
                    f"unpacks to more than {source.limits.ratio} times its size, as a "
                    "decompression bomb does; unpack it yourself if you trust it"
                )
            parts.append(part)
    return b"".join(parts)


def _fault(info: zipfile.ZipInfo) -> str | None:
    """Why a member must not be read; None when it may."""
    name = PurePosixPath(info.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in info.filename or ":" in name.parts[0]:
        return "has a name that leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link, not a file: put the file itself into the archive"
    if info.flag_bits & 1:
        return "is encrypted: make the archive without a password"
    if info.compress_type not in _METHODS:
        return f"is packed by method {info.compress_type}, which is not known: use plain ZIP"
    return None


def _refuse_entities(data: bytes, name: str, source: Source) -> None:
    """Raise CorpusError when a member, whatever its name, is XML that declares entities."""
    # Zero bytes out, so that UTF-16 hides nothing.
    if b"<!entity" in data.replace(b"\0", b"").lower():
        raise CorpusError(
            source.path,
            f"member {name!r} declares XML entities, which documents have no need of and "
            "bombs and thefts of files have: save it again with the program it was made with",
        )
