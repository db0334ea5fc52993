"""Walking a corpus and turning each file into documents, errors named and passed on."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from index.errors import CorpusError
from index.loaders.child_process import ChildReader
from index.loaders.formats import (
    FORMATS,
    SIMPLE,
    Item,
    finished,
    is_passed_over,
    read,
    suffix_of,
    unknown,
)
from index.loaders.json_lines import stream_json_lines
from index.loaders.limits import Limits
from index.loaders.raw import Loaded, RawDocument, Skipped
from index.loaders.reading import read_bytes
from index.loaders.source import Source
from index.types import Document


def load_corpus(
    corpora: Sequence[Path], limits: Limits = Limits()
) -> Iterator[Document | CorpusError | Skipped]:
    """Yield every document of ``corpora`` in a fixed order, and what is wrong with the others.

    Raises CorpusError when one of ``corpora`` itself does not exist.
    """
    seen: dict[str, str] = {}
    with ChildReader(limits) as child:
        for corpus in corpora:
            if not corpus.exists():
                raise CorpusError(corpus, "does not exist: give a folder, a document or a .jsonl")
            for path, name in _files(corpus):
                if isinstance(name, Skipped):
                    yield name
                    continue
                for item in _load(path, name, child, limits):
                    yield _with_free_id(item, seen) if isinstance(item, Loaded) else item


def _with_free_id(item: Loaded, seen: dict[str, str]) -> Document | CorpusError:
    """The document, under its path with the ending when another one has the path without."""
    document = item.document
    if document.doc_id in seen and not item.own_id:
        document = replace(document, doc_id=document.path)
    if document.doc_id in seen:
        return CorpusError(
            document.path,
            f"duplicate id {document.doc_id!r}: {seen[document.doc_id]} has it already; "
            "rename the file or give it an id of its own",
        )
    seen[document.doc_id] = document.path
    return document


def _files(corpus: Path) -> Iterator[tuple[Path, str | Skipped]]:
    """Yield each file with its name below the corpus, or with why it is passed over."""
    if not corpus.is_dir():
        yield corpus, corpus.name
        return
    root = corpus.resolve()
    for folder, subfolders, names in os.walk(corpus):
        subfolders[:] = sorted(s for s in subfolders if not s.startswith("."))
        for name in subfolders:
            path = Path(folder, name)
            if path.is_symlink():
                relative = path.relative_to(corpus).as_posix()
                yield path, Skipped(relative, "is a link to a folder, which is not followed")
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(corpus).as_posix()
            if is_passed_over(name):
                continue
            if not _is_unicode(relative):
                shown = os.fsencode(relative).decode("utf-8", "replace")
                yield path, Skipped(shown, "has a name that is not UTF-8: rename it")
            elif not path.resolve().is_relative_to(root):
                yield path, Skipped(relative, "is a link that leads out of the corpus")
            elif suffix_of(name) not in FORMATS:
                yield path, Skipped(relative, unknown(name))
            else:
                yield path, relative


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _load(path: Path, name: str, child: ChildReader, limits: Limits) -> Iterator[Item]:
    suffix = suffix_of(name)
    if suffix in (".jsonl", ".ndjson"):
        source = Source(str(path), name, b"", limits)
        for item in stream_json_lines(path):
            yield finished(item, source) if isinstance(item, RawDocument) else item
    elif suffix in SIMPLE:
        try:
            data = read_bytes(path, limits)
        except CorpusError as error:
            yield error
        else:
            yield from read(Source(str(path), name, data, limits))
    elif suffix in FORMATS:
        yield from child.read(path, name)
    else:
        yield CorpusError(path, unknown(name))
