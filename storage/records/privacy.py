"""A person who wants to know what is held of them, or wants it gone."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.records.people import Person


@dataclass(frozen=True, slots=True)
class Whom:
    """A person, known by one address in its canonical form; the two functions are the rules by which people are told.

    `addresses_of` gives all canonical addresses of a record; `numbers_of` what else tells a person without one: name
    and number together, for a number alone may be a whole office's.
    """

    address: str
    addresses_of: Callable[[Person], frozenset[str]]
    numbers_of: Callable[[Person], frozenset[str]]

    def is_them(self, person: Person) -> bool:
        return self.address in self.addresses_of(person)
