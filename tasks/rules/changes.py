"""The three-way comparison of one contact, field by field.

*base* is the source's value when it was last written, *theirs* its value now, *ours* the CRM's. Only the source
changed: update. Only the CRM changed: keep. Both changed, and differ: a conflict, with a proposal. Fields with several
values are merged as sets, so they never conflict.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from storage.records import Cell, Labelled, Person
from tasks.rules.normalise import field_key
from tasks.rules.stand_ins import stands_in

SEVERAL = ("emails", "phones", "addresses", "urls", "tags", "custom")
FIELDS = tuple(field.name for field in fields(Person))
NOBODY = Person()

Choose = Callable[[str, Any, Any], Any]
"""(field, ours, theirs) → the value that a conflict should end with."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`cells` is what would be written; `conflicts` the fields both sides changed (before = ours, after = theirs)."""

    cells: tuple[Cell, ...] = ()
    conflicts: tuple[Cell, ...] = ()


def three_way(base: Person, theirs: Person, ours: Person, choose: Choose) -> Difference:
    cells: list[Cell] = []
    conflicts: list[Cell] = []
    for name in FIELDS:
        was, now, here = getattr(base, name), getattr(theirs, name), getattr(ours, name)
        if now in (was, here) or (name == "display_name" and _says_no_name(base, theirs, ours)):
            continue  # the source did not change it, or both sides say the same
        if name in SEVERAL:
            after = merge_sets(was, now, here, partial(field_key, name))
        elif here == was or (name == "display_name" and now and stands_in(ours)):
            after = now
        else:
            conflicts.append(Cell(name, here, now))
            after = choose(name, here, now)
        if after != here:
            cells.append(Cell(name, here, after))
    return Difference(tuple(cells), tuple(conflicts))


def _says_no_name(base: Person, theirs: Person, ours: Person) -> bool:
    """Whether a placeholder display name at the source would replace a real name in the CRM."""
    return (
        bool(ours.display_name)
        and not stands_in(ours)
        and stands_in(theirs)
        and (not base.display_name or stands_in(base))
    )


def as_creation(person: Person) -> tuple[Cell, ...]:
    """The cells that make a new contact."""
    return tuple(Cell(name, getattr(NOBODY, name), value) for name in FIELDS if (value := getattr(person, name)))


def apply_cells(person: Person, cells: Iterable[Cell]) -> Person:
    return replace(person, **{cell.field: cell.after for cell in cells})


def still_holds(ours: Person, cells: Iterable[Cell]) -> bool:
    """Whether a reviewed change still applies: each field has its old value as reviewed, or already the new one."""
    return all(getattr(ours, cell.field) in (cell.before, cell.after) for cell in cells)


def moved_fields(ours: Person, cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(cell.field for cell in cells if getattr(ours, cell.field) not in (cell.before, cell.after))


def base_after(base: Person, theirs: Person, refused: Iterable[str]) -> Person:
    """The new base after a sync. A refused field keeps its old base, so that it is offered again."""
    return replace(theirs, **{name: getattr(base, name) for name in refused})


def merge_sets(
    base: Sequence[Any], theirs: Sequence[Any], ours: Sequence[Any], key: Callable[[Any], str]
) -> tuple[Any, ...]:
    """Our values, without those the source removed, with those it added or relabelled; in our order, additions last."""
    was, now, here = ({key(value): value for value in side} for side in (base, theirs, ours))
    kept = {name: value for name, value in here.items() if name not in was or name in now}
    renamed = {name: value for name, value in now.items() if name in kept and name in was and value != was[name]}
    added = {name: value for name, value in now.items() if name not in was and name not in kept}
    filled = {
        name: _more_telling(kept[name], value)
        for name, value in now.items()
        if name in kept and name not in was and name not in renamed
    }
    return tuple((kept | filled | renamed | added).values())


def _more_telling(ours: Any, theirs: Any) -> Any:
    """Our value, with the source's label if ours has none."""
    if isinstance(ours, Labelled) and not ours.label:
        return theirs
    return ours
