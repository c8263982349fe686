"""vCards as contacts. A group card yields no contact: it becomes a tag on its members."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tasks.providers.file.file_drafts import Draft
from tasks.providers.file.file_text import as_narrow
from tasks.providers.file.vcard_fields import Properties, first, person
from tasks.providers.file.vcard_lines import Card, cards
from tasks.providers.file.vcard_property import Property

_KIND = ("KIND", "X-ADDRESSBOOKSERVER-KIND")
_MEMBER = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
_ANY_GROUP = re.compile(rb"(?i)KIND[^:\r\n]*:[ \t]*group")
_UNPREFERRED = 101
_GROUP = "a group, no person: its name becomes a tag on those of its {} members that are in this file"


def read(body: bytes) -> Iterator[Draft]:
    """One draft per card."""
    body = as_narrow(body)
    tags = _tags_by_member(body)
    for card in cards(body):
        yield _draft(card, tags)


def _tags_by_member(body: bytes) -> Mapping[str, list[str]]:
    tags: dict[str, list[str]] = defaultdict(list)
    if _ANY_GROUP.search(body):
        for properties in map(_by_name, cards(body)):
            if _is_group(properties):
                for member in _members(properties):
                    tags[member].append(first(properties, "FN"))
    return tags


def _draft(card: Card, tags: Mapping[str, list[str]]) -> Draft:
    properties = _by_name(card)
    uid = first(properties, "UID")
    where = f"card-{card.number}"
    if card.fault:
        return Draft(where, reason=card.fault, source_id=uid)
    if _is_group(properties):
        count = len(_members(properties))
        return Draft(where, reason=_GROUP.format(count), source_id=uid)
    revised = first(properties, "REV")
    return Draft(
        where,
        person(properties, tags.get(_bare_uid(uid), [])),
        source_id=uid,
        version=revised,
        modified_at=_moment(revised),
    )


def _by_name(card: Card) -> Properties:
    found: dict[str, list[Property]] = defaultdict(list)
    for item in card.properties:
        found[item.name].append(item)
    for items in found.values():
        if len(items) > 1:
            items.sort(key=_preference)
    return found


def _preference(item: Property) -> int:
    """Sort key, lower for preferred ones: the PREF parameter (1 to 100), or 1 for the type "pref"."""
    number = item.parameters.get("pref", "")
    if number.isdecimal():
        return int(number[:3])
    return 1 if "pref" in item.types else _UNPREFERRED


def _is_group(properties: Properties) -> bool:
    return first(properties, *_KIND).lower() == "group"


def _members(properties: Properties) -> list[str]:
    return [_bare_uid(item.value) for name in _MEMBER for item in properties.get(name, ())]


def _bare_uid(uid: str) -> str:
    return uid.strip().lower().removeprefix("urn:uuid:")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
