"""vCards as people.

What has no field of its own goes to `custom` under the property's name. Left out on purpose: photos, sounds, logos
and keys in binary, what only describes the card (VERSION, PRODID ...), and LABEL where the card has its addresses in
parts. A group is no person: it becomes a tag on its members.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from storage.records import Labelled, Person, PostalAddress
from tasks.providers.file_drafts import Draft
from tasks.providers.vcard_lines import Card, Property, cards, split, unescaped

_ABOUT_THE_CARD = frozenset({"BEGIN", "END", "VERSION", "PRODID", "UID", "REV", "X-ABLABEL", "X-ABADR", "CLIENTPIDMAP"})
_SEVERAL = frozenset({"EMAIL", "TEL", "ADR", "URL", "CATEGORIES", "NOTE"})
_ONCE = frozenset({"N", "FN", "NICKNAME", "ORG", "TITLE", "BDAY"})
_KIND = ("KIND", "X-ADDRESSBOOKSERVER-KIND")
_MEMBER = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
_NO_YEAR = "1604"  # what Apple writes for a birthday whose year nobody knows
_UNPREFERRED = 101

_PLACES = {"work": "work", "home": "home"}
_KINDS = {"cell": "mobile", "mobile": "mobile", "iphone": "mobile", "fax": "fax", "pager": "pager"}
_NO_LABEL = frozenset({
    "dom", "intl", "internet", "msg", "parcel", "postal", "pref", "preferred", "text", "textphone", "uri", "url",
    "video", "voice", "x400", "inline",
})  # fmt: skip

Properties = Mapping[str, Sequence[Property]]


def read(body: bytes) -> Iterator[Draft]:
    """One draft a card."""
    tags = _tags_by_member(body)
    for card in cards(body):
        yield _draft(card, tags)


def _tags_by_member(body: bytes) -> Mapping[str, list[str]]:
    tags: dict[str, list[str]] = defaultdict(list)
    if re.search(rb"(?i)^(?:\w+\.)?(?:X-ADDRESSBOOKSERVER-)?KIND[^:\n]*:[ \t]*group", body, re.MULTILINE):
        for properties in map(_by_name, cards(body)):
            if _is_group(properties):
                for member in _members(properties):
                    tags[member].append(_first(properties, "FN"))
    return tags


def _draft(card: Card, tags: Mapping[str, list[str]]) -> Draft:
    properties = _by_name(card)
    uid = _first(properties, "UID")
    where = f"card-{card.number}"
    if card.fault:
        return Draft(where, reason=card.fault, source_id=uid)
    if _is_group(properties):
        count = len(_members(properties))
        return Draft(where, reason=f"a group, no person; its name is a tag on its {count} members", source_id=uid)
    revised = _first(properties, "REV")
    return Draft(
        where,
        _person(properties, tags.get(_bare_uid(uid), [])),
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


def _first(properties: Properties, *names: str) -> str:
    texts = (unescaped(item.value).strip() for name in names for item in properties.get(name, ()))
    return next(filter(None, texts), "")


def _preference(item: Property) -> int:
    """Lower is dearer to the owner; most cards say so only by a type, and all the rest keep their order."""
    number = item.parameters.get("pref", "")
    if number.isdecimal():
        return int(number[:3])
    return 1 if "pref" in item.types else _UNPREFERRED


def _is_group(properties: Properties) -> bool:
    return _first(properties, *_KIND).lower() == "group"


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


def _person(properties: Properties, group_tags: Sequence[str]) -> Person:
    labels = {item.group: unescaped(item.value) for item in properties.get("X-ABLABEL", ())}
    family, given, middle, prefix, suffix = _name(_first_raw(properties, "N"))
    company, *departments = split(_first_raw(properties, "ORG"), ";")
    return Person(
        prefix=prefix,
        given_name=given,
        middle_name=middle,
        family_name=family,
        suffix=suffix,
        nickname=", ".join(filter(None, split(_first_raw(properties, "NICKNAME"), ","))),
        display_name=_first(properties, "FN"),
        company=company,
        department=", ".join(filter(None, departments)),
        job_title=_first(properties, "TITLE"),
        birthday=_birthday(properties),
        notes="\n".join(unescaped(item.value).strip("\r\n") for item in properties.get("NOTE", ())),
        emails=_labelled(properties.get("EMAIL", ()), labels),
        phones=_labelled(properties.get("TEL", ()), labels),
        addresses=_addresses(properties, labels),
        urls=_labelled(properties.get("URL", ()), labels),
        tags=(*(tag for item in properties.get("CATEGORIES", ()) for tag in split(item.value, ",;")), *group_tags),
        custom=tuple(_custom(properties, labels)),
    )


def _first_raw(properties: Properties, name: str) -> str:
    return next((item.value for item in properties.get(name, ()) if item.value.strip(" ;")), "")


def _name(value: str) -> tuple[str, str, str, str, str]:
    if ";" not in value:
        return ("", "", "", "", "")
    parts = [" ".join(filter(None, split(part, ","))) for part in _components(value, 5)]
    return (parts[0], parts[1], parts[2], parts[3], " ".join(parts[4:]))


def _components(value: str, least: int) -> list[str]:
    parts = split(value, ";")
    return parts + [""] * (least - len(parts))


def _birthday(properties: Properties) -> str:
    for item in properties.get("BDAY", ()):
        text = unescaped(item.value).strip()
        if text.startswith(item.parameters.get("x-apple-omit-year", _NO_YEAR)):
            return f"-{text[4:]}" if text[4:5] == "-" else f"--{text[4:]}"
        if text:
            return text
    return ""


def _labelled(items: Sequence[Property], labels: Mapping[str, str]) -> tuple[Labelled, ...]:
    return tuple(Labelled(unescaped(item.value), _label(item, labels)) for item in items if not item.binary)


def _label(item: Property, labels: Mapping[str, str]) -> str:
    own = labels.get(item.group, "") if item.group else ""
    return own or _label_of(item.types)


@lru_cache(maxsize=1024)
def _label_of(types: tuple[str, ...]) -> str:
    """Place and kind in one: "work fax"."""
    place = next((_PLACES[kind] for kind in types if kind in _PLACES), "")
    kind = next((_KINDS[kind] for kind in types if kind in _KINDS), "")
    if kind == "mobile" and place == "home":
        return kind
    return f"{place} {kind}".strip() or next((kind for kind in types if kind not in _NO_LABEL), "")


def _addresses(properties: Properties, labels: Mapping[str, str]) -> tuple[PostalAddress, ...]:
    if "ADR" not in properties:
        whole = properties.get("LABEL", ())
        return tuple(PostalAddress(unescaped(item.value), label=_label(item, labels)) for item in whole)
    return tuple(_address(item, labels) for item in properties["ADR"])


def _address(item: Property, labels: Mapping[str, str]) -> PostalAddress:
    box, extended, street, city, region, postcode, country, *more = _components(item.value, 7)
    if not any((box, extended, street, city, region, postcode, country)):
        street = item.parameters.get("label", "")
    return PostalAddress(
        street=", ".join(filter(None, (box, extended, street, *more))),
        city=city,
        region=region,
        postcode=postcode,
        country=country,
        label=_label(item, labels),
    )


def _custom(properties: Properties, labels: Mapping[str, str]) -> Iterator[Labelled]:
    for name, items in properties.items():
        if name in _ABOUT_THE_CARD or name in _SEVERAL or (name == "LABEL"):
            continue
        for item in items[1:] if name in _ONCE else items:
            if not item.binary:
                own = labels.get(item.group, "") if item.group else item.parameters.get("x-service-type", "")
                yield Labelled(unescaped(item.value), f"{name} ({own})" if own else name or "unnamed")
