"""Documents and passages in one SQLite file, read-only and immutable once published."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from index.recently_used import RecentlyUsed
from index.types import Block, Document, Passage

KEPT_CHARACTERS = 8_000_000
"""Of documents; one that is quoted is asked for several times."""
_SCHEMA = """
CREATE TABLE document (
    number INTEGER PRIMARY KEY, doc_id TEXT UNIQUE NOT NULL, first_passage INTEGER NOT NULL,
    passages INTEGER NOT NULL, publisher TEXT, published TEXT, lang TEXT NOT NULL,
    title TEXT NOT NULL, text TEXT NOT NULL, blocks TEXT NOT NULL, path TEXT NOT NULL,
    sha256 TEXT NOT NULL, url TEXT, extra TEXT NOT NULL);
CREATE INDEX document_filters ON document(published, publisher, lang, first_passage, passages);
CREATE TABLE passage (
    row INTEGER PRIMARY KEY, document INTEGER NOT NULL, passage_id TEXT UNIQUE NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, paragraph INTEGER NOT NULL,
    sentences TEXT NOT NULL, section TEXT, page INTEGER, first_sentence INTEGER NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX passage_document ON passage(document);
CREATE INDEX passage_first_sentence ON passage(first_sentence);
"""
_DOCUMENT = "doc_id, text, title, blocks, path, sha256, publisher, published, url, lang, extra"
_PASSAGE = (
    "SELECT p.row, p.passage_id, d.doc_id, p.text, p.start, p.end, p.paragraph, p.sentences, "
    "p.section, p.page FROM passage p JOIN document d ON d.number = p.document "
)


class RecordWriter:
    """Writes the store of a new generation; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self.documents = 0
        self.passages = 0
        self.sentences = 0

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Append one document with its passages, whose rows must continue those stored."""
        blocks = json.dumps([[b.start, b.end, b.kind, b.level, b.page] for b in document.blocks])
        self._db.execute(
            f"INSERT INTO document (number, first_passage, passages, {_DOCUMENT}) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                self.documents,
                self.passages,
                len(passages),
                document.doc_id,
                document.text,
                document.title,
                blocks,
                document.path,
                document.sha256,
                document.publisher,
                document.published,
                document.url,
                document.lang,
                json.dumps(document.extra, ensure_ascii=False),
            ),
        )
        for p in passages:
            if p.row != self.passages:
                raise ValueError(f"passage {p.passage_id} has row {p.row}, not {self.passages}")
            self._db.execute(
                "INSERT INTO passage VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    p.row,
                    self.documents,
                    p.passage_id,
                    p.start,
                    p.end,
                    p.paragraph,
                    json.dumps(p.sentences),
                    p.section,
                    p.page,
                    self.sentences,
                    p.text,
                ),
            )
            self.passages += 1
            self.sentences += len(p.sentences)
        self.documents += 1

    def __enter__(self) -> "RecordWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._db.execute("COMMIT")
        finally:
            self._db.close()


class RecordStore:
    """Reads a published store. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self._recent: RecentlyUsed[str, Document] = RecentlyUsed(
            KEPT_CHARACTERS, lambda document: len(document.text)
        )

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """The documents in the order of the corpus, from ``offset`` on and at most ``limit``."""
        query = f"SELECT {_DOCUMENT} FROM document WHERE number >= ? ORDER BY number LIMIT ?"
        return [_document(r) for r in self._all(query, (offset, -1 if limit is None else limit))]

    def documents_of(self, rows: Iterable[int]) -> list[Document]:
        """The documents of the passages at ``rows``, each once, in the order of the corpus."""
        wanted = [int(r) for r in rows]
        numbers: set[int] = set()
        for first in range(0, len(wanted), 500):
            chunk = wanted[first : first + 500]
            marks = ",".join("?" * len(chunk))
            query = f"SELECT DISTINCT document FROM passage WHERE row IN ({marks})"
            numbers.update(r[0] for r in self._all(query, chunk))
        query = f"SELECT {_DOCUMENT} FROM document WHERE number = ?"
        return [_document(r) for n in sorted(numbers) for r in self._all(query, (n,))]

    def document(self, doc_id: str) -> Document | None:
        """One document, or None when the record has none of that id."""
        kept = self._recent.get(doc_id)
        if kept is not None:
            return kept
        rows = self._all(f"SELECT {_DOCUMENT} FROM document WHERE doc_id = ?", (doc_id,))
        if not rows:
            return None
        found = _document(rows[0])
        self._recent.add(doc_id, found)
        return found

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at ``rows``, in that order."""
        wanted = [int(r) for r in rows]
        found = {}
        for first in range(0, len(wanted), 500):
            chunk = wanted[first : first + 500]
            marks = ",".join("?" * len(chunk))
            for r in self._all(f"{_PASSAGE} WHERE p.row IN ({marks})", chunk):
                found[r[0]] = _passage(r)
        return [found[r] for r in wanted]

    def texts(self) -> Iterator[tuple[str, list[str]]]:
        """What is embedded of each passage by row: its text under its headings; its sentences.

        Read as it is asked for, so that a large record is never in memory at once.
        """
        query = (
            "SELECT d.title, p.section, p.text, p.start, p.sentences "
            "FROM passage p JOIN document d ON d.number = p.document ORDER BY p.row"
        )
        for title, section, text, start, spans in self._stream(query):
            sentences = [text[s - start : e - start] for s, e in json.loads(spans)]
            yield embedding_text(title, section, text), sentences

    def document_texts(self) -> Iterator[str]:
        """The stored text of each document in the order of the corpus, one at a time."""
        return (r[0] for r in self._stream("SELECT text FROM document ORDER BY number"))

    def sentence_count(self) -> int:
        """Number of sentences of all passages."""
        found = self._all("SELECT first_sentence, sentences FROM passage ORDER BY row DESC LIMIT 1")
        return found[0][0] + len(json.loads(found[0][1])) if found else 0

    def first_sentences(self) -> npt.NDArray[np.int64]:
        """``(passages,)``: for each passage the number of its first sentence in the record."""
        # They rise with the rows. In this order the index alone is read, and no text.
        found = self._stream("SELECT first_sentence FROM passage ORDER BY first_sentence")
        return np.fromiter((r[0] for r in found), dtype=np.int64)

    def rows(
        self,
        doc_ids: Sequence[str] = (),
        published_from: str | None = None,
        published_to: str | None = None,
        publishers: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> npt.NDArray[np.int64]:
        """Rows of the passages whose document passes every filter that is given, rising.

        A document without a date or a publisher never passes a filter of it. ``languages`` are
        compared with the first code of a document's own.
        """
        conditions, values = ["1"], list[str]()
        language = "lower(substr(lang, 1, instr(lang || '-', '-') - 1))"
        for column, wanted in (
            ("doc_id", doc_ids), ("publisher", publishers), (language, languages),
        ):  # fmt: skip
            if wanted:
                conditions.append(f"{column} IN ({','.join('?' * len(wanted))})")
                values += wanted
        if published_from is not None:
            conditions.append("published >= ?")
            values.append(published_from)
        if published_to is not None:
            conditions.append("published <= ?")
            values.append(published_to)
        query = (
            "SELECT first_passage, passages FROM document "
            f"WHERE {' AND '.join(conditions)} ORDER BY first_passage"
        )
        # The passages of a document stand together.
        ranges = [np.arange(first, first + count) for first, count in self._all(query, values)]
        return np.concatenate([*ranges, np.zeros(0, np.int64)])

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()

    def _stream(self, query: str) -> Iterator[tuple]:  # type: ignore[type-arg]
        with self._lock:
            cursor = self._db.execute(query)
        while True:
            with self._lock:
                rows = cursor.fetchmany(256)
            if not rows:
                return
            yield from rows

    def _all(self, query: str, values: Sequence[str | int] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._db.execute(query, values).fetchall()


def embedding_text(title: str, section: str | None, text: str) -> str:
    """What is embedded and searched for a passage: its title and heading give it context."""
    return "\n".join([*(h for h in (title, section) if h), text])


def _document(row: tuple) -> Document:  # type: ignore[type-arg]
    doc_id, text, title, blocks, path, sha256, publisher, published, url, lang, extra = row
    return Document(
        doc_id=doc_id,
        text=text,
        title=title,
        blocks=tuple(Block(*b) for b in json.loads(blocks)),
        path=path,
        sha256=sha256,
        publisher=publisher,
        published=published,
        url=url,
        lang=lang,
        extra=json.loads(extra),
    )


def _passage(row: tuple) -> Passage:  # type: ignore[type-arg]
    return Passage(
        row=row[0],
        passage_id=row[1],
        doc_id=row[2],
        text=row[3],
        start=row[4],
        end=row[5],
        paragraph=row[6],
        sentences=tuple((s, e) for s, e in json.loads(row[7])),
        section=row[8],
        page=row[9],
    )
