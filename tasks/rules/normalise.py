"""A person from any source in the one spelling that matching and comparing rely on.

`person` is idempotent: what it gave back, it gives back again. What it cannot read it keeps, cleaned, where it was.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from functools import lru_cache
from operator import attrgetter

from storage.records import Labelled, Person, PostalAddress
from tasks.rules.birthdays import day_of
from tasks.rules.clean_text import many_lines, one_line
from tasks.rules.person_names import with_names
from tasks.rules.reachable import email, email_key, is_email, is_phone, phone, phone_key, spelt_phone_key

__all__ = ["email_key", "field_key", "is_email", "is_phone", "label", "person", "phone_key", "says_nobody", "too_big"]

_ONE_LINE = tuple(f.name for f in fields(Person) if f.type is str and f.name not in {"notes", "birthday"})
_MANY = ("emails", "phones", "addresses", "urls", "tags", "custom")
_NAMES = ("given_name", "middle_name", "family_name", "nickname", "display_name", "company")
_ADDRESS_LINES = tuple(f.name for f in fields(PostalAddress) if f.name != "label")

_lines_of = attrgetter(*_ONE_LINE)
_texts_of = attrgetter(*_ONE_LINE, "birthday", "notes")
_several_of = attrgetter(*_MANY)
_names_of = attrgetter(*_NAMES)
_address_lines_of = attrgetter(*_ADDRESS_LINES)

_MAX_NOTES = 65_536
_MAX_VALUE = 2_000
_MAX_VALUES = 100

_LABELS = {
    "arbeit": "work", "beruflich": "work", "business": "work", "geschäftlich": "work", "office": "work",
    "personal": "home", "privat": "home", "private": "home",
    "cell": "mobile", "cellphone": "mobile", "cellular": "mobile", "handy": "mobile", "iphone": "mobile",
    "mobil": "mobile", "mobile phone": "mobile",
    "businessfax": "work fax", "business fax": "work fax", "fax work": "work fax", "workfax": "work fax",
    "fax home": "home fax", "homefax": "home fax", "otherfax": "other fax",
    "workmobile": "work mobile", "workpager": "work pager", "homepage": "home page", "googlevoice": "google voice",
    "internet": "", "pref": "", "primary": "", "sonstige": "other", "weitere": "other",
}  # fmt: skip
_UNTELLING = frozenset({"", "other"})


def person(raw: Person, *, region: str = "") -> Person:
    """`raw` normalised; `region` is the country whose numbers lack a country code."""
    birthday = one_line(raw.birthday)
    day = day_of(birthday)
    custom = raw.custom if day or not birthday else (*raw.custom, Labelled(birthday, "birthday"))
    tidy = Person(
        **dict(zip(_ONE_LINE, _tidied(_lines_of(raw)), strict=True)),
        birthday=day,
        notes=many_lines(raw.notes),
        emails=_distinct(raw.emails, email, str.casefold),
        phones=_distinct(raw.phones, lambda value: phone(value, region), spelt_phone_key),
        urls=_distinct(raw.urls, one_line, _url_key),
        addresses=_addresses(raw.addresses),
        tags=_tags(raw.tags),
        custom=_custom(custom),
    )
    return with_names(tidy)


@lru_cache(maxsize=4096)
def label(raw: str) -> str:
    """One name for each kind of value: work, home, mobile, other, work fax …; an owner's own label in lower case."""
    plain = one_line(one_line(raw).removeprefix("_$!<").removesuffix(">!$_").lower())
    return _LABELS.get(plain, plain)


def field_key(field: str, value: Labelled | PostalAddress | str, *, region: str = "") -> str:
    """What makes two values of a field with several the same one, whatever their label and spelling."""
    if isinstance(value, PostalAddress):
        return _address_key(replace(value, **{name: one_line(getattr(value, name)) for name in _ADDRESS_LINES}))
    text = value if isinstance(value, str) else value.value
    if field == "custom" and isinstance(value, Labelled):
        return f"{value.label.casefold()}\n{text}"
    if field == "phones":
        return phone_key(text, region)
    return {"emails": email_key, "urls": _url_key}.get(field, lambda plain: one_line(plain).casefold())(text)


