"""Checking the metadata that a document gives of itself."""

import datetime
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

INTERPRETED = ("id", "title", "publisher", "published", "url", "lang")

_NOBODY = re.compile(r"\W*(anonymous|unknown|user|admin|administrator|author|none)\W*", re.I)
"""What programs write where an author is to stand."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Interpreted fields, each None when not given, and the rest in its order."""

    id: str | None = None
    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    url: str | None = None
    lang: str | None = None
    extra: dict[str, str] = field(default_factory=dict)


def parse_metadata(values: Mapping[str, Any], *, keep_extra: bool = True) -> Metadata:
    """Check and normalise ``values``. Raises ValueError naming the field and its value."""
    known = {key: _text(key, values.get(key)) for key in INTERPRETED}
    known["published"] = _iso_date(values.get("published"))
    url = known["url"]
    if url is not None and not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        raise ValueError(f"url: {url!r} must begin with http:// or https://")
    lang = known["lang"]
    if lang is not None and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", lang):
        raise ValueError(f"lang: {lang!r} is not a language tag such as en or vi")
    extra: dict[str, str] = {}
    if keep_extra:
        for key, value in values.items():
            if key not in INTERPRETED and isinstance(value, str | int | float | datetime.date):
                extra[str(key)] = _characters(str(key), str(value).strip())
    return Metadata(**known, extra=extra)


def found_metadata(extra: Mapping[str, str | None], **values: Any) -> Metadata:
    """Metadata that a file carries of itself: what cannot be understood is not kept.

    ``extra`` is shown to readers in its order, without what is empty.
    """
    known: dict[str, Any] = {}
    for key, value in values.items():
        try:
            known[key] = getattr(parse_metadata({key: value}), key)
        except ValueError:
            continue
    shown = {key: _without_controls(value) for key, value in extra.items() if value}
    kept = {key: value for key, value in shown.items() if value and not _NOBODY.fullmatch(value)}
    return Metadata(**known, extra=kept)


def _without_controls(value: str) -> str:
    kept = "".join(c if c.isprintable() else " " for c in value)
    return re.sub(r"\s+", " ", kept).strip()[:500]


def title_from_path(path: PurePath) -> str:
    """``roundtable-vna_report.txt`` becomes ``Roundtable vna report``."""
    words = re.sub(r"[-_\s]+", " ", path.stem).strip() or path.name
    return words[0].upper() + words[1:]


def _text(key: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime.date):
        raise ValueError(
            f"{key}: expected text, found {type(value).__name__} {reprlib.repr(value)}"
        )
    return _characters(key, re.sub(r"\s+", " ", str(value)).strip()) or None


def _characters(key: str, text: str) -> str:
    """``text``. Raises ValueError when it holds a lone surrogate, which cannot be stored."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{key}: {text!r} holds a lone surrogate, which is no character") from None
    return text


def _iso_date(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError:
        raise ValueError(f"published: {value!r} is not a date such as 2025-03-12") from None
