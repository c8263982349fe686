"""Where every single value comes from: source, account, run, time, and who approved it.

A contact's provenance says for each field who wrote it last. Where a field has several values, those that come from
elsewhere are named under `values`, by what makes two values the same one; all others come from where the field does.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from storage.records import Cell, Person
from tasks.rules.changes import SEVERAL
from tasks.rules.normalise import field_key

VALUES = "values"

Origin = Mapping[str, Any]
OriginOf = Callable[[str, Any], Origin]
"""(field, value) → where that value comes from; the value is None for the field as a whole."""


def origin(provenance: Mapping[str, Any], field: str, value: Any = None) -> dict[str, Any]:
    """Where a field, or one of its values, comes from; empty where nobody knows."""
    whole = dict(provenance.get(field, {}))
    others = whole.pop(VALUES, {})
    return dict(others.get(field_key(field, value), whole)) if others and value is not None else whole


def written(
    before: Person, provenance: Mapping[str, Any], cells: Iterable[Cell], origin_of: OriginOf
) -> dict[str, Any]:
    """Provenance after `cells` were written over `before`: values that were there already keep their origin."""
    told = {cell.field: _field(cell, getattr(before, cell.field), provenance, origin_of) for cell in cells}
    return {**provenance, **told}


def _field(cell: Cell, before: Any, provenance: Mapping[str, Any], origin_of: OriginOf) -> dict[str, Any]:
    whole = dict(origin_of(cell.field, None))
    if cell.field not in SEVERAL:
        return whole
    held = frozenset(before)
    own = {
        field_key(cell.field, value): origin(provenance, cell.field, value)
        if value in held
        else dict(origin_of(cell.field, value))
        for value in cell.after
    }
    others = {key: its for key, its in own.items() if its != whole}
    return {**whole, VALUES: others} if others else whole
