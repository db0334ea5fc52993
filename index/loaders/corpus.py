"""Walking a corpus and turning each file into documents, errors named and passed on."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import CorpusError
from index.language import detect_language
from index.loaders.blocks import text_sha256
from index.loaders.html import load_html
from index.loaders.json_lines import load_json_lines
from index.loaders.markdown import load_markdown
from index.loaders.plain_text import load_plain_text
from index.loaders.raw import RawDocument
from index.types import Document

LOADERS: dict[str, Callable[[Path], RawDocument]] = {
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".txt": load_plain_text,
    ".text": load_plain_text,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
}
JSON_LINES = (".jsonl", ".ndjson")
SUPPORTED = (*LOADERS, *JSON_LINES)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is no document for us; named, and no error even with ``--strict``."""

    path: str
    reason: str


def load_corpus(corpora: Sequence[Path]) -> Iterator[Document | CorpusError | Skipped]:
    """Yield every document of ``corpora`` in a fixed order, and what is wrong with the others.

    Raises CorpusError when one of ``corpora`` itself does not exist.
    """
    seen: dict[str, str] = {}
    for corpus in corpora:
        if not corpus.exists():
            raise CorpusError(corpus, "does not exist: give a folder, a document or a .jsonl file")
        for path, name in _files(corpus):
            if isinstance(name, Skipped):
                yield name
                continue
            for item in _load(path, name):
                if isinstance(item, Document):
                    if item.doc_id in seen:
                        yield CorpusError(
                            item.path,
                            f"duplicate id {item.doc_id!r}: {seen[item.doc_id]} has it already; "
                            "rename the file or give it an id of its own",
                        )
                        continue
                    seen[item.doc_id] = item.path
                yield item


def _files(corpus: Path) -> Iterator[tuple[Path, str | Skipped]]:
    """Yield each file with its name below the corpus, or with why it is passed over."""
    if not corpus.is_dir():
        yield corpus, corpus.name
        return
    root = corpus.resolve()
    for folder, subfolders, names in os.walk(corpus):
        subfolders[:] = sorted(s for s in subfolders if not s.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(corpus).as_posix()
            if name.startswith(".") or path.stem.lower() == "readme":
                continue
            if not path.resolve().is_relative_to(root):
                yield path, Skipped(relative, "is a link that leads out of the corpus")
            elif path.suffix.lower() not in SUPPORTED:
                yield path, Skipped(relative, f"is none of {', '.join(SUPPORTED)}")
            else:
                yield path, relative


def _load(path: Path, name: str) -> Iterator[Document | CorpusError]:
    suffix = path.suffix.lower()
    try:
        if suffix in JSON_LINES:
            for item in load_json_lines(path):
                yield _finished(item, path, name) if isinstance(item, RawDocument) else item
        elif suffix in LOADERS:
            yield _finished(LOADERS[suffix](path), path, name)
        else:
            yield CorpusError(path, f"is none of {', '.join(SUPPORTED)}")
    except CorpusError as error:
        yield error


def _finished(raw: RawDocument, path: Path, name: str) -> Document | CorpusError:
    place = name if raw.line is None else f"{name}:{raw.line}"
    if not raw.blocks:
        return CorpusError(path, "is empty: it holds no letters or digits", raw.line)
    meta = raw.metadata
    return Document(
        doc_id=meta.id or Path(name).with_suffix("").as_posix(),
        text=raw.text,
        title=meta.title or raw.title,
        blocks=raw.blocks,
        path=place,
        sha256=text_sha256(raw.text),
        publisher=meta.publisher,
        published=meta.published,
        url=meta.url,
        lang=meta.lang or detect_language(raw.text[:4000]) or "en",
        extra=meta.extra,
    )
