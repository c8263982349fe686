"""People: a contact as sources give it and as the CRM holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.records.organizations import Provider


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
    """A record that could not be read: shown with its reason, it does not fail the run."""

    source_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Erased:
    """A record of an erased person, who must not be imported again; its content is ignored."""

    source_id: str


SourceRecord = Seen | Gone | Unreadable | Erased


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
class StoredLink:
    """A contact's tie to a source record, as it is kept; enough to restore it exactly."""

    source_id: str
    object_id: str
    provider: Provider
    account: str
    base: Person
    version: str = ""


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
