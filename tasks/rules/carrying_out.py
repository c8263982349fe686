"""Apply one approved row to its contact in its current state."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from storage.records import MANUAL, Cell, Change, ChangeKind, Contact, Edits, Person, SourceLink
from tasks.rules import provenance
from tasks.rules.changes import apply_cells, base_after, moved_fields, still_holds


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a sync's values, as recorded in each field's provenance."""

    source: str
    account: str
    sync: str
    approved_by: str
    at: datetime

    def of(self, link: SourceLink) -> dict[str, Any]:
        return self._said(self.source, self.account, link.modified_at or self.at)

    def of_reviewer(self) -> dict[str, Any]:
        return self._said(MANUAL, "", self.at)

    def _said(self, source: str, account: str, moment: datetime) -> dict[str, Any]:
        return {
            "source": source,
            "account": account,
            "sync": self.sync,
            "by": self.approved_by,
            "at": moment.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Written:
    """The contact to write (None if only links change), and its links."""

    contact: Contact | None
    links: tuple[SourceLink, ...]
    fields: tuple[str, ...]
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """The contact changed since the review in a way that affects what was approved, so the row is not written."""

    reason: str


def carry_out(
    change: Change,
    now_there: Contact | None,
    edits: Edits | None,
    origin: Origin,
    new_id: str,
    *,
    taken: AbstractSet[str] = frozenset(),
) -> Written | Stale:
    """`taken`: addresses of contacts added to the CRM since the review; creating a contact with one would duplicate."""
    if change.proposal is None:
        return Stale("the plan's values are no longer there")
    edits = edits or Edits()
    cells = _edited(change.proposal.cells, edits)
    if reason := _moved_on(change, now_there, cells, taken):
        return Stale(reason)
    links = tuple(_tied(link, edits) for link in change.proposal.links)
    if now_there is None:
        return _created(cells, links, edits, origin, new_id)
    if change.kind is ChangeKind.REMOVED:
        return Written(None, links, ())
    return _updated(now_there, cells, links, edits, origin)


def _moved_on(change: Change, now_there: Contact | None, cells: tuple[Cell, ...], taken: AbstractSet[str]) -> str:
    """Why the approved change no longer applies; empty if it does, whatever else has changed in the contact."""
    if change.kind is ChangeKind.CREATE:
        twice = _addresses(cells) & taken
        return "a contact with the same address came into the CRM since the review" if twice else ""
    if now_there is None:
        return "the contact was deleted since the review"
    if now_there.version == change.seen_version or still_holds(now_there.person, cells):
        return ""
    moved = ", ".join(moved_fields(now_there.person, cells))
    return f"changed since the review: {moved} (version {change.seen_version} → {now_there.version})"


def _addresses(cells: tuple[Cell, ...]) -> set[str]:
    return {email.value.casefold() for cell in cells if cell.field == "emails" for email in cell.after}


def _created(
    cells: tuple[Cell, ...], links: tuple[SourceLink, ...], edits: Edits, origin: Origin, new_id: str
) -> Written:
    whence = provenance.written(Person(), {}, cells, _origins(links, edits, origin))
    contact = Contact(new_id, 1, apply_cells(Person(), cells), whence)
    return Written(contact, links, _names(cells), refused=bool(edits.refused))


def _updated(
    contact: Contact, cells: tuple[Cell, ...], links: tuple[SourceLink, ...], edits: Edits, origin: Origin
) -> Written:
    person = apply_cells(contact.person, cells)
    if person == contact.person:
        return Written(None, links, (), refused=bool(edits.refused))
    whence = provenance.written(contact.person, contact.provenance, cells, _origins(links, edits, origin))
    written = replace(contact, version=contact.version + 1, person=person, provenance=whence)
    return Written(written, links, _names(cells), refused=bool(edits.refused))


def _edited(cells: tuple[Cell, ...], edits: Edits) -> tuple[Cell, ...]:
    """A row's cells after the reviewer's edits: without refused fields, and with values typed instead of proposed.

    A conflict resolved in favour of the CRM has no cell, unless the reviewer gives it a value.
    """
    chosen = {cell.field: cell for cell in (*cells, *edits.values)}
    return tuple(cell for cell in chosen.values() if cell.field not in edits.refused)


def _origins(links: tuple[SourceLink, ...], edits: Edits, origin: Origin) -> provenance.OriginOf:
    """The provenance of each cell: a value typed by the reviewer is a manual edit; one merely chosen, the source's."""
    told = [origin.of(link) for link in links]
    typed = {cell.field for cell in edits.values if cell.after != getattr(links[0].person, cell.field)}
    reviewer = origin.of_reviewer()

    def origin_of(field: str, value: Any) -> provenance.Origin:
        if value is not None:
            for link, whence in zip(links, told, strict=True):
                if value in getattr(link.person, field):
                    return whence
        return reviewer if field in typed else told[0]

    return origin_of


def _tied(link: SourceLink, edits: Edits) -> SourceLink:
    return replace(link, person=base_after(link.base, link.person, edits.refused))


def _names(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    return tuple(cell.field for cell in cells)
