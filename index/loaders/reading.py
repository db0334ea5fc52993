"""From the bytes of a file to text, or to an error that names what is wrong with them."""

import codecs
import re
from pathlib import Path

from charset_normalizer import from_bytes

from index.errors import CorpusError
from index.loaders.limits import MIB, Limits

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def read_bytes(path: Path, limits: Limits = Limits()) -> bytes:
    """Read a whole file. Raises CorpusError when it is unreadable, no file, or too large."""
    try:
        if not path.is_file():
            raise CorpusError(path, "is not a regular file" if path.exists() else "does not exist")
        with path.open("rb") as file:
            data = file.read(limits.file_mib * MIB + 1)
    except OSError as error:
        raise CorpusError(path, f"cannot be read: {error.strerror or error}") from error
    if len(data) > limits.file_mib * MIB:
        raise CorpusError(
            path,
            f"{path.stat().st_size:,} bytes is over the limit of {limits.file_mib} MiB; "
            "split the file, or raise --max-file",
        )
    return data


def decode(data: bytes, path: str, declared: str | None = None) -> str:
    """Decode by byte-order mark, the declared charset, UTF-8, then detection; normalise newlines.

    Raises CorpusError when the bytes are not text in any encoding that can be recognised.
    """
    return clean(_decode(data, path, declared))


def clean(text: str) -> str:
    """Normalise newlines; a form feed becomes one, other control characters become spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return _CONTROLS.sub(" ", text)


def _decode(data: bytes, path: str, declared: str | None) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding, path, "its byte-order mark says so")
    if declared is not None and declared.lower().replace("-", "") not in ("utf8", "ascii"):
        return _strictly(data, declared, path, "the document declares it")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _detected(data, path, error)
    if "\x00" in text:
        return _detected(data, path, None)
    return text


def _strictly(data: bytes, encoding: str, path: str, why: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise CorpusError(
            path, f"is not valid {encoding} although {why} ({error}); save it as UTF-8"
        ) from error


def _detected(data: bytes, path: str, error: UnicodeDecodeError | None) -> str:
    best = from_bytes(data, steps=10, chunk_size=1024).best()
    if best is None or "\x00" in str(best):
        where = f" (byte {error.start:,} is not UTF-8)" if error else " (it holds NUL bytes)"
        raise CorpusError(
            path, f"is not text in an encoding that can be recognised{where}; save it as UTF-8"
        )
    return str(best)
