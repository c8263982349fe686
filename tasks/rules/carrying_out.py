"""What one approved row does to the contact it is about, given how that contact stands now."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from storage.records import MANUAL, Cell, Change, ChangeKind, Contact, Edits, Person, SourceLink
from tasks.rules import provenance
from tasks.rules.changes import apply_cells, base_after, moved_fields, still_holds


@dataclass(frozen=True, slots=True)
class Origin:
    """Who is behind the values of one run: what each field's provenance says."""

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
    """`contact` as it will be (None where only links change), and the links that then stand behind it."""

    contact: Contact | None
    links: tuple[SourceLink, ...]
    fields: tuple[str, ...]
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """The contact moved on since the review, in a way that changes what was approved: it is handed back."""

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
    """`taken` holds addresses of contacts that came into the CRM since the review: to create them anew would double."""
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
    """Why what was approved is no longer what would happen; empty where it still is, whatever else has changed."""
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
    """What the reviewer left of a row: refused fields gone, given values in place of the proposed ones.

    A conflict that would end with the CRM's own value has no cell until the reviewer gives it one.
    """
    chosen = {cell.field: cell for cell in (*cells, *edits.values)}
    return tuple(cell for cell in chosen.values() if cell.field not in edits.refused)


def _origins(links: tuple[SourceLink, ...], edits: Edits, origin: Origin) -> provenance.OriginOf:
    """A value that the reviewer typed is the reviewer's, and survives as such; one merely chosen is the source's."""
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
