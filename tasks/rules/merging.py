"""What one contact would be made of two: for each field which value survives, and why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from storage.records import Cell, Contact, Survivorship
from tasks.rules import provenance
from tasks.rules.changes import FIELDS, SEVERAL, apply_cells, merge_sets
from tasks.rules.normalise import field_key
from tasks.rules.stand_ins import stands_in
from tasks.rules.survivorship import Claim, survivor

NAMES = ("given_name", "family_name", "display_name")  # of one person: never the one's given, the other's family name


class NoSuchField(Exception):
    """A field was asked for that contacts do not have, or in which nothing need give way."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one field in which the two contacts differ."""

    field: str
    kept: Any
    gone: Any
    after: Any
    why: str


@dataclass(frozen=True, slots=True)
class Merged:
    contact: Contact
    outcomes: tuple[Outcome, ...]


def merged(kept: Contact, gone: Contact, rules: Survivorship, *, take: Collection[str] = ()) -> Merged:
    """`take` names fields whose value is the disappearing contact's, whatever the rules say."""
    if unknown := [name for name in take if name not in FIELDS or name in SEVERAL]:
        raise NoSuchField(f"{unknown[0]!r} is no field with a single value")
    differing = [name for name in FIELDS if getattr(kept.person, name) != getattr(gone.person, name)]
    outcomes = tuple(_outcome(name, kept, gone, rules, take) for name in differing)
    cells = [Cell(one.field, one.kept, one.after) for one in outcomes if one.after != one.kept]
    place = kept if kept.pipeline else gone
    contact = replace(
        kept, version=kept.version + 1, person=apply_cells(kept.person, cells), provenance=_whence(kept, gone, cells),
        pipeline=place.pipeline, stage=place.stage,
    )  # fmt: skip
    return Merged(contact, outcomes)


def _outcome(name: str, kept: Contact, gone: Contact, rules: Survivorship, take: Collection[str]) -> Outcome:
    ours, theirs = getattr(kept.person, name), getattr(gone.person, name)
    if name in SEVERAL:
        return Outcome(name, ours, theirs, merge_sets((), theirs, ours, partial(field_key, name)), "all of both")
    if name in take or (name in NAMES and not set(take).isdisjoint(NAMES)):
        return Outcome(name, ours, theirs, theirs, "chosen")
    if name in NAMES and (nameless := stands_in(kept.person)) != stands_in(gone.person):
        return Outcome(name, ours, theirs, (theirs or ours) if nameless else (ours or theirs), "the only name")
    mine, their = _claims(_decisive(name, kept, gone), kept, gone)
    found = survivor(name, mine, their, rules)
    return Outcome(name, ours, theirs, (theirs if found.claim is their else ours) or ours or theirs, found.why)


def _decisive(name: str, kept: Contact, gone: Contact) -> str:
    """Whose display name survives, of whom is the whole name."""
    ours, theirs = kept.person.display_name, gone.person.display_name
    return "display_name" if name in NAMES and ours and theirs and ours != theirs else name


def _claims(name: str, kept: Contact, gone: Contact) -> tuple[Claim, Claim]:
    ours, theirs = (Claim(getattr(one.person, name), one.provenance.get(name, {})) for one in (kept, gone))
    return ours, theirs


def _whence(kept: Contact, gone: Contact, cells: Iterable[Cell]) -> dict[str, Any]:
    def origin_of(field: str, value: Any) -> provenance.Origin:
        whole_of_kept = value is None and field in SEVERAL and getattr(kept.person, field)
        return provenance.origin((kept if whole_of_kept else gone).provenance, field, value)

    return provenance.written(kept.person, kept.provenance, cells, origin_of)
