"""A Microsoft Graph contact as a `Person`."""

import re
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec

from storage.records import Gone, Labelled, Person, PostalAddress, Seen, SourceRecord

_DATE = re.compile(r"(\d{4})-(\d{2}-\d{2})(?:T.*)?")
_NO_YEAR = "1604"  # what Outlook stores where a birthday was given without its year
_NO_DATE = ("0001", "4501")  # what Exchange stores where there is no date at all


class Address(msgspec.Struct, rename="camel", gc=False):
    street: str | None = None
    city: str | None = None
    state: str | None = None
    country_or_region: str | None = None
    postal_code: str | None = None


class Email(msgspec.Struct, gc=False):
    address: str | None = None


class Contact(msgspec.Struct, rename="camel", gc=False):
    id: str
    removed: Any = msgspec.field(name="@removed", default=None)
    etag: str | None = msgspec.field(name="@odata.etag", default=None)
    change_key: str | None = None
    last_modified_date_time: str | None = None
    categories: list[str] | None = None
    display_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    surname: str | None = None
    nick_name: str | None = None
    title: str | None = None
    generation: str | None = None
    company_name: str | None = None
    department: str | None = None
    job_title: str | None = None
    email_addresses: list[Email] | None = None
    business_phones: list[str] | None = None
    home_phones: list[str] | None = None
    mobile_phone: str | None = None
    business_address: Address | None = None
    home_address: Address | None = None
    other_address: Address | None = None
    business_home_page: str | None = None
    birthday: str | None = None
    personal_notes: str | None = None
    yomi_given_name: str | None = None
    yomi_surname: str | None = None
    yomi_company_name: str | None = None
    profession: str | None = None
    office_location: str | None = None
    manager: str | None = None
    assistant_name: str | None = None
    spouse_name: str | None = None
    children: list[str] | None = None
    im_addresses: list[str] | None = None


_SINGLE = {
    "yomiGivenName": "yomi_given_name",
    "yomiSurname": "yomi_surname",
    "yomiCompanyName": "yomi_company_name",
    "profession": "profession",
    "officeLocation": "office_location",
    "manager": "manager",
    "assistantName": "assistant_name",
    "spouseName": "spouse_name",
}
_single_of = attrgetter(*_SINGLE.values())


def record(contact: Contact) -> SourceRecord:
    if not contact.id:
        raise ValueError("no id")
    if contact.removed is not None:
        return Gone(contact.id)
    version = contact.change_key or contact.etag or ""
    return Seen(contact.id, person(contact), version, _moment(contact.last_modified_date_time))


def person(contact: Contact) -> Person:
    return Person(
        prefix=contact.title or "",
        given_name=contact.given_name or "",
        middle_name=contact.middle_name or "",
        family_name=contact.surname or "",
        suffix=contact.generation or "",
        nickname=contact.nick_name or "",
        display_name=contact.display_name or "",
        company=contact.company_name or "",
        department=contact.department or "",
        job_title=contact.job_title or "",
        birthday=_birthday(contact.birthday or ""),
        notes=contact.personal_notes or "",
        emails=tuple([Labelled(email.address) for email in contact.email_addresses or () if email.address]),
        phones=_phones(contact),
        addresses=_addresses(contact),
        urls=(Labelled(contact.business_home_page, "business"),) if contact.business_home_page else (),
        tags=tuple([category for category in contact.categories or () if category]),
        custom=_custom(contact),
    )


def _labelled(label: str, values: list[str] | None) -> list[Labelled]:
    return [Labelled(value, label) for value in values or () if value]


def _phones(contact: Contact) -> tuple[Labelled, ...]:
    mobile = [Labelled(contact.mobile_phone, "mobile")] if contact.mobile_phone else []
    return (*mobile, *_labelled("business", contact.business_phones), *_labelled("home", contact.home_phones))


def _addresses(contact: Contact) -> tuple[PostalAddress, ...]:
    return (
        *_address(contact.business_address, "business"),
        *_address(contact.home_address, "home"),
        *_address(contact.other_address, "other"),
    )


def _address(given: Address | None, label: str) -> tuple[PostalAddress, ...]:
    if given is None or not (given.street or given.city or given.state or given.postal_code or given.country_or_region):
        return ()
    return (
        PostalAddress(
            street=given.street or "",
            city=given.city or "",
            region=given.state or "",
            postcode=given.postal_code or "",
            country=given.country_or_region or "",
            label=label,
        ),
    )


def _custom(contact: Contact) -> tuple[Labelled, ...]:
    single = _single_of(contact)
    if not (any(single) or contact.children or contact.im_addresses):
        return ()  # the usual case
    return (
        *[Labelled(value, label) for label, value in zip(_SINGLE, single, strict=True) if value],
        *_labelled("children", contact.children),
        *_labelled("imAddresses", contact.im_addresses),
    )


def _birthday(given: str) -> str:
    """The date part unconverted: the time is midnight UTC by convention, and a time zone could shift the day."""
    date = _DATE.fullmatch(given) if given else None
    if date is None or date[1] in _NO_DATE:
        return ""
    return f"--{date[2]}" if date[1] == _NO_YEAR else f"{date[1]}-{date[2]}"


def _moment(given: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(given) if given else None
    except ValueError:
        return None
