"""A Google People API person as a `Person`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html.parser import HTMLParser
from typing import TypeVar

from storage.records import Gone, Labelled, Person, PostalAddress, Seen, SourceRecord
from tasks.providers.contacts.people_shapes import (
    Address,
    Birthday,
    Contact,
    Field,
    Membership,
    Name,
    Note,
    Organization,
    Origin,
    Phone,
    Value,
)

F = TypeVar("F", bound=Field)


def record(contact: Contact, groups: Mapping[str, str]) -> SourceRecord:
    if not contact.resource_name:
        raise ValueError("no resource name")
    if contact.metadata.deleted:
        return Gone(contact.resource_name)
    origin = _origin(contact)
    return Seen(
        contact.resource_name,
        person(contact, groups),
        version=origin.etag or contact.etag,
        modified_at=_moment(origin.update_time),
        previous_ids=tuple(contact.metadata.previous_resource_names),
    )


def person(contact: Contact, groups: Mapping[str, str]) -> Person:
    name = _own(contact.names) or Name()
    job = next((one for one in contact.organizations if one.current), None) or _own(contact.organizations)
    job = job or Organization()
    return Person(
        prefix=name.honorific_prefix,
        given_name=name.given_name,
        middle_name=name.middle_name,
        family_name=name.family_name,
        suffix=name.honorific_suffix,
        nickname=(_own(contact.nicknames) or Value()).value,
        display_name=name.display_name or name.unstructured_name,
        company=job.name,
        department=job.department,
        job_title=job.title,
        birthday=_birthday(contact.birthdays),
        notes=_notes(contact.biographies),
        emails=_values(contact.email_addresses),
        phones=_phones(contact.phone_numbers),
        addresses=tuple([_address(one) for one in _primary_first(contact.addresses)]),
        urls=_values(contact.urls),
        tags=_tags(contact.memberships, groups),
        custom=_custom(contact, name),
    )


def _origin(contact: Contact) -> Origin:
    """The metadata of the owner's own entry, rather than of a public profile that the service may list first."""
    sources = contact.metadata.sources
    own = next((source for source in sources if source.type in {"CONTACT", "OTHER_CONTACT"}), None)
    return own or (sources[0] if sources else Origin())


def _own(fields: Sequence[F]) -> F | None:
    """Of several values, the owner's own; otherwise the service's primary one; otherwise the first."""
    if len(fields) == 1:
        return fields[0]
    return min(fields, key=_rank, default=None)


def _rank(field: Field) -> int:
    if field.metadata.source.type == "CONTACT":
        return 0
    return 1 if field.metadata.primary else 2


def _primary_first(fields: Sequence[F]) -> Sequence[F]:
    if not fields or fields[0].metadata.primary:
        return fields
    return sorted(fields, key=lambda field: not field.metadata.primary)


def _values(fields: Sequence[Value]) -> tuple[Labelled, ...]:
    return tuple([Labelled(field.value, field.type) for field in _primary_first(fields) if field.value])


def _phones(fields: Sequence[Phone]) -> tuple[Labelled, ...]:
    numbers = [(field.value or field.canonical_form, field.type) for field in _primary_first(fields)]
    return tuple([Labelled(number, label) for number, label in numbers if number])


def _address(given: Address) -> PostalAddress:
    street = "\n".join(part for part in (given.street_address, given.extended_address, given.po_box) if part)
    structured = street or given.city or given.region or given.postal_code
    return PostalAddress(
        street=street if structured else given.formatted_value,
        city=given.city,
        region=given.region,
        postcode=given.postal_code,
        country=given.country or given.country_code,
        label=given.type,
    )


def _birthday(birthdays: Sequence[Birthday]) -> str:
    given = _own([birthday for birthday in birthdays if birthday.date])
    if given is None or given.date is None or not (given.date.month and given.date.day):
        return ""
    year = f"{given.date.year:04}" if given.date.year else "-"
    return f"{year}-{given.date.month:02}-{given.date.day:02}"


def _tags(memberships: Sequence[Membership], groups: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the owner's own groups; the service's (all contacts, starred) are no tags."""
    joined = [one.contact_group_membership for one in memberships]
    names = [groups.get(group.contact_group_resource_name, "") for group in joined if group]
    return tuple([name for name in names if name])


def _custom(contact: Contact, name: Name) -> tuple[Labelled, ...]:
    pairs = [
        ("phoneticGivenName", name.phonetic_given_name),
        ("phoneticFamilyName", name.phonetic_family_name),
        ("phoneticFullName", name.phonetic_full_name),
        *[(pair.key, pair.value) for pair in contact.user_defined],
        *[(one.type or "externalId", one.value) for one in contact.external_ids],
        *[(pair.key, pair.value) for pair in contact.client_data],
    ]
    return tuple([Labelled(value, label) for label, value in pairs if value])


def _notes(notes: Sequence[Note]) -> str:
    note = _own(notes) or Note()
    return _Text.of(note.value) if note.content_type == "TEXT_HTML" else note.value


class _Text(HTMLParser):
    """Extracts the text of a note in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    @classmethod
    def of(cls, markup: str) -> str:
        reader = cls()
        reader.feed(markup)
        reader.close()
        return "".join(reader.pieces).strip()

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in {"br", "p", "div", "li"}:
            self.pieces.append("\n")


def _moment(given: str) -> datetime | None:
    try:
        return datetime.fromisoformat(given) if given else None
    except ValueError:
        return None
