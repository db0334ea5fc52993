"""Writing a benchmark's table into a document, between two marker lines."""

from pathlib import Path


def write_between(document: Path, begin: str, end: str, content: str) -> None:
    """Replace what stands in ``document`` between its lines ``begin`` and ``end``.

    Raises ValueError when one of them is not there exactly once.
    """
    text = document.read_text(encoding="utf-8")
    document.write_text(replaced(text, begin, end, content), encoding="utf-8")


def replaced(text: str, begin: str, end: str, content: str) -> str:
    """``text`` with ``content`` between its lines ``begin`` and ``end``; see ``write_between``."""
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"the lines {begin!r} and {end!r} must each stand once in the document")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"
