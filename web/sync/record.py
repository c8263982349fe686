"""One row of a plan for review: for each field the values of both sides, and what would be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.records import Cell, Change, Contact, Edits, Labelled, Person
from tasks.rules.changes import FIELDS, SEVERAL
from tasks.rules.normalise import field_key
from tasks.rules.provenance import origin
from tasks.rules.wording import as_text
from web.words import FIELDS as WORDS

NOBODY = Person()
TYPEABLE = tuple(name for name in FIELDS if name not in {"addresses", "custom"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A value, or one of several, and whether it is added, removed or kept."""

    text: str
    fate: str


@dataclass(frozen=True, slots=True)
class Field:
    """`choice` is the reviewer's: proposed, crm, source or own."""

    name: str
    ours: str
    theirs: str
    pieces: tuple[Piece, ...]
    is_change: bool
    is_conflict: bool
    choice: str
    typed: str
    origin: Mapping[str, Any]

    @property
    def is_typeable(self) -> bool:
        return self.name in TYPEABLE

    @property
    def is_long(self) -> bool:
        return self.name in SEVERAL or self.name == "notes"

    @property
    def offers_source(self) -> bool:
        """Whether the source's value is neither the CRM's nor the proposed one."""
        return self.is_conflict and self.theirs not in {
            self.ours,
            "; ".join(p.text for p in self.pieces if p.fate != "goes"),
        }


def fields_of(change: Change, contact: Contact | None, edits: Edits) -> list[Field]:
    """Changed fields first, in the order of a business card; then unchanged ones."""
    if change.proposal is None:
        return []
    source = change.proposal.links[0].person if change.proposal.links else NOBODY
    ours = contact.person if contact else NOBODY
    cells = {cell.field: cell for cell in change.proposal.cells}
    conflicts = {cell.field: cell for cell in change.proposal.conflicts}
    typed = {cell.field: cell for cell in edits.values}
    provenance = contact.provenance if contact else {}
    found = [
        _field(name, cells.get(name), conflicts.get(name), typed.get(name), edits, source, ours, provenance)
        for name in FIELDS
        if name in cells or name in conflicts or getattr(source, name) or getattr(ours, name)
    ]
    return sorted(found, key=lambda field: not field.is_change)


def _field(
    name: str, cell: Cell | None, conflict: Cell | None, typed: Cell | None, edits: Edits, source: Person, ours: Person,
    provenance: Mapping[str, Any],
) -> Field:  # fmt: skip
    before = cell.before if cell else conflict.before if conflict else getattr(ours, name)
    theirs = conflict.after if conflict else getattr(source, name)
    proposed = cell.after if cell else before
    choice, final = "proposed", proposed
    if name in edits.refused:
        choice, final = "crm", before
    elif typed is not None:
        choice, final = ("source" if typed.after == theirs else "own"), typed.after
    return Field(
        name=name,
        ours=as_text(before),
        theirs=as_text(theirs),
        pieces=pieces(name, before, final),
        is_change=bool(cell or conflict),
        is_conflict=conflict is not None,
        choice=choice,
        typed=lines_of(final),
        origin=origin(provenance, name),
    )


def reasons_of(change: Change) -> list[str]:
    """The reasons one by one, with fields named as on the page."""
    told = (part.partition(": ") for part in change.reason.split("; ") if part)
    return [f"{WORDS.get(head, head)}{colon}{rest}" for head, colon, rest in told]


def pieces(name: str, before: Any, after: Any) -> tuple[Piece, ...]:
    """The parts of a change: removed, kept and added values, each by itself."""
    if name not in SEVERAL:
        if before == after:
            return (Piece(as_text(after), "stays"),) if after else ()
        return (*_piece(before, "goes"), *_piece(after, "comes"))
    was = {field_key(name, value): value for value in before or ()}
    now = {field_key(name, value): value for value in after or ()}
    gone = [Piece(as_text(value), "goes") for key, value in was.items() if key not in now or now[key] != value]
    there = [Piece(as_text(value), "stays" if was.get(key) == value else "comes") for key, value in now.items()]
    return (*gone, *there)


def _piece(value: Any, fate: str) -> tuple[Piece, ...]:
    return (Piece(as_text(value), fate),) if value else ()


def lines_of(value: Any) -> str:
    """A field's values as typed in the form: one per line, with labels in brackets."""
    if isinstance(value, list | tuple):
        return "\n".join(map(as_text, value))
    return as_text(value.value) if isinstance(value, Labelled) else str(value)


@dataclass(frozen=True, slots=True)
class Line:
    """A row in the list: name, and the first changes."""

    change: Change
    name: str
    fields: tuple[tuple[str, tuple[Piece, ...]], ...]
    more: int
    is_edited: bool


SHOWN = 2
NAMES = ("prefix", "given_name", "middle_name", "family_name", "suffix", "nickname", "display_name")
TELLING = ("emails", "company", "job_title", "phones")


def line_of(change: Change, edits: Edits | None, names: Mapping[str, str]) -> Line:
    proposal = change.proposal
    name = (proposal.name if proposal else "") or names.get(change.object_id, "")
    told = _told(change, edits or Edits())
    return Line(change, name, tuple(told[:SHOWN]), max(0, len(told) - SHOWN), is_edited=edits is not None)


def _told(change: Change, edits: Edits) -> list[tuple[str, tuple[Piece, ...]]]:
    if change.proposal is None:
        return [(name, ()) for name in change.fields]
    undecided = (Cell(cell.field, cell.before, cell.before) for cell in change.proposal.conflicts)
    cells = {cell.field: cell for cell in (*undecided, *change.proposal.cells, *edits.values)}
    names = () if change.object_id else NAMES  # a new contact's names are in the list anyway
    shown = [cell for cell in cells.values() if cell.field not in {*edits.refused, *names}]
    disputed = {cell.field for cell in change.proposal.conflicts}

    def in_turn(cell: Cell) -> tuple[bool, int]:
        return cell.field not in disputed, _telling(cell)

    return [(cell.field, _at_a_glance(cell)) for cell in sorted(shown, key=in_turn)]


def _at_a_glance(cell: Cell) -> tuple[Piece, ...]:
    """A change as one line: only added and removed values; kept ones are shown in the record."""
    every = pieces(cell.field, cell.before, cell.after)
    return tuple(piece for piece in every if piece.fate != "stays") or every


def _telling(cell: Cell) -> int:
    return TELLING.index(cell.field) if cell.field in TELLING else len(TELLING)
