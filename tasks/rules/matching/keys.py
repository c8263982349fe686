"""Blocking keys: two people who share none of them are never compared."""

from collections.abc import Iterator, Sequence

from tasks.rules.folding import sound
from tasks.rules.matching.places import KINDS_OF_STREET, Place
from tasks.rules.matching.traits import Traits

_TELLING = 3


def block_keys(people: Sequence[Traits]) -> tuple[list[int], list[str], list[str]]:
    """Three columns as `storage.sync.blocking` takes them: position of the person, name of the rule, key."""
    whose, rules, keys = [], [], []
    for position, person in enumerate(people):
        for rule, key in set(_keys(person)):
            whose.append(position)
            rules.append(rule)
            keys.append(key)
    return whose, rules, keys


def neighbours(people: Sequence[Traits]) -> list[str]:
    """A sort key per person: in a block too large to compare all pairs, it puts likely matches next to each other."""
    return [f"{min(p.given.text, p.family.text)} {max(p.given.text, p.family.text)} {p.birthday}" for p in people]


def _keys(person: Traits) -> Iterator[tuple[str, str]]:
    for box in person.mailboxes:
        yield "e-mail", box.key
        if not box.role:
            yield "e-mail before the @", box.local
        if box.local and not box.free:
            yield "e-mail domain and initial", f"{box.stem} {box.local[0]}"
    for phone in person.phones:
        yield "phone", phone
    for own in person.identifiers:
        yield "number in a register", own.number
    if person.full_birthday:
        yield "birthday", person.birthday
    yield from _name_keys(person)
    for name in filter(None, (person.given.text, person.family.text)):
        yield from _name_and_more(name, person)
    for place in person.places:
        yield from _street_keys(place)
    yield from _broad_keys(person)


def _street_keys(place: Place) -> Iterator[tuple[str, str]]:
    words = place.street.split()
    number = next((word for word in words if word.isdigit()), "")
    telling = [word for word in words if word.isalpha() and len(word) > _TELLING and word not in KINDS_OF_STREET][:2]
    for word in telling:
        for more in filter(None, (number, place.postcode, place.city)):
            yield "street and more", f"{word} {more}"
    if len(telling) > 1:
        yield "street and more", " ".join(sorted(telling))


def _name_keys(person: Traits) -> Iterator[tuple[str, str]]:
    """Independent of the order of the names, because many cards have given and family name swapped."""
    given, family = person.given.text, person.family.text
    if given and family:
        sounds = sound(given), sound(family)
        yield "name by sound", " ".join(sorted(sounds))
        yield "name and initial", f"{sounds[0]} {family[0]}"
        for initial in {name[0] for name in person.given.formal}:
            yield "name and initial", f"{sounds[1]} {initial}"


def _broad_keys(person: Traits) -> Iterator[tuple[str, str]]:
    """Cheap enough only where few people share them: small batches, rare values. Their rules' names end in "alone"."""
    for name in filter(None, {person.given.text, person.family.text}):
        yield "name alone", name
    for place in person.places:
        if place.postcode:
            yield "postcode alone", place.postcode


def _name_and_more(name: str, person: Traits) -> Iterator[tuple[str, str]]:
    if person.full_birthday:
        yield "name and year of birth", f"{name} {person.birthday[:4]}"
        yield "name and day of birth", f"{name} {person.birthday[4:]}"
    if person.company.text:
        yield "name and company", f"{name} {person.company.text}"
    for place in person.places:
        if place.city:
            yield "name and town", f"{name} {place.city}"
        if place.postcode:
            yield "name and postcode", f"{name} {place.postcode}"
