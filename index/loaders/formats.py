"""Which loader reads which ending, and what every document gets whatever its format."""

import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from index.errors import CorpusError
from index.language import detect_language
from index.loaders.blocks import text_sha256, without_surrogates
from index.loaders.limits import LimitError
from index.loaders.raw import Loaded, RawDocument, Skipped
from index.loaders.source import Source
from index.types import Document

Item = Loaded | CorpusError | Skipped


class Format(NamedTuple):
    """A loader by its module, imported when the first such file is read."""

    name: str
    module: str
    function: str


_MARKDOWN = Format("Markdown", "markdown", "load_markdown")
_TEXT = Format("text", "plain_text", "load_plain_text")
_HTML = Format("HTML", "html", "load_html")
_JSON_LINES = Format("JSON Lines", "json_lines", "load_json_lines")
_TABLE = Format("a table", "csv_table", "load_csv")
_WORKBOOK = Format("an Excel workbook", "xlsx", "load_xlsx")
FORMATS: dict[str, Format] = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".txt": _TEXT,
    ".text": _TEXT,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".pdf": Format("PDF", "pdf", "load_pdf"),
    ".docx": Format("a Word document", "docx", "load_docx"),
    ".pptx": Format("a PowerPoint presentation", "pptx", "load_pptx"),
    ".epub": Format("an EPUB", "epub", "load_epub"),
    ".eml": Format("an e-mail message", "mail", "load_mail"),
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".xlsx": _WORKBOOK,
    ".xlsm": _WORKBOOK,
    ".zip": Format("a ZIP archive", "archive", "load_zip"),
    ".jsonl": _JSON_LINES,
    ".ndjson": _JSON_LINES,
}
SIMPLE = (".txt", ".text")
"""Read without a parser; every other format is read in a process of its own."""
_REMEDY = {
    **dict.fromkeys((".doc", ".odt", ".rtf", ".pages", ".wpd"), ".docx"),
    **dict.fromkeys((".ppt", ".odp", ".key"), ".pptx"),
    **dict.fromkeys((".xls", ".xlsb", ".ods", ".numbers"), ".xlsx or .csv"),
    **dict.fromkeys((".msg", ".mbox", ".pst"), ".eml"),
    **dict.fromkeys((".mobi", ".azw", ".azw3"), ".epub"),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"), ".zip"),
}


def suffix_of(name: str) -> str:
    """The ending in lower case, with its dot."""
    return PurePosixPath(name).suffix.lower()


def unknown(name: str) -> str:
    """Why a file of this name is no document for us, and what to do."""
    suffix = suffix_of(name)
    reason = f"is of no format that is read ({suffix or 'it has no ending'})"
    if suffix in _REMEDY:
        return f"{reason}: save it as {_REMEDY[suffix]}"
    return f"{reason}; docs/documents.md lists those that are"


def is_passed_over(name: str) -> bool:
    """Hidden files, notes to the folder's reader, and lock files of open documents."""
    return name.startswith((".", "~$")) or PurePosixPath(name).stem.lower() == "readme"


def read(source: Source) -> Iterator[Item]:
    """Yield the documents of ``source`` and what is wrong with the others; raises nothing else.

    MemoryError alone is passed on, since the process has to be a fresh one after it.
    """
    kind = FORMATS.get(suffix_of(source.name))
    if kind is None:
        yield CorpusError(source.path, unknown(source.name))
        return
    empty = True
    try:
        for item in _load(kind, source):
            empty = False
            yield finished(item, source) if isinstance(item, RawDocument) else item
        if empty:
            yield CorpusError(source.path, "gives no document: there are no words in it")
    except CorpusError as error:
        yield error
    except LimitError as error:
        yield CorpusError(source.path, str(error))
    except MemoryError:
        raise
    except ImportError as error:
        yield CorpusError(
            source.path,
            f"needs a library that is not there ({error}): install requirements/base.txt",
        )
    except Exception as error:
        # A parser met what its authors did not think of: the file is named, the build goes on.
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        yield CorpusError(
            source.path,
            f"cannot be read as {kind.name} ({said}); it may be damaged: open it in the program "
            "it was made with and save it again",
        )


def _load(kind: Format, source: Source) -> Iterable[RawDocument | Item]:
    loader = getattr(importlib.import_module(f"index.loaders.{kind.module}"), kind.function)
    found = loader(source)
    return [found] if isinstance(found, RawDocument) else found


def finished(raw: RawDocument, source: Source) -> Loaded | CorpusError:
    """``raw`` with an id, a language and a hash; an error when it holds no words."""
    if not raw.blocks:
        return CorpusError(source.path, "is empty: it holds no letters or digits", raw.line)
    part = raw.part if raw.part is not None else raw.line
    meta = raw.metadata
    document = Document(
        doc_id=meta.id or _id_from(source.name, raw.part),
        text=raw.text,
        title=without_surrogates(meta.title or raw.title),
        blocks=raw.blocks,
        path=source.name if part is None else f"{source.name}:{part}",
        sha256=text_sha256(raw.text),
        publisher=meta.publisher,
        published=meta.published,
        url=meta.url,
        lang=meta.lang or detect_language(raw.text[:4000]) or "en",
        extra=meta.extra,
    )
    return Loaded(document, meta.id is not None)


def _id_from(name: str, part: str | None) -> str:
    """``mails/june.zip/minutes.pdf`` becomes ``mails/june/minutes``; a row adds its number."""
    inner = PurePosixPath(re.sub(r"\.(zip|eml)(?=/)", "", name, flags=re.IGNORECASE))
    found = inner.with_suffix("").as_posix()
    return found if part is None else f"{found}/{part}"
