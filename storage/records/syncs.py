"""Syncs: plans, their rows, and what became of them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from storage.records.people import Contact, SourceLink, StoredLink


class SyncStatus(StrEnum):
    EXTRACTING = "extracting"
    PREVIEW = "preview"
    EXECUTING = "executing"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class ChangeKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    CONFLICT = "conflict"
    MAYBE = "maybe"
    REMOVED = "removed"
    SKIP = "skip"


SAFE_KINDS = (ChangeKind.CREATE, ChangeKind.UPDATE, ChangeKind.SKIP)  # what nobody need look at


class ChangeState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPLIED = "applied"
    STALE = "stale"
    FAILED = "failed"
    UNDONE = "undone"


class Deed(StrEnum):
    """What a reviewer does to rows while the plan is looked at; `cleared` is a decision taken back."""

    APPROVED = "approved"
    REJECTED = "rejected"
    CLEARED = "cleared"
    EDITED = "edited"


class Verdict(StrEnum):
    """How sure a match is: written at once, asked about, or kept apart."""

    SURE = "sure"
    MAYBE = "maybe"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Match:
    """What was judged of one pair: `left` came from the source, `right` is a CRM contact or another source record."""

    left: str
    right: str
    verdict: Verdict
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of one contact: what it is and what it would become. Values are a `Person`'s own, as JSON."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one row of a plan would do. Sealed at rest, gone when the run is over."""

    name: str
    cells: tuple[Cell, ...] = ()
    links: tuple[SourceLink, ...] = ()
    conflicts: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A row of a plan: a proposal, what it is about, and how it was decided and carried out.

    `mark_id` names the last decision about it: whoever decides on what they see, names it.
    """

    id: str
    ordinal: int
    kind: ChangeKind
    state: ChangeState
    object_id: str
    seen_version: int
    reason: str
    fields: tuple[str, ...]
    proposal: Proposal | None
    applied_version: int = 0
    error: str = ""
    mark_id: str = ""


@dataclass(frozen=True, slots=True)
class Edits:
    """What a reviewer changed of one row: fields left out, and fields given another value."""

    refused: tuple[str, ...] = ()
    values: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A decision about some rows while the plan still waits: a draft, until the plan as a whole is decided."""

    id: str
    actor: str
    deed: Deed
    number: int
    created_at: datetime
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """What restores a contact to what it was before a run: None where the run created it.

    `left` is the fingerprint of what the run left: while it still fits, nobody has edited the contact since.
    """

    before: Contact | None
    left: str
    links_before: tuple[StoredLink, ...] = ()
    links_written: tuple[SourceLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """Every row of a plan is counted in exactly one of these."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    conflicted: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_name().values())

    def by_name(self) -> dict[str, int]:
        return asdict(self)
