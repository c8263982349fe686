"""How Graph words a contact and a folder."""

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec

from deployments.simulators.mailbox import Entry, Mailbox
from deployments.simulators.people import Card, Place

IMMUTABLE, MUTABLE = "AAkALg", "AAMkAD"
UNKNOWN_YEAR = "1604"
"""A leap year long ago: how Exchange keeps birthdays without a year."""

ABSENT = dict.fromkeys(
    (
        "initials", "yomiGivenName", "yomiSurname", "yomiCompanyName", "profession", "officeLocation", "manager",
        "assistantName", "spouseName",
    )
)  # fmt: skip


def contact_id(mailbox: Mailbox, key: str, folder: str, *, immutable: bool) -> str:
    """Without `IdType="ImmutableId"` an id names the folder too: it changes when the contact moves."""
    text = f"{mailbox.salt:08x}/{key}" + ("" if immutable else f"/{folder}")
    return (IMMUTABLE if immutable else MUTABLE) + base64.urlsafe_b64encode(text.encode()).decode()


def key_of(mailbox: Mailbox, identifier: str) -> str:
    """The contact meant by an id of either kind, or "" if it cannot be one."""
    if not identifier.startswith((IMMUTABLE, MUTABLE)):
        return ""
    try:
        salt, key, *_ = base64.urlsafe_b64decode(identifier[len(IMMUTABLE) :]).decode().split("/")
    except ValueError:
        return ""
    return key if salt == f"{mailbox.salt:08x}" else ""


def served(mailbox: Mailbox, keys: list[str], *, immutable: bool, select: str) -> list[bytes]:
    """The contacts as JSON. What was served before is served again without being worded anew."""
    view = mailbox.views.setdefault(f"{immutable}{select}", {})
    fields = [name for name in select.split(",") if name]
    for key in keys:
        if key not in view:
            whole = contact(mailbox, mailbox.entries[key], immutable=immutable)
            view[key] = msgspec.json.encode(_selected(whole, fields))
    return [view[key] for key in keys]


def removed(mailbox: Mailbox, key: str, folder: str, reason: str, *, immutable: bool) -> bytes:
    return msgspec.json.encode(
        {
            "@odata.type": "#microsoft.graph.contact",
            "id": contact_id(mailbox, key, folder, immutable=immutable),
            "@removed": {"reason": reason},
        }
    )


def contact(mailbox: Mailbox, entry: Entry, *, immutable: bool) -> dict[str, Any]:
    card, mark = entry.card, f"EQAAABYAAAB{entry.version:x}"
    return {
        "@odata.etag": f'W/"{mark}"',
        "id": contact_id(mailbox, entry.key, entry.folder, immutable=immutable),
        "createdDateTime": moment(entry.created),
        "lastModifiedDateTime": moment(entry.modified),
        "changeKey": mark,
        "categories": card.tags,
        "parentFolderId": entry.folder,
        "birthday": _birthday(card.birthday),
        **_names(card),
        "emailAddresses": [{"name": card.display_name, "address": address} for _, address in card.emails],
        "imAddresses": [],
        "children": [],
        "businessPhones": _numbers(card, "work"),
        "homePhones": _numbers(card, "home"),
        "mobilePhone": next(iter(_numbers(card, "mobile")), None),
        "businessAddress": _address(card, "work"),
        "homeAddress": _address(card, "home"),
        "otherAddress": {},
        **ABSENT,
    }


def _names(card: Card) -> dict[str, Any]:
    return {
        "fileAs": f"{card.family}, {card.given}".strip(", "),
        "displayName": card.display_name,
        "givenName": card.given or None,
        "middleName": card.middle or None,
        "surname": card.family or None,
        "nickName": card.nickname or None,
        "title": card.prefix or None,
        "generation": card.suffix or None,
        "jobTitle": card.job_title or None,
        "companyName": card.company or None,
        "department": card.department or None,
        "businessHomePage": card.url or None,
        "personalNotes": card.notes,
    }


def folder(mailbox: Mailbox, identifier: str) -> dict[str, Any]:
    name, parent = mailbox.folders[identifier]
    return {"id": identifier, "parentFolderId": parent or "AQMkADroot", "displayName": name}


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _selected(whole: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    if not fields:
        return whole
    return {name: whole[name] for name in dict.fromkeys(("@odata.etag", "id", *fields)) if name in whole}


def _birthday(text: str) -> str | None:
    if not text:
        return None
    return f"{text.replace('--', UNKNOWN_YEAR + '-') if text.startswith('--') else text}T00:00:00Z"


def _numbers(card: Card, label: str) -> list[str]:
    return [number for kind, number in card.phones if kind == label]


def _address(card: Card, label: str) -> dict[str, str]:
    place: Place | None = next((place for place in card.addresses if place.label == label), None)
    if place is None:
        return {}
    spelled = {
        "street": place.street, "city": place.city, "state": place.region, "postalCode": place.postcode,
        "countryOrRegion": place.country,
    }  # fmt: skip
    return {name: text for name, text in spelled.items() if text}
