"""Converts rows of runs to their dataclass, a page at once, without Python work per field: pages have thousands."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Result, Row, Select, Table, select

T = TypeVar("T")
Made = Callable[[Any], Any]


class Shape(Generic[T]):
    """A field is the column of its name, as `made` makes it; `statistics` are read from columns of their own."""

    def __init__(self, kind: type[T], table: Table, counts: type[Any], **made: Made) -> None:
        self._kind, self._made = kind, made
        self._names = [field.name for field in fields(kind) if field.name != "statistics"]  # type: ignore[arg-type]  # of a dataclass, as all of ours
        self._counted = [field.name for field in fields(counts)]
        self._columns = [table.c[name] for name in (*self._names, *self._counted)]

    def where(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        return select(*self._columns).where(*conditions)

    def within(self, rows: Select[Any]) -> Select[Any]:
        """The query for rows from another selectable than the table."""
        there = rows.subquery()
        return select(*(there.c[column.name] for column in self._columns))

    def of(self, row: Row[Any]) -> T:
        return msgspec.convert(self._told(row), self._kind)

    def all(self, rows: Result[Any]) -> list[T]:
        return msgspec.convert([self._told(row) for row in rows.all()], list[self._kind])  # type: ignore[name-defined]  # known at run time

    def _told(self, row: Row[Any]) -> dict[str, Any]:
        told = dict(zip(self._names, row, strict=False))
        told["statistics"] = dict(zip(self._counted, row[len(self._names) :], strict=True))
        for name, make in self._made.items():
            told[name] = make(told[name])
        return told


def or_empty(value: str | None) -> str:
    return value or ""