def says_nobody(person: Person) -> bool:
    """True where nothing tells who this is: no name, no address, no phone and no company."""
    return not (
        any(map(one_line, _names_of(person)))
        or any(one_line(value.value) for value in (*person.emails, *person.phones))
    )


def too_big(person: Person) -> str:
    """Why this record must be set aside for its size; empty if it need not be."""
    if _is_small(person):
        return ""
    if len(person.notes) > _MAX_NOTES:
        return f"notes of {len(person.notes):,} characters, limit {_MAX_NOTES:,}"
    for field in _MANY:
        if (count := len(getattr(person, field))) > _MAX_VALUES:
            return f"{count:,} values in {field}, limit {_MAX_VALUES}"
    longest, field = max(_lengths(person))
    return f"{field} of {longest:,} characters, limit {_MAX_VALUE:,}" if longest > _MAX_VALUE else ""


def _is_small(person: Person) -> bool:
    """True for nearly everybody: all values together are within the limit of each (folding makes a letter three)."""
    emails, phones, addresses, urls, tags, custom = several = _several_of(person)
    labelled = [item.value + item.label for item in (*emails, *phones, *urls, *custom)]
    lines = [line for item in addresses for line in _address_lines_of(item)]
    size = len("".join((*_texts_of(person), *tags, *labelled, *lines)))
    return size <= _MAX_VALUE // 3 and sum(map(len, several)) <= _MAX_VALUES


def _lengths(person: Person) -> Iterable[tuple[int, str]]:
    for field in (*_ONE_LINE, "birthday"):
        yield len(getattr(person, field)), field
    for field in ("emails", "phones", "urls"):
        yield from ((max(len(item.value), len(item.label)), field) for item in getattr(person, field))
    yield from ((len(tag), "tags") for tag in person.tags)
    yield from ((len(_address_key(address)), "addresses") for address in person.addresses)
    # The label of a custom field names it; its value may be as long as a note.
    yield from ((max(len(item.label), len(item.value) - _MAX_NOTES), "custom") for item in person.custom)


def _tidied(lines: tuple[str, ...]) -> Iterable[str]:
    """Each made one line; nearly always all of them are, which one look at all together tells."""
    together = " ".join(filter(None, lines))
    return lines if one_line(together) == together else map(one_line, lines)


def _distinct(
    values: tuple[Labelled, ...], spell: Callable[[str], str], key: Callable[[str], str]
) -> tuple[Labelled, ...]:
    """The first of each value, under the most telling label that any of its repeats had."""
    kept: dict[str, Labelled] = {}
    for raw in values:
        spelt, named = spell(raw.value), label(raw.label)
        if not spelt:
            continue
        item = raw if spelt == raw.value and named == raw.label else Labelled(spelt, named)
        first = kept.setdefault(key(item.value), item)
        if first is not item and _telling(item.label) > _telling(first.label):
            kept[key(item.value)] = replace(first, label=item.label)
    return tuple(kept.values())


def _telling(label: str) -> int:
    return 2 if label not in _UNTELLING else len(label) > 0


def _url_key(value: str) -> str:
    return re.sub(r"^https?://|/$", "", one_line(value).casefold())


def _addresses(values: tuple[PostalAddress, ...]) -> tuple[PostalAddress, ...]:
    kept: dict[str, PostalAddress] = {}
    for raw in values:
        lines = dict(zip(_ADDRESS_LINES, _tidied(_address_lines_of(raw)), strict=True))
        address = PostalAddress(**lines, label=label(raw.label))
        if key := _address_key(address):
            first = kept.setdefault(key, address)
            if first is not address and _telling(address.label) > _telling(first.label):
                kept[key] = replace(first, label=address.label)
    return tuple(kept.values())


def _address_key(address: PostalAddress) -> str:
    """Of an address whose lines are normalised."""
    lines = (address.street, address.city, address.region, address.postcode, address.country)
    return "\n".join(lines).casefold() if any(lines) else ""


def _tags(values: tuple[str, ...]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for tag in map(one_line, values):
        if tag:
            kept.setdefault(tag.casefold(), tag)
    return tuple(kept.values())


def _custom(values: tuple[Labelled, ...]) -> tuple[Labelled, ...]:
    if not values:
        return ()  # as with nearly everybody
    cleaned = (Labelled(many_lines(item.value), one_line(item.label)) for item in values)
    return tuple(dict.fromkeys(item for item in cleaned if item.value))
