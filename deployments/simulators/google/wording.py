"""How the People API words a person and a group."""

import zlib
from typing import Any

import msgspec

from deployments.simulators.mailbox import Entry, Mailbox
from deployments.simulators.microsoft.wording import moment
from deployments.simulators.people import Card

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
    metadata = _metadata(entry, syncing=syncing)
    whole = {"metadata": metadata | {"deleted": True}} if entry.gone else _fields(entry) | {"metadata": metadata}
    return worded | {name: whole[name] for name in fields if whole.get(name)}


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


def _fields(entry: Entry) -> dict[str, Any]:
    card = entry.card

    def several(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        source = {"type": "CONTACT", "id": f"{entry.numbers[-1]:x}"}
        for position, value in enumerate(values):
            value["metadata"] = {"primary": True, "source": source} if position == 0 else {"source": source}
        return values

    return {
        "names": _names(entry, several([_name(card)] if card.given or card.family else [])),
        "nicknames": several([{"value": card.nickname}] if card.nickname else []),
        "emailAddresses": several([_typed(label, value) for label, value in card.emails]),
        "phoneNumbers": several([_phone(label, value) for label, value in card.phones]),
        "organizations": several([_organization(card)] if card.company or card.job_title else []),
        "addresses": several([_address(card, position) for position in range(len(card.addresses))]),
        "birthdays": several([_birthday(card.birthday)] if card.birthday else []),
        "biographies": several([{"value": card.notes, "contentType": "TEXT_PLAIN"}] if card.notes else []),
        "urls": several([_typed("work", card.url)] if card.url else []),
        "memberships": several([_membership(name) for name in ("myContacts", *card.tags)]),
        "photos": several([{"url": "https://photos.example/c", **({} if card.photo else {"default": True})}]),
        "userDefined": several([{"key": "Account", "value": entry.key}] if int(entry.key) % 20 == 0 else []),
    }


def _name(card: Card) -> dict[str, Any]:
    parts = {
        "displayName": card.display_name, "familyName": card.family, "givenName": card.given,
        "middleName": card.middle, "honorificPrefix": card.prefix, "honorificSuffix": card.suffix,
        "displayNameLastFirst": f"{card.family}, {card.given}".strip(", "), "unstructuredName": card.display_name,
    }  # fmt: skip
    return {name: text for name, text in parts.items() if text}


def _names(entry: Entry, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A linked profile's name comes first and is the primary one; it is not what the owner wrote."""
    if not _linked(entry) or not own:
        return own
    source = {"type": "PROFILE", "id": str(entry.numbers[0])}
    alias = {"displayName": f"profile{entry.key}", "givenName": f"profile{entry.key}"}
    own[0]["metadata"].pop("primary")
    own[0]["metadata"]["sourcePrimary"] = True
    return [{**alias, "metadata": {"primary": True, "source": source}}, *own]


def _typed(label: str, value: str) -> dict[str, Any]:
    return {"value": value, "type": label, "formattedType": label.title()}


def _phone(label: str, value: str) -> dict[str, Any]:
    """Google adds the canonical form only where the number says its country."""
    typed = _typed(label, value)
    return typed | {"canonicalForm": value.replace(" ", "")} if value.startswith("+") else typed


def _organization(card: Card) -> dict[str, Any]:
    parts = {"name": card.company, "department": card.department, "title": card.job_title}
    return {"current": True, **{name: text for name, text in parts.items() if text}}


def _address(card: Card, position: int) -> dict[str, Any]:
    place = card.addresses[position]
    parts = {
        "streetAddress": place.street, "city": place.city, "region": place.region, "postalCode": place.postcode,
        "country": place.country, "type": place.label,
        "formattedValue": "\n".join(part for part in (place.street, place.postcode, place.city, place.country) if part),
    }  # fmt: skip
    return {name: text for name, text in parts.items() if text}


def _birthday(text: str) -> dict[str, Any]:
    """A birthday without a year has the year 0, which JSON answers leave out."""
    year, month, day = ("0", *text[2:].split("-")) if text.startswith("--") else text.split("-")
    date = {"year": int(year), "month": int(month), "day": int(day)}
    return {"date": date if date["year"] else {"month": date["month"], "day": date["day"]}}


def _membership(tag: str) -> dict[str, Any]:
    name = f"contactGroups/{tag}" if tag in SYSTEM_GROUPS else group_name(tag)
    return {"contactGroupMembership": {"contactGroupId": name.partition("/")[2], "contactGroupResourceName": name}}
