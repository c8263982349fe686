"""People who want to know what is held of them, or want it gone."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.records.people import Person


@dataclass(frozen=True, slots=True)
class KnownBy:
    """The rules by which people are told: canonical addresses, and what tells one without an address.

    `numbers_of` is name and number together, for a number alone may be a whole office's. `facts_of` is all that is left
    to tell somebody by who has neither: their name, with whatever else is known, each empty where it is not; and
    nothing at all of anybody else.
    """

    addresses_of: Callable[[Person], frozenset[str]]
    numbers_of: Callable[[Person], frozenset[str]]
    facts_of: Callable[[Person], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Whom:
    """A person, known by one address in its canonical form; by a contact's id as well, or alone without an address."""

    address: str
    known_by: KnownBy
    contact_id: str = ""

    def is_them(self, person: Person) -> bool:
        return bool(self.address) and self.address in self.known_by.addresses_of(person)
