"""Rows of a run into its dataclass: by position and in the class's own order, for a page reads a hundred of them."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, select

T = TypeVar("T")
Made = Callable[[Any], Any]


class Shape(Generic[T]):
    """A field is the column of its name, as `made` makes it; what is in `counts` is read from columns of its own."""

    def __init__(self, kind: type[T], table: Table, counts: type[Any], **made: Made) -> None:
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # of a dataclass, as all of ours
        self._kind, self._counts = kind, counts
        self._counted = names.index("statistics")
        names.remove("statistics")
        self._made = [(names.index(name), make) for name, make in made.items()]
        self._plain = len(names)
        counted = [field.name for field in fields(counts)]
        self._columns = [table.c[name] for name in (*names, *counted)]

    def where(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        return select(*self._columns).where(*conditions)

    def within(self, rows: Select[Any]) -> Select[Any]:
        """Of rows that come in another order, or from elsewhere than the table."""
        there = rows.subquery()
        return select(*(there.c[column.name] for column in self._columns))

    def of(self, row: Row[Any]) -> T:
        values = list(row)
        counted = values[self._plain :]
        del values[self._plain :]
        for at, make in self._made:
            values[at] = make(values[at])
        values.insert(self._counted, self._counts(*counted))
        return self._kind(*values)


def or_empty(value: str | None) -> str:
    return value or ""
