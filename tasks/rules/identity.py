"""The identifiers by which a person's data is found, for export and erasure."""

from storage.records import Contact, KnownBy, Person, Whom
from tasks.rules.audience import canonical
from tasks.rules.folding import fold_name
from tasks.rules.reachable import is_email, phone_key


class NoAddress(Exception):
    """What was given is neither an address nor a contact."""


def whom(address: str) -> Whom:
    known_as = canonical(address)
    if not is_email(known_as):
        raise NoAddress("this is no e-mail address and no contact's id: a person is asked for by one of theirs")
    return Whom(known_as, KNOWN_BY)


def whom_of(contact: Contact) -> Whom:
    """The identifiers of a contact: its first address, and those of the contact as a whole."""
    known = (canonical(email.value) for email in contact.person.emails)
    return Whom(next(filter(is_email, known), ""), KNOWN_BY, contact.id)


def addresses_of(person: Person) -> frozenset[str]:
    return frozenset(canonical(email.value) for email in person.emails)


def numbers_of(person: Person) -> frozenset[str]:
    """Each phone number combined with the name; empty if either is missing."""
    name = _name_of(person)
    return frozenset(f"{name}\n{phone_key(phone.value)}" for phone in person.phones) if name else frozenset()


def facts_of(person: Person) -> tuple[str, ...]:
    """Name, company and birthday of a person without address and number; empty for others, and without a name."""
    name = _name_of(person)
    if person.emails or person.phones or not name:
        return ()
    return " ".join(sorted(name.split())), fold_name(person.company), person.birthday


def _name_of(person: Person) -> str:
    return fold_name(person.display_name or f"{person.given_name} {person.family_name}")


KNOWN_BY = KnownBy(addresses_of, numbers_of, facts_of)
