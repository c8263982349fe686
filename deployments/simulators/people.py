"""The ground truth: invented people with their complete data, deterministic by seed."""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import TypeVar

from deployments.simulators import cultures, phrases

T = TypeVar("T")

HOUSEHOLD = 25
"""The first two of every 25 people share a household: family name, landline and a family e-mail address."""


@dataclass(frozen=True, slots=True)
class Place:
    label: str
    street: str
    city: str
    region: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class Card:
    """One address book entry. E-mail addresses and telephone numbers are (label, value).

    `birthday` is YYYY-MM-DD, or --MM-DD where the year is not known.
    """

    person: str
    prefix: str = ""
    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    nickname: str = ""
    company: str = ""
    department: str = ""
    job_title: str = ""
    birthday: str = ""
    notes: str = ""
    url: str = ""
    emails: tuple[tuple[str, str], ...] = ()
    phones: tuple[tuple[str, str], ...] = ()
    addresses: tuple[Place, ...] = ()
    tags: tuple[str, ...] = ()
    photo: bool = False

    @property
    def display_name(self) -> str:
        parts = (self.prefix, self.given, self.middle, self.family, self.suffix)
        return " ".join(part for part in parts if part) or self.company


def people(seed: int, first: int = 0) -> Iterator[Card]:
    """The people from index `first` on, endlessly; `first` must be a multiple of HOUSEHOLD."""
    chance = random.Random()
    for begin in count(first, HOUSEHOLD):
        chance.seed(seed * 1_000_003 + begin)
        neighbour = _person(chance, begin)
        yield neighbour
        yield _move_in(_person(chance, begin + 1), neighbour)
        for index in range(begin + 2, begin + HOUSEHOLD):
            yield _person(chance, index)


def _person(chance: random.Random, index: int) -> Card:
    culture = pick(chance, cultures.CULTURES)
    given = pick(chance, culture.given)
    family = pick(chance, culture.stems) + pick(chance, culture.endings)
    company = pick(chance, phrases.COMPANIES)
    local = local_part(given, family, index)
    emails = [("work", f"{local}@{domain(company)}")]
    if likely(chance, 0.5):
        emails.append(("home", f"{local}@{pick(chance, phrases.FREE_DOMAINS)}"))
    return Card(
        person=f"p-{index:06d}",
        prefix=pick(chance, phrases.PREFIXES) if likely(chance, 0.08) else "",
        given=given,
        middle=pick(chance, culture.given) if likely(chance, 0.08) else "",
        family=family,
        suffix=pick(chance, phrases.SUFFIXES) if likely(chance, 0.02) else "",
        nickname=cultures.NICKNAMES.get(given, "") if likely(chance, 0.2) else "",
        company=company,
        department=pick(chance, phrases.DEPARTMENTS) if likely(chance, 0.4) else "",
        job_title=pick(chance, phrases.JOBS),
        birthday=_birthday(chance) if likely(chance, 0.35) else "",
        notes=pick(chance, phrases.NOTES) if likely(chance, 0.15) else "",
        url=f"https://www.{domain(company)}/" if likely(chance, 0.1) else "",
        emails=tuple(emails),
        phones=_phones(chance, culture, index),
        addresses=(_place(chance, culture),) if likely(chance, 0.4) else (),
        tags=tuple(sorted({pick(chance, phrases.TAGS) for _ in range(int(chance.random() * 3))})),
        photo=index % 10 == 0,
    )


def _move_in(truth: Card, neighbour: Card) -> Card:
    shared = ("home", f"family{neighbour.person[2:]}@example.com")
    landline = [phone for phone in neighbour.phones if phone[0] == "home"]
    mobile = [phone for phone in truth.phones if phone[0] != "home"]
    return replace(
        truth,
        family=neighbour.family,
        emails=(*truth.emails[:1], shared),
        phones=(*mobile, *landline),
        addresses=neighbour.addresses,
    )


def pick(chance: random.Random, pool: Sequence[T]) -> T:
    return pool[int(chance.random() * len(pool))]


def likely(chance: random.Random, share: float) -> bool:
    return chance.random() < share


def local_part(given: str, family: str, index: int) -> str:
    """The local part of an e-mail address, unique by index; names in non-Latin scripts become contact<index>."""
    first, last = latin(given), latin(family)
    return f"{first}.{last}{index}" if first and last else f"contact{index}"


@lru_cache(maxsize=20_000)
def latin(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha()).lower()


@lru_cache(maxsize=20_000)
def domain(company: str) -> str:
    return "".join(latin(word) for word in company.split()[:2]) + ".example"


def _phones(chance: random.Random, culture: cultures.Culture, index: int) -> tuple[tuple[str, str], ...]:
    phones = [("mobile", _number(culture.mobile, index))]
    if likely(chance, 0.3):
        phones.append(("home", _number(culture.landline, index)))
    if likely(chance, 0.1):
        phones.append(("work", _number(culture.landline, index + 500_000)))
    return tuple(phones)


def _number(numbers: cultures.Numbers, index: int) -> str:
    """A number whose digits are the permuted index, so that different people do not share one by chance."""
    return numbers.prefix + str(index * 7919 % 10**numbers.digits).zfill(numbers.digits)


def _birthday(chance: random.Random) -> str:
    year, month, day = 1940 + int(chance.random() * 65), 1 + int(chance.random() * 12), 1 + int(chance.random() * 28)
    return f"--{month:02d}-{day:02d}" if likely(chance, 0.15) else f"{year}-{month:02d}-{day:02d}"


def _place(chance: random.Random, culture: cultures.Culture) -> Place:
    street = f"{1 + int(chance.random() * 200)} {pick(chance, phrases.STREETS)}"
    digits = f"{int(chance.random() * 100):02d}"
    postcode = culture.postcode.replace("##", digits).replace("#", digits[1])
    return Place(pick(chance, ("work", "home")), street, pick(chance, culture.cities), "", postcode, culture.country)
