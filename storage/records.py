"""The vocabulary: values and states that every room of the house shares.

Frozen, comparable, and free of behaviour that needs a clock or a connection. Database rows never leave
`storage/`; these do.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"


class Provider(StrEnum):
    MICROSOFT = "microsoft"
    GOOGLE = "google"
    FILE = "file"


class ConnectionStatus(StrEnum):
    ACTIVE = "active"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"


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


class ChangeState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPLIED = "applied"
    STALE = "stale"
    FAILED = "failed"
    UNDONE = "undone"


class Verdict(StrEnum):
    """How sure a match is: written at once, asked about, or kept apart."""

    SURE = "sure"
    MAYBE = "maybe"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One of several values of a field: an address with the name its owner gave it ("work", "home")."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class PostalAddress:
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One contact as all sources and the CRM share it. Empty means unknown; the first of several is primary.

    `birthday` is `YYYY-MM-DD`, or `--MM-DD` where the year is not known. `custom` holds a source's own fields,
    the label being the field's name.
    """

    prefix: str = ""
    given_name: str = ""
    middle_name: str = ""
    family_name: str = ""
    suffix: str = ""
    nickname: str = ""
    display_name: str = ""
    company: str = ""
    department: str = ""
    job_title: str = ""
    birthday: str = ""
    notes: str = ""
    emails: tuple[Labelled, ...] = ()
    phones: tuple[Labelled, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()
    urls: tuple[Labelled, ...] = ()
    tags: tuple[str, ...] = ()
    custom: tuple[Labelled, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A contact that the source gave."""

    source_id: str
    person: Person
    version: str = ""
    modified_at: datetime | None = None
    previous_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """A contact that the source says is no longer there."""

    source_id: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record set aside: it is shown with its reason and fails nothing else."""

    source_id: str
    reason: str


SourceRecord = Seen | Gone | Unreadable


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
class SourceLink:
    """A source record that stands behind a contact: what it gives now, and what it gave when last written (`base`)."""

    source_id: str
    person: Person
    base: Person = Person()
    version: str = ""
    previous_id: str = ""
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one row of a plan would do. Sealed at rest, gone when the run is over."""

    name: str
    cells: tuple[Cell, ...] = ()
    links: tuple[SourceLink, ...] = ()
    conflicts: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A row of a plan: a proposal, what it is about, and how it was decided and carried out."""

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


@dataclass(frozen=True, slots=True)
class Edits:
    """What a reviewer changed of one row: fields left out, and fields given another value."""

    refused: tuple[str, ...] = ()
    values: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as the CRM holds it. `provenance` tells for each field who set it, from where, in which run, when."""

    id: str
    version: int
    person: Person
    provenance: dict[str, Any]
    subtype: str = "customer"
    pipeline: str = ""
    stage: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A contact's tie to a source record, as it is kept; enough to restore it exactly."""

    source_id: str
    object_id: str
    provider: Provider
    account: str
    base: Person
    version: str = ""


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
