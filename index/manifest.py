"""The manifest of a generation: what it was made of, and the hash of every file in it."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = 3
"""Raised whenever a service of an earlier version could misread the files."""


class OtherFormatError(ValueError):
    """The manifest is of another format than this program reads."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Stored as ``manifest.json``; everything a service needs to know is in it."""

    format: int
    generation: str
    built_at: str
    """UTC, ISO 8601."""
    fingerprint: str
    """``sha256:...`` of corpus and settings; the same input gives the same fingerprint."""
    settings: Mapping[str, Any]
    model: Mapping[str, Any]
    """Embedding model: name, sha256 of its weights, dim, and the export's facts or null."""
    reader: str
    """Name of the reader that the service is to use: our own, or a cross-encoder."""
    span_reader: str | None
    """Name of the extractive question answering model beside a cross-encoder; None for none."""
    counts: Mapping[str, int]
    languages: Mapping[str, int]
    """Number of documents by language."""
    libraries: Mapping[str, str]
    left_out: tuple[str, ...]
    """Documents that could not be used, one line each."""
    files: Mapping[str, Mapping[str, Any]]
    """For each file, ``sha256`` and ``bytes``."""

    @property
    def summary(self) -> str:
        """One line for a list of generations."""
        return (
            f"{self.generation}  {self.counts['documents']} documents, "
            f"{self.counts['passages']} passages, {self.model['name']}"
        )

    def to_json(self) -> bytes:
        """Readable JSON, keys in the order of the fields, then the SHA-256 of their values."""
        values = dataclasses.asdict(self)
        return _encode({**values, "sha256": _digest(values)})

    @classmethod
    def from_json(cls, data: bytes) -> "Manifest":
        """Inverse of ``to_json``.

        Raises OtherFormatError, or ValueError when it is no manifest or not the published one.
        """
        values = json.loads(data)
        if not isinstance(values, dict):
            raise ValueError("not a JSON object")
        if values.get("format") != FORMAT:
            raise OtherFormatError(
                f"has format {values.get('format')}, this program reads {FORMAT}"
            )
        whole = dict(values)
        stated = values.pop("sha256", None)
        if stated != _digest(values):
            raise ValueError(f"its values do not have the SHA-256 it states, {stated}")
        if data != _encode(whole):
            raise ValueError("its values are those published, but it was changed or cut")
        try:
            manifest = cls(**values)
        except TypeError as error:
            raise ValueError(f"is not a manifest of this version: {error}") from error
        return dataclasses.replace(manifest, left_out=tuple(manifest.left_out))


def _encode(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def fingerprint(settings: Mapping[str, Any], document_digests: list[str]) -> str:
    """``sha256:`` over the format, the settings and each document, in the corpus's order."""
    digest = hashlib.sha256()
    digest.update(json.dumps([FORMAT, settings], sort_keys=True).encode())
    for one in document_digests:
        digest.update(one.encode())
    return f"sha256:{digest.hexdigest()}"
