"""The properties of one vCard as a person.

Properties without a field of their own go to `custom` under their name. Deliberately left out: binary photos, sounds,
logos and keys, metadata of the card itself (VERSION, PRODID ...), and LABEL if the card has structured addresses.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from storage.records import Labelled, Person, PostalAddress
from tasks.providers.file.vcard_property import Property, split, unescaped

_ABOUT_THE_CARD = frozenset({
    "BEGIN", "END", "VERSION", "PRODID", "UID", "REV", "CLIENTPIDMAP", "X-ABLABEL", "X-ABADR", "X-LOTUS-CHARSET",
    "X-MS-OL-DESIGN", "X-MS-OL-DEFAULT-POSTAL-ADDRESS",
})  # fmt: skip
_SEVERAL = frozenset({"EMAIL", "TEL", "ADR", "URL", "CATEGORIES", "NOTE"})
_ONCE = frozenset({"N", "FN", "NICKNAME", "ORG", "TITLE", "BDAY"})
_ANDROID_NICKNAME = "vnd.android.cursor.item/nickname;"
_NO_YEAR = "1604"  # what Apple writes for a birthday without a year

_PLACES = {"work": "work", "home": "home"}
_KINDS = {"cell": "mobile", "mobile": "mobile", "iphone": "mobile", "fax": "fax", "pager": "pager"}
_NO_LABEL = frozenset({
    "dom", "intl", "internet", "msg", "parcel", "postal", "pref", "preferred", "text", "textphone", "uri", "url",
    "video", "voice", "x400", "inline",
})  # fmt: skip

Properties = Mapping[str, Sequence[Property]]


def person(properties: Properties, group_tags: Sequence[str]) -> Person:
    labels = {item.group: _own_label(item) for item in properties.get("X-ABLABEL", ())}
    family, given, middle, prefix, suffix = _name(_first_raw(properties, "N"))
    company, *departments = split(_first_raw(properties, "ORG"), ";")
    return Person(
        prefix=prefix,
        given_name=given,
        middle_name=middle,
        family_name=family,
        suffix=suffix,
        nickname=_nickname(properties),
        display_name=first(properties, "FN"),
        company=company,
        department=", ".join(filter(None, departments)),
        job_title=first(properties, "TITLE"),
        birthday=_birthday(properties),
        notes="\n".join(unescaped(item.value).strip("\r\n") for item in properties.get("NOTE", ())),
        emails=_labelled(properties.get("EMAIL", ()), labels),
        phones=_labelled(properties.get("TEL", ()), labels),
        addresses=_addresses(properties, labels),
        urls=_labelled(properties.get("URL", ()), labels),
        tags=(*(tag for item in properties.get("CATEGORIES", ()) for tag in split(item.value, ",;")), *group_tags),
        custom=tuple(_custom(properties, labels)),
    )


def _own_label(item: Property) -> str:
    return unescaped(item.value).strip().removeprefix("_$!<").removesuffix(">!$_")


def _nickname(properties: Properties) -> str:
    if "NICKNAME" in properties:
        return ", ".join(filter(None, split(_first_raw(properties, "NICKNAME"), ",")))
    android = (
        item.value for item in properties.get("X-ANDROID-CUSTOM", ()) if item.value.startswith(_ANDROID_NICKNAME)
    )
    return next(android, "").removeprefix(_ANDROID_NICKNAME).partition(";")[0]


def _first_raw(properties: Properties, name: str) -> str:
    return next((item.value for item in properties.get(name, ()) if item.value.strip(" ;")), "")


def _name(value: str) -> tuple[str, str, str, str, str]:
    if ";" not in value:
        return ("", "", "", "", "")
    # Commas separate several names in one component; an escaped comma is part of a name.
    parts = _components(re.sub(r"(?<!\\),", " ", value), 5)
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
    """Place and kind combined, such as "work fax"; without either, the first type that means anything."""
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
            is_nickname = "NICKNAME" not in properties and item.value.startswith(_ANDROID_NICKNAME)
            if not item.binary and not is_nickname:
                own = labels.get(item.group, "") if item.group else item.parameters.get("x-service-type", "")
                yield Labelled(unescaped(item.value), f"{name} ({own})" if own else name or "unnamed")


def first(properties: Properties, *names: str) -> str:
    texts = (unescaped(item.value).strip() for name in names for item in properties.get(name, ()))
    return next(filter(None, texts), "")
