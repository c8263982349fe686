"""How the People API words a person and a group."""

import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from deployments.simulators.mailbox import Entry, Mailbox
from deployments.simulators.microsoft.wording import moment
from deployments.simulators.people import Card, Place, latin

LINKED = 33
"""Every 33rd contact is linked to a Google profile, whose own name then stands before the one in the book."""

SYSTEM_GROUPS = {"myContacts": "My Contacts", "starred": "Starred", "family": "Family"}
FIELDS = frozenset(
    (
        "addresses", "ageRanges", "biographies", "birthdays", "calendarUrls", "clientData", "coverPhotos",
        "emailAddresses", "events", "externalIds", "genders", "imClients", "interests", "locales", "locations",
        "memberships", "metadata", "miscKeywords", "names", "nicknames", "occupations", "organizations",
        "phoneNumbers", "photos", "relations", "sipAddresses", "skills", "urls", "userDefined",
    )
)  # fmt: skip


def resource_name(entry: Entry) -> str:
    return f"people/c{entry.numbers[-1]}"


def key_of(mailbox: Mailbox, name: str) -> str:
    """The contact of this resource name, present or former, or ""."""
    number = name.removeprefix("people/c")
    return mailbox.numbers.get(int(number), "") if number.isdecimal() else ""


def group_name(tag: str) -> str:
    return f"contactGroups/{zlib.crc32(tag.encode()):x}"


def served(mailbox: Mailbox, keys: list[str], mask: str, *, syncing: bool) -> list[bytes]:
    """The people as JSON. What was served before is served again without being worded anew."""
    view = mailbox.views.setdefault(f"{mask}{syncing}", {})
    fields = mask.split(",")
    for key in keys:
        if key not in view:
            view[key] = msgspec.json.encode(person(mailbox.entries[key], fields, syncing=syncing))
    return [view[key] for key in keys]


def person(entry: Entry, fields: list[str], *, syncing: bool) -> dict[str, Any]:
    worded: dict[str, Any] = {"resourceName": resource_name(entry), "etag": f"%EgUBAj0{entry.version:x}"}
    if "metadata" in fields:
        gone = {"deleted": True} if entry.gone else {}
        worded["metadata"] = _metadata(entry, syncing=syncing) | gone
    if not entry.gone:
        worded |= _worded(entry, fields)
    return worded


def _worded(entry: Entry, fields: list[str]) -> dict[str, list[dict[str, Any]]]:
    source = {"type": "CONTACT", "id": f"{entry.numbers[-1]:x}"}
    first, further = {"primary": True, "source": source}, {"source": source}
    worded = {name: _FIELDS[name](entry.card) for name in fields if name in _FIELDS}
    for values in worded.values():
        for position, value in enumerate(values):
            value["metadata"] = further if position else first
    if worded.get("names") and _linked(entry):
        worded["names"] = _with_profile(entry, worded["names"][0], source)
    return {name: values for name, values in worded.items() if values}


def _metadata(entry: Entry, *, syncing: bool) -> dict[str, Any]:
    own = {
        "type": "CONTACT", "id": f"{entry.numbers[-1]:x}", "etag": f"#{entry.version:x}",
        "updateTime": moment(entry.modified),
    }  # fmt: skip
    sources: list[dict[str, Any]] = [{"type": "PROFILE", "id": str(entry.numbers[0])}, own] if _linked(entry) else [own]
    metadata: dict[str, Any] = {"sources": sources, "objectType": "PERSON"}
    if syncing and len(entry.numbers) > 1:
        metadata["previousResourceNames"] = [f"people/c{number}" for number in entry.numbers[:-1]]
    return metadata


def _linked(entry: Entry) -> bool:
    return int(entry.key) % LINKED == 0


def _names(card: Card) -> list[dict[str, Any]]:
    if not (card.given or card.family):
        return []
    whole = card.display_name
    parts = {
        "displayName": whole,
        "familyName": card.family,
        "givenName": card.given,
        "middleName": card.middle,
        "honorificPrefix": card.prefix,
        "honorificSuffix": card.suffix,
        "displayNameLastFirst": f"{card.family}, {card.given}".strip(", "),
        "unstructuredName": whole,
    }
    return [{name: text for name, text in parts.items() if text}]


def _with_profile(entry: Entry, own: dict[str, Any], source: dict[str, str]) -> list[dict[str, Any]]:
    """A linked profile's name comes first and is the primary one; it is not what the owner wrote."""
    profile = {"primary": True, "source": {"type": "PROFILE", "id": str(entry.numbers[0])}}
    alias = {"displayName": f"profile{entry.key}", "givenName": f"profile{entry.key}", "metadata": profile}
    return [alias, {**own, "metadata": {"sourcePrimary": True, "source": source}}]


def _typed(label: str, value: str) -> dict[str, Any]:
    return {"value": value, "type": label, "formattedType": label.title()}


def _phone(label: str, value: str) -> dict[str, Any]:
    """Google adds the canonical form only where the number says its country."""
    typed = _typed(label, value)
    return typed | {"canonicalForm": value.replace(" ", "")} if value.startswith("+") else typed


def _organizations(card: Card) -> list[dict[str, Any]]:
    parts = {"name": card.company, "department": card.department, "title": card.job_title}
    told = {name: text for name, text in parts.items() if text}
    return [{"current": True, **told}] if told else []


def _address(place: Place) -> dict[str, Any]:
    parts = {
        "streetAddress": place.street,
        "city": place.city,
        "region": place.region,
        "postalCode": place.postcode,
        "country": place.country,
        "type": place.label,
        "formattedValue": "\n".join(part for part in (place.street, place.postcode, place.city, place.country) if part),
    }
    return {name: text for name, text in parts.items() if text}


def _birthdays(card: Card) -> list[dict[str, Any]]:
    """A birthday without a year has the year 0, which JSON answers leave out."""
    if not card.birthday:
        return []
    month, day = card.birthday[-5:].split("-")
    year = {} if card.birthday.startswith("--") else {"year": int(card.birthday[:4])}
    return [{"date": {**year, "month": int(month), "day": int(day)}}]


def _membership(tag: str) -> dict[str, Any]:
    name = f"contactGroups/{tag}" if tag in SYSTEM_GROUPS else group_name(tag)
    return {"contactGroupMembership": {"contactGroupId": name.partition("/")[2], "contactGroupResourceName": name}}


def _user_defined(card: Card) -> list[dict[str, Any]]:
    return [{"key": "Account", "value": latin(card.company)}] if card.photo and card.company else []


_FIELDS: dict[str, Callable[[Card], list[dict[str, Any]]]] = {
    "names": _names,
    "nicknames": lambda card: [{"value": card.nickname}] if card.nickname else [],
    "emailAddresses": lambda card: [_typed(label, value) for label, value in card.emails],
    "phoneNumbers": lambda card: [_phone(label, value) for label, value in card.phones],
    "organizations": _organizations,
    "addresses": lambda card: [_address(place) for place in card.addresses],
    "birthdays": _birthdays,
    "biographies": lambda card: [{"value": card.notes, "contentType": "TEXT_PLAIN"}] if card.notes else [],
    "urls": lambda card: [_typed("work", card.url)] if card.url else [],
    "memberships": lambda card: [_membership(name) for name in ("myContacts", *card.tags)],
    "photos": lambda card: [{"url": "https://photos.example/c", **({} if card.photo else {"default": True})}],
    "userDefined": _user_defined,
}
