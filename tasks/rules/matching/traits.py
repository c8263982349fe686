"""What of a person is compared: a contact's values brought to the keys that matching works on."""

from dataclasses import dataclass
from functools import lru_cache

from storage.records import Person, PostalAddress
from tasks.rules.matching.folding import fold, fold_name
from tasks.rules.matching.mail import Mailbox, mailbox, names_in
from tasks.rules.matching.phones import is_mobile
from tasks.rules.matching.short_forms import formal
from tasks.rules.matching.words import words

_PARTICLES = words("particles")
_COMPANY_FORMS = words("company_forms")
_STREET_WORDS = {
    **dict.fromkeys(("street", "str", "strasse"), "st"),
    **dict.fromkeys(("road",), "rd"),
    **dict.fromkeys(("avenue",), "ave"),
    **dict.fromkeys(("place",), "pl"),
    **dict.fromkeys(("crescent",), "cres"),
    **dict.fromkeys(("drive",), "dr"),
    **dict.fromkeys(("court",), "ct"),
    **dict.fromkeys(("circuit",), "cct"),
    **dict.fromkeys(("square",), "sq"),
    **dict.fromkeys(("close",), "cl"),
}
_GENERATIONS = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "2", "iii": "3", "iv": "4"}
_FULL_BIRTHDAY = 10


@dataclass(frozen=True, slots=True)
class Place:
    street: str = ""
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """Folded and comparable; empty means unknown. `given` and `family` are written in one word, their parts beside."""

    id: str
    given: str = ""
    given_parts: tuple[str, ...] = ()
    formal: frozenset[str] = frozenset()
    middle: tuple[str, ...] = ()
    family: str = ""
    family_parts: tuple[str, ...] = ()
    name_is_guessed: bool = False
    generation: str = ""
    mailboxes: tuple[Mailbox, ...] = ()
    phones: frozenset[str] = frozenset()
    mobiles: frozenset[str] = frozenset()
    company: str = ""
    company_words: frozenset[str] = frozenset()
    birthday: str = ""
    places: tuple[Place, ...] = ()

    @property
    def full_birthday(self) -> str:
        return self.birthday if len(self.birthday) == _FULL_BIRTHDAY else ""


def traits(id: str, person: Person) -> Traits:  # noqa: A002 - the word that every record uses
    mailboxes = tuple(dict.fromkeys(mailbox(email.value) for email in person.emails if "@" in email.value))
    given, middle, family, guessed = _name(person, mailboxes)
    company = _company(person.company)
    return Traits(
        id=id,
        given="".join(given),
        given_parts=given,
        formal=formal(given[0] if given else ""),
        middle=middle,
        family="".join(family),
        family_parts=family,
        name_is_guessed=guessed,
        generation=_GENERATIONS.get(fold(person.suffix), ""),
        mailboxes=mailboxes,
        phones=frozenset(phone.value for phone in person.phones),
        mobiles=frozenset(phone.value for phone in person.phones if is_mobile(phone.value, phone.label)),
        company="".join(company),
        company_words=frozenset(company),
        birthday=person.birthday,
        places=tuple(place for address in person.addresses if (place := _place(address)) != _NOWHERE),
    )


_NOWHERE = Place()
_Name = tuple[str, ...]


def _name(person: Person, mailboxes: tuple[Mailbox, ...]) -> tuple[_Name, _Name, _Name, bool]:
    """Given, middle and family name, and whether they were only read from an address."""
    given, family = person.given_name, person.family_name
    if not given and not family and person.display_name and "@" not in person.display_name:
        given, family = _split(person.display_name)
    if given or family:
        return _words(given), _words(person.middle_name), _family(family), False
    for box in mailboxes:
        first, last = names_in(box.local) if not box.role else ("", "")
        if first:
            return _words(first), (), _family(last), True
    return (), (), (), False


def _split(display_name: str) -> tuple[str, str]:
    family, comma, given = display_name.partition(",")
    if comma:
        return given, family
    first, *rest = display_name.split() or [""]
    return first, " ".join(rest)


@lru_cache(maxsize=100_000)
def _words(name: str) -> _Name:
    return tuple(fold_name(name).split())


@lru_cache(maxsize=100_000)
def _family(name: str) -> _Name:
    words = tuple(fold_name(name).split())
    return tuple(word for word in words if word not in _PARTICLES) or words


@lru_cache(maxsize=100_000)
def _company(name: str) -> _Name:
    words = tuple(fold(name.replace(".", "")).split())
    return tuple(word for word in words if word not in _COMPANY_FORMS) or words


def _place(address: PostalAddress) -> Place:
    return Place(
        _street(address.street), fold(address.postcode).replace(" ", ""), fold_name(address.city).replace(" ", "")
    )


@lru_cache(maxsize=100_000)
def _street(street: str) -> str:
    return " ".join(_STREET_WORDS.get(word, word) for word in fold(street).replace("strasse", "str").split())
