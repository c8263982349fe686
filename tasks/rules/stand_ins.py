"""Display names that are none: where no name is known, what is shown repeats something else of the person."""

from collections.abc import Iterable

from storage.records import Person


def stands_in(person: Person) -> bool:
    """A company or a nickname is shown for want of a name only; an address is nobody's name."""
    shown = person.display_name.casefold()
    if shown in {email.value.casefold() for email in person.emails}:
        return True
    others = (person.company, person.nickname)
    return not has_parts(person) and any(shown == other.casefold() for other in others)


def has_parts(person: Person) -> bool:
    return bool(person.given_name or person.middle_name or person.family_name)


def best_named(people: Iterable[Person]) -> Person:
    """Who of several, all of them one person, says the name most wholly; of equals the first."""
    return max(people, key=lambda one: (not stands_in(one), bool(one.given_name) + bool(one.family_name)))
