"""People who want to know what is held of them, or want it gone."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.records.people import Person


@dataclass(frozen=True, slots=True)
class KnownBy:
    """How people are identified: by canonical address or, without one, otherwise.

    `numbers_of` combines name and number, for a number alone may be a whole office's. `facts_of` is for people with
    neither address nor number: name first, then other facts, empty if unknown; `()` for anybody else.
    """

    addresses_of: Callable[[Person], frozenset[str]]
    numbers_of: Callable[[Person], frozenset[str]]
    facts_of: Callable[[Person], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Whom:
    """A person: canonical address, or contact id, or both."""

    address: str
    known_by: KnownBy
    contact_id: str = ""

    def is_them(self, person: Person) -> bool:
        return bool(self.address) and self.address in self.known_by.addresses_of(person)
