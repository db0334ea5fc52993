"""How a generation lies in an engine: its collections, their fields, and the ids of their rows.

    RECORD                           an alias of the current generation's collection of passages
    RECORD__GENERATION__passages     a row a passage, id = its row in ten digits
    RECORD__GENERATION__documents    the documents as JSON, cut into parts, id = number/part
    RECORD__GENERATION__parts        files of the generation, postings, and what did not fit a row

Every id follows from the generation alone, so writing a row twice changes nothing. Every row
states the digest of what is in it, which is compared whenever the row is read.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import IndexCorrupt, RecordError
from index.types import Block, Document, Passage

LONGEST = 65_535
"""Bytes that the engine takes in one text field."""
PART = 60_000
"""Bytes of a part; some room is left below the limit."""
BLOB = PART // 4 * 3
"""Bytes whose base64 fills a part."""
POSTINGS = BLOB // 8
"""Postings of a part: a row of 4 bytes and a weight of 4 bytes each."""
VALUES = ("passage", "sentences", "terms")
"""The fields of a passage that may be longer than a field takes, and are then continued."""
PASSAGE_FIELDS = ("vector", "doc_id", *VALUES, "continued", "digest")
FILTERED = ("doc_id", "published", "publisher", "lang")
"""The fields of passages and documents by which a search may be restricted."""
PART_FIELDS = ("data", "digest")
DOCUMENT_FIELDS = ("number", "part", "parts", "doc_id", "data", "digest")

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Names:
    """The collections of one generation."""

    record: str
    slug: str
    """The generation's name in the letters that an engine allows; it sorts by age as that does."""

    @classmethod
    def of(cls, record: str, generation: str) -> "Names":
        """Those of a generation by its name."""
        return cls(record, re.sub(r"[^A-Za-z0-9]", "_", generation))

    @classmethod
    def of_collection(cls, record: str, collection: str) -> "Names | None":
        """Those of the generation that ``collection`` belongs to; None for one of others."""
        kinds = "passages|documents|parts"
        found = re.fullmatch(rf"{re.escape(record)}__(\w+)__(?:{kinds})", collection)
        return None if found is None else cls(record, found[1])

    @property
    def passages(self) -> str:
        """The collection of passages."""
        return f"{self.record}__{self.slug}__passages"

    @property
    def documents(self) -> str:
        """The collection of documents."""
        return f"{self.record}__{self.slug}__documents"

    @property
    def parts(self) -> str:
        """The collection of everything else."""
        return f"{self.record}__{self.slug}__parts"

    @property
    def all(self) -> tuple[str, str, str]:
        """All three."""
        return self.passages, self.documents, self.parts


def passage_id(row: int) -> str:
    """The id of a passage; ids sort as rows do."""
    return f"{row:010d}"


def document_id(number: int, part: int) -> str:
    """The id of a part of a document."""
    return f"{number:09d}/{part:05d}"


def part_id(kind: str, name: str, part: int) -> str:
    """The id of part ``part`` of a file, a term's postings or a continued value."""
    return f"{kind}/{name}/{part:06d}"


def continued_id(row: int, field: str, part: int) -> str:
    """The id of a part of a passage's value, 1 for the first that did not fit."""
    return part_id("passage", f"{passage_id(row)}/{field}", part)


