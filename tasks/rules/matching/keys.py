"""Blocking keys: two people who share none of them are never compared."""

from collections.abc import Iterator, Sequence

from tasks.rules.matching.folding import sound
from tasks.rules.matching.traits import Traits

Key = tuple[int, str, str]


def block_keys(people: Sequence[Traits]) -> list[Key]:
    """(position, rule, key) of everybody, as `storage.blocking` takes them."""
    return [(at, rule, key) for at, person in enumerate(people) for rule, key in set(_keys(person))]


def neighbours(people: Sequence[Traits]) -> list[str]:
    """A block too large to be compared whole is sorted by this, so that the likeliest stand side by side."""
    return [f"{min(p.given, p.family)} {max(p.given, p.family)} {p.birthday}" for p in people]


def _keys(person: Traits) -> Iterator[tuple[str, str]]:
    for box in person.mailboxes:
        yield "e-mail", box.key
        if not box.role:
            yield "e-mail before the @", box.local
    for phone in person.phones:
        yield "phone", phone
    if person.full_birthday:
        yield "birthday", person.birthday
    yield from _name_keys(person)
    for name in filter(None, (person.given, person.family)):
        yield from _name_and_more(name, person)
    for place in person.places:
        if place.street and (place.city or place.postcode):
            yield "street and town", f"{place.street} {place.postcode or place.city}"


def _name_keys(person: Traits) -> Iterator[tuple[str, str]]:
    """In either order, because many cards have given and family name swapped."""
    given, family = person.given, person.family
    if given and family:
        yield "name by sound", " ".join(sorted((sound(given), sound(family))))
        yield "name and initial", f"{given} {family[0]}"
        for initial in {name[0] for name in person.formal}:
            yield "name and initial", f"{family} {initial}"


def _name_and_more(name: str, person: Traits) -> Iterator[tuple[str, str]]:
    if person.full_birthday:
        yield "name and year of birth", f"{name} {person.birthday[:4]}"
        yield "name and day of birth", f"{name} {person.birthday[4:]}"
    if person.company:
        yield "name and company", f"{name} {person.company}"
    for place in person.places:
        yield "name and town", f"{name} {place.city}"
        yield "name and postcode", f"{name} {place.postcode}"
