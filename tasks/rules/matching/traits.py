"""What of a person is compared: a contact's values brought to the keys that matching works on."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from storage.records import Labelled, Person
from tasks.rules.folding import fold
from tasks.rules.mail_addresses import Mailbox, mailbox, names_in
from tasks.rules.matching.names import (
    CompanyName,
    FamilyName,
    GivenName,
    company_name,
    family_name,
    given_name,
    split,
)
from tasks.rules.matching.phones import is_mobile
from tasks.rules.matching.places import Place, place

_GENERATIONS = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "2", "iii": "3", "iv": "4"}
_FULL_BIRTHDAY = 10
_A_DAY = re.compile(r"(?:[0-9]{4}|-)-[0-9]{2}-[0-9]{2}")
_NO_GIVEN, _NO_FAMILY, _NO_COMPANY = GivenName(), FamilyName(), CompanyName()
# A customer's or member's number, say: digits, with a few letters around them.
_A_DATE = re.compile(r"[0-9]{4}([-./])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-./])[0-9]{1,2}\2[0-9]{2,4}")
_A_NUMBER = re.compile(r"[A-Za-z]{0,4}[-_ ]?[0-9][0-9 ./-]{3,18}[0-9][A-Za-z]?")


class Identifier(NamedTuple):
    """A number that some register gave, under the register's name."""

    register: str
    number: str


@dataclass(frozen=True, slots=True)
class Traits:
    """Folded and comparable; empty means unknown. A name may be guessed from an e-mail address. `called` is the name
    as it is written, for who reads rather than compares.
    """

    id: str
    given: GivenName = _NO_GIVEN
    family: FamilyName = _NO_FAMILY
    name_is_guessed: bool = False
    generation: str = ""
    mailboxes: tuple[Mailbox, ...] = ()
    phones: frozenset[str] = frozenset()
    mobiles: frozenset[str] = frozenset()
    company: CompanyName = _NO_COMPANY
    birthday: str = ""
    places: tuple[Place, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    called: str = ""

    @property
    def full_birthday(self) -> str:
        return self.birthday if len(self.birthday) == _FULL_BIRTHDAY else ""


def traits(id: str, person: Person) -> Traits:  # noqa: A002 - the word that every record uses
    mailboxes = tuple(dict.fromkeys([mailbox(email.value) for email in person.emails if "@" in email.value]))
    given, family, guessed = _name(person) or _name_in(mailboxes)
    return Traits(
        id,
        given,
        family,
        guessed,
        _GENERATIONS.get(fold(person.suffix), "") if person.suffix else "",
        mailboxes,
        frozenset([phone.value for phone in person.phones]),
        frozenset([phone.value for phone in person.phones if is_mobile(phone.value, phone.label)]),
        company_name(person.company),
        person.birthday if _A_DAY.fullmatch(person.birthday) else "",
        tuple([place(a.street, a.postcode, a.city) for a in person.addresses if a.street or a.postcode or a.city]),
        tuple([_identifier(own) for own in person.custom if _is_number(own.value)]),
        person.display_name or f"{person.given_name} {person.family_name}".strip(),
    )


def _is_number(text: str) -> bool:
    return bool(_A_NUMBER.fullmatch(text)) and not _A_DATE.fullmatch(text)


def _identifier(own: Labelled) -> Identifier:
    return Identifier(fold(own.label), fold(own.value).replace(" ", ""))


def _name(person: Person) -> tuple[GivenName, FamilyName, bool] | None:
    given, family = person.given_name, person.family_name
    if not given and not family and "@" not in person.display_name:
        given, family = split(person.display_name)
    return (given_name(given, person.middle_name), family_name(family), False) if given or family else None


def _name_in(mailboxes: tuple[Mailbox, ...]) -> tuple[GivenName, FamilyName, bool]:
    for box in mailboxes:
        given, family = names_in(box.local) if not box.role else ("", "")
        if given:
            return given_name(given), family_name(family), True
    return _NO_GIVEN, _NO_FAMILY, False
