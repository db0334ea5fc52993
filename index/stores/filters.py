"""Filters as a small tree of types, written out in the engine's language with escaped literals."""

import json
from dataclasses import dataclass
from typing import Literal

from index.searchable import PassageFilter

Field = Literal["id", "doc_id", "published", "publisher", "lang", "number", "part"]
Value = str | int


@dataclass(frozen=True, slots=True)
class Compare:
    """``field operator value``. Strings are compared by code point, as ISO dates need."""

    field: Field
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    value: Value

    def text(self) -> str:
        """The expression."""
        return f"{self.field} {self.operator} {literal(self.value)}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """``field`` has one of ``values``."""

    field: Field
    values: tuple[Value, ...]

    def text(self) -> str:
        """The expression."""
        return f"{self.field} in [{', '.join(map(literal, self.values))}]"


@dataclass(frozen=True, slots=True)
class All:
    """Every one of ``parts`` holds; without any, everything passes."""

    parts: tuple["Condition", ...]

    def text(self) -> str:
        """The expression, empty when everything passes."""
        return " and ".join(f"({part.text()})" for part in self.parts)


Condition = Compare | OneOf | All


def literal(value: Value) -> str:
    """``value`` in the engine's language, so that nothing in it is read as an expression."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(int(value))


def of_documents(where: PassageFilter) -> All:
    """The condition under which a document, or a passage of it, passes ``where``."""
    parts: list[Condition] = []
    if where.doc_ids:
        parts.append(OneOf("doc_id", where.doc_ids))
    if where.published_from is not None:
        parts.append(Compare("published", ">=", where.published_from))
    if where.published_to is not None:
        # A document without a date has an empty one, which no bound from below lets through.
        parts += [Compare("published", "!=", ""), Compare("published", "<=", where.published_to)]
    if where.publishers:
        parts.append(OneOf("publisher", where.publishers))
    if where.languages:
        parts.append(OneOf("lang", where.languages))
    return All(tuple(parts))