def cut(text: str) -> list[str]:
    """``text`` in parts of at most 60,000 bytes of UTF-8, at least one."""
    data = text.encode("utf-8")
    parts, first = [], 0
    while len(data) - first > PART:
        end = first + PART
        while data[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(data[first:end].decode("utf-8"))
        first = end
    return [*parts, data[first:].decode("utf-8")]


def blob_parts(data: bytes) -> Iterator[str]:
    """``data`` in base64, cut into parts; empty data has one empty part."""
    for first in range(0, max(1, len(data)), BLOB):
        yield base64.b64encode(data[first : first + BLOB]).decode("ascii")


def blob_part_count(size: int) -> int:
    """How many parts ``size`` bytes have."""
    return max(1, -(-size // BLOB))


def to_text(array: npt.NDArray[Any]) -> str:
    """The bytes of an array in base64, little endian."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return base64.b64encode(np.ascontiguousarray(little).tobytes()).decode("ascii")


def from_text(text: str, dtype: str) -> npt.NDArray[Any]:
    """Inverse of ``to_text``, of one dimension."""
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


def digest(*values: object) -> str:
    """32 hexadecimal digits of texts, numbers and float32 vectors, in their order."""
    found = hashlib.blake2b(digest_size=16)
    for value in values:
        data = value.tobytes() if isinstance(value, np.ndarray) else str(value).encode("utf-8")
        found.update(len(data).to_bytes(8, "little") + data)
    return found.hexdigest()


def check(row: dict[str, Any], expected: str) -> None:
    """Raises IndexCorrupt when the digest that ``row`` states is not ``expected``."""
    if row["digest"] != expected:
        raise IndexCorrupt(
            f"row {row['id']} in the store is not what was written: publish the record again"
        )


def part_row(identifier: str, data: str) -> dict[str, Any]:
    """A row of the collection of parts."""
    return {"id": identifier, "data": data, "digest": digest(identifier, data)}


def part_digest(row: dict[str, Any]) -> str:
    """What the digest of a row of parts must be."""
    return digest(row["id"], row["data"])


def filtered(document: Document) -> dict[str, str]:
    """The fields by which a search may be restricted, empty where a document states none."""
    return {
        "doc_id": fits(document.doc_id),
        "published": document.published or "",
        "publisher": fits(document.publisher or ""),
        "lang": document.lang.partition("-")[0].lower(),
    }


def passage_rows(
    passage: Passage,
    document: Document,
    vector: FloatArray,
    sentences: npt.NDArray[np.float16],
    terms: tuple[IntArray, FloatArray],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of a passage, and those of parts that hold what did not fit it.

    ``terms`` are the numbers of its terms, rising, and their weights, whose sum over the terms of
    a question is its BM25.
    """
    fields = asdict(passage)
    del fields["row"], fields["doc_id"]
    packed = (
        np.concatenate([terms[0].astype("<u4").view("<u1"), terms[1].astype("<f4").view("<u1")])
        if len(terms[0])
        else np.zeros(0, "<u1")
    )
    whole = (json.dumps(fields, ensure_ascii=False), to_text(sentences), to_text(packed))
    values = {name: cut(text) for name, text in zip(VALUES, whole, strict=True)}
    row = {
        "id": passage_id(passage.row),
        "vector": vector.tolist(),
        **filtered(document),
        **{name: parts[0] for name, parts in values.items()},
        "continued": ",".join(str(len(parts) - 1) for parts in values.values()),
    }
    row["digest"] = passage_digest(row)
    more = [
        part_row(continued_id(passage.row, name, number), text)
        for name, parts in values.items()
        for number, text in enumerate(parts[1:], start=1)
    ]
    return row, more


def passage_digest(row: dict[str, Any]) -> str:
    """What the digest of a passage's row must be."""
    vector = np.asarray(row["vector"], dtype="<f4")
    return digest(row["id"], vector, row["doc_id"], *(row[v] for v in VALUES), row["continued"])


def passage_of(row: dict[str, Any]) -> Passage:
    """The passage of a row whose values are whole."""
    fields = json.loads(row["passage"])
    fields["sentences"] = tuple((start, end) for start, end in fields["sentences"])
    return Passage(row=int(row["id"]), doc_id=row["doc_id"], **fields)


def terms_of(row: dict[str, Any]) -> tuple[IntArray, FloatArray]:
    """The numbers and the weights of the terms of a row whose values are whole."""
    data = from_text(row["terms"], "<u1")
    half = len(data) // 2
    numbers = np.frombuffer(data[:half].tobytes(), dtype="<u4").astype(np.int64)
    return numbers, np.frombuffer(data[half:].tobytes(), dtype="<f4").astype(np.float32)


def document_rows(number: int, document: Document, rows: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of a document whose passages are at ``rows[0]`` up to and without ``rows[1]``."""
    parts = cut(json.dumps(asdict(document), ensure_ascii=False))
    found = []
    for part, data in enumerate(parts):
        row: dict[str, Any] = {
            "id": document_id(number, part),
            "number": number,
            "part": part,
            "parts": len(parts),
            **filtered(document),
            "first_row": rows[0],
            "end_row": rows[1],
            "data": data,
        }
        row["digest"] = document_digest(row)
        found.append(row)
    return found


def document_digest(row: dict[str, Any]) -> str:
    """What the digest of a document's row must be."""
    return digest(row["id"], row["parts"], row["doc_id"], row["data"])


def document_of(parts: Sequence[str]) -> Document:
    """The document of its parts, in their order. Raises IndexCorrupt when its text is another."""
    values = json.loads("".join(parts))
    values["blocks"] = tuple(Block(**block) for block in values["blocks"])
    document = Document(**values)
    if hashlib.sha256(document.text.encode("utf-8")).hexdigest() != document.sha256:
        raise IndexCorrupt(f"the text of document {document.doc_id} does not have its SHA-256")
    return document


def posting_parts(rows: IntArray, weights: FloatArray) -> Iterator[str]:
    """A term's postings in parts, the heaviest first; equal ones in the order of the record."""
    order = np.lexsort((rows, -weights))
    for first in range(0, len(order), POSTINGS):
        some = order[first : first + POSTINGS]
        data = rows[some].astype("<u4").tobytes() + weights[some].astype("<f4").tobytes()
        yield base64.b64encode(data).decode("ascii")


def postings_of(text: str) -> tuple[IntArray, FloatArray]:
    """Inverse of ``posting_parts`` for one part."""
    data = base64.b64decode(text)
    half = len(data) // 2
    return (
        np.frombuffer(data[:half], dtype="<u4").astype(np.int64),
        np.frombuffer(data[half:], dtype="<f4").astype(np.float32),
    )


def fits(value: str) -> str:
    """``value``, a document's id or publisher, if the engine can take it. Raises RecordError."""
    if len(value.encode("utf-8")) > LONGEST:
        raise RecordError(
            f"a document's id or publisher, {value[:60]!r}..., has more than {LONGEST} bytes"
        )
    return value
