"""Stops before review, for plans that look like an accident rather than like work.

    UnsafePlan
    ├── SourceWentEmpty     nothing came from a source that had brought contacts before
    ├── TooManyRemovals
    ├── TooManyUpdates
    ├── FieldBlanked        a field emptied on most of those who have it
    └── SameValueOnMany     one e-mail address or phone number on many people

Each carries its numbers and the way out; octoDNS's thresholds are the model.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.records import Change, ChangeKind, Person

SMALLEST = 10
REMOVALS = 0.10
UPDATES = 0.30
BLANKED = 0.50
REPEATED = 0.10


class Allow(StrEnum):
    """What a person may let pass, knowingly, for one run."""

    REMOVALS = "removals"
    UPDATES = "updates"
    BLANKS = "blanks"
    REPEATS = "repeats"


class UnsafePlan(Exception):
    allow: Allow


class SourceWentEmpty(UnsafePlan):
    allow = Allow.REMOVALS

    def __init__(self, linked: int) -> None:
        super().__init__(
            f"the source gave no contact at all, where {linked} were linked; --allow-removals to go on all the same"
        )


class TooManyRemovals(UnsafePlan):
    allow = Allow.REMOVALS

    def __init__(self, removed: int, linked: int) -> None:
        super().__init__(
            f"{removed} of {linked} contacts would go, limit {REMOVALS:.0%}; --allow-removals to go on all the same"
        )


class TooManyUpdates(UnsafePlan):
    allow = Allow.UPDATES

    def __init__(self, updated: int, linked: int) -> None:
        super().__init__(
            f"{updated} of {linked} contacts would change, limit {UPDATES:.0%}; --allow-updates to go on all the same"
        )


class FieldBlanked(UnsafePlan):
    allow = Allow.BLANKS

    def __init__(self, field: str, emptied: int, holders: int) -> None:
        super().__init__(
            f"{field} would be emptied on {emptied} of {holders} contacts that have it, limit {BLANKED:.0%}; "
            "--allow-blanks to go on all the same"
        )


class SameValueOnMany(UnsafePlan):
    allow = Allow.REPEATS

    def __init__(self, field: str, holders: int, people: int) -> None:
        super().__init__(
            f"{holders} of {people} people share one value in {field}, limit {REPEATED:.0%}; "
            "--allow-repeats to go on all the same"
        )


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there was before, and how much was read: what a plan's size is measured against."""

    linked: int
    seen: int
    full: bool
    holders: Mapping[str, int]  # of each field that would be emptied: on how many the source had given it


def unsafe(changes: Sequence[Change], extent: Extent) -> list[UnsafePlan]:
    """Everything about a plan that should stop it, all at once so that nobody meets the second stop after the first."""
    # Filling in what the CRM did not know harms nobody; what counts is values that would be replaced or lost.
    overwriting = [change for change in changes if _overwrites(change)]
    removals = sum(change.kind is ChangeKind.REMOVED for change in changes)
    found: list[UnsafePlan] = []
    if extent.full and extent.linked and not extent.seen:
        found.append(SourceWentEmpty(extent.linked))
    elif _too_many(removals, extent.linked, REMOVALS):
        found.append(TooManyRemovals(removals, extent.linked))
    if _too_many(len(overwriting), extent.linked, UPDATES):
        found.append(TooManyUpdates(len(overwriting), extent.linked))
    found += [
        FieldBlanked(field, count, extent.holders[field])
        for field, count in blanked(changes).items()
        if _too_many(count, extent.holders[field], BLANKED)
    ]
    return found


def repeated(field: str, holders: int, people: int) -> SameValueOnMany | None:
    """One address or number on far more people than share a household or a switchboard."""
    return SameValueOnMany(field, holders, people) if holders >= 2 * SMALLEST and holders > REPEATED * people else None


def _too_many(count: int, whole: int, limit: float) -> bool:
    """Of a handful, one or two are soon a large share: shares are judged from ten on."""
    return whole >= SMALLEST and count > limit * whole


def _overwrites(change: Change) -> bool:
    if change.proposal is None or all(link.base == Person() for link in change.proposal.links):
        return False
    return any(cell.before for cell in change.proposal.cells)


def blanked(changes: Iterable[Change]) -> Counter[str]:
    """On how many contacts each field would be emptied that the source had given."""
    return Counter(
        cell.field
        for change in changes
        if change.proposal and _overwrites(change)
        for cell in change.proposal.cells
        if cell.before and not cell.after
    )
