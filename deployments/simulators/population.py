"""An address book of invented people, the same for the same seed, with the truth about who is who.

Each card names the `person` it stands for; no public answer ever tells it. The books of two sources overlap by about
a third, and in each a few people stand twice: with a typo, a nickname, a new job, a married name.
"""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count, islice
from typing import TypeVar

from deployments.simulators import names

T = TypeVar("T")

HOUSEHOLD = 25
"""The first two of every 25 people live together: one family name, one landline, one family e-mail address."""

TWIN_SHARE = 0.02


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
    """What one entry of an address book says. E-mail addresses and telephone numbers are (label, value).

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


def population(seed: int, size: int, source: str = "microsoft") -> list[Card]:
    """The book that `source` keeps: exactly `size` cards."""
    first = 0 if source == "microsoft" else int(size * 0.7) // HOUSEHOLD * HOUSEHOLD
    return list(islice(_book(seed, first, source), size))


def _book(seed: int, first: int, source: str) -> Iterator[Card]:
    chance = random.Random(f"{seed}/{source}")
    for truth in people(seed, first):
        yield seen(truth, chance)
        if chance.random() < TWIN_SHARE:
            yield differently(seen(truth, chance), chance)


def people(seed: int, first: int = 0) -> Iterator[Card]:
    """The people as they truly are, without end; `first` must begin a household."""
    chance = random.Random()
    for begin in count(first, HOUSEHOLD):
        chance.seed(seed * 1_000_003 + begin)
        neighbour = _person(chance, begin)
        yield neighbour
        yield _move_in(_person(chance, begin + 1), neighbour)
        for index in range(begin + 2, begin + HOUSEHOLD):
            yield _person(chance, index)


def _person(chance: random.Random, index: int) -> Card:
    culture = pick(chance, names.CULTURES)
    given = pick(chance, culture.given)
    family = pick(chance, culture.stems) + pick(chance, culture.endings)
    company = _company(chance)
    emails = [("work", work_address(given, family, index, company))]
    if chance.random() < 0.5:
        emails.append(("home", f"{_local(given, family, index)}@{pick(chance, names.FREE_DOMAINS)}"))
    return Card(
        person=f"p-{index:06d}",
        prefix=pick(chance, names.PREFIXES) if chance.random() < 0.08 else "",
        given=given,
        middle=pick(chance, culture.given) if chance.random() < 0.08 else "",
        family=family,
        suffix=pick(chance, names.SUFFIXES) if chance.random() < 0.02 else "",
        nickname=names.NICKNAMES.get(given, "") if chance.random() < 0.2 else "",
        company=company,
        department=pick(chance, names.DEPARTMENTS) if chance.random() < 0.4 else "",
        job_title=pick(chance, names.JOBS),
        birthday=_birthday(chance) if chance.random() < 0.35 else "",
        notes=pick(chance, names.NOTES) if chance.random() < 0.15 else "",
        url=f"https://www.{_domain(company)}/" if chance.random() < 0.1 else "",
        emails=tuple(emails),
        phones=_phones(chance, culture, index),
        addresses=(_place(chance, culture),) if chance.random() < 0.4 else (),
        tags=tuple(sorted({pick(chance, names.TAGS) for _ in range(int(chance.random() * 3))})),
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


def seen(truth: Card, chance: random.Random) -> Card:
    """How an address book has this person: with something missing now and then, and sometimes differently."""
    card = truth
    roll = chance.random()
    if roll < 0.05:
        card = replace(card, emails=())
    elif roll < 0.12:
        card = replace(card, phones=())
    elif roll < 0.20:
        card = replace(card, company="", department="", job_title="", emails=truth.emails[1:] or truth.emails)
    elif roll < 0.205:
        card = replace(card, prefix="", given="", middle="", family="", suffix="", nickname="")
    return differently(card, chance) if roll > 0.9 else card


def differently(card: Card, chance: random.Random) -> Card:
    """The same person, told in another way: each of the ways in which address books disagree."""
    return pick(chance, _WAYS)(card, chance)


def _typo(card: Card, chance: random.Random) -> Card:
    word = card.family or card.given
    if len(word) < 4:
        return _shout(card, chance)
    at = 1 + int(chance.random() * (len(word) - 2))
    return replace(card, family=word[:at] + word[at + 1] + word[at] + word[at + 2 :])


def _shout(card: Card, chance: random.Random) -> Card:
    emails = tuple((label, address.upper()) for label, address in card.emails)
    family = card.family.upper() if chance.random() < 0.5 else card.family + " "
    return replace(card, family=family if card.family else "", emails=emails)


def _new_job(card: Card, chance: random.Random) -> Card:
    company = _company(chance)
    work = ("work", work_address(card.given, card.family, int(card.person[2:]), company))
    kept = tuple(email for email in card.emails if email[0] != "work")
    return replace(card, company=company, job_title=pick(chance, names.JOBS), emails=(work, *kept))


def _nickname(card: Card, chance: random.Random) -> Card:
    given = names.NICKNAMES.get(card.given, "")
    return replace(card, given=given, nickname="") if given else _typo(card, chance)


def _married(card: Card, chance: random.Random) -> Card:
    other = pick(chance, names.CULTURES[:12])
    family = pick(chance, other.stems) + pick(chance, other.endings)
    return replace(card, family=family if chance.random() < 0.5 else f"{card.family}-{family}")


def _national(card: Card, chance: random.Random) -> Card:
    """The numbers as people write them at home, and with 00 for the plus sign."""
    zeros = chance.random() < 0.5
    return replace(card, phones=tuple((label, "00" + text[1:] if zeros else text) for label, text in card.phones))


_WAYS = (_typo, _shout, _new_job, _nickname, _married, _national)


def pick(chance: random.Random, pool: Sequence[T]) -> T:
    return pool[int(chance.random() * len(pool))]


def work_address(given: str, family: str, index: int, company: str) -> str:
    return f"{_local(given, family, index)}@{_domain(company)}"


def _local(given: str, family: str, index: int) -> str:
    """Unique for each person, as a real address is; what no Latin letter can spell becomes a number."""
    name = ".".join(part for part in (latin(given), latin(family)) if part)
    return f"{name or 'contact'}{index}"


@lru_cache(maxsize=20_000)
def latin(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha()).lower()


def _company(chance: random.Random) -> str:
    return f"{pick(chance, names.COMPANY_WORDS)} {pick(chance, names.COMPANY_KINDS)}{pick(chance, names.COMPANY_FORMS)}"


@lru_cache(maxsize=20_000)
def _domain(company: str) -> str:
    return "".join(latin(word) for word in company.split()[:2]) + ".example"


def _phones(chance: random.Random, culture: names.Culture, index: int) -> tuple[tuple[str, str], ...]:
    phones = [("mobile", _number(culture.mobile, index))]
    if chance.random() < 0.3:
        phones.append(("home", _number(culture.landline, index)))
    if chance.random() < 0.1:
        phones.append(("work", _number(culture.landline, index + 500_000)))
    return tuple(phones)


def _number(pattern: str, index: int) -> str:
    """Two people never get the same one by chance: the digits are a scrambled index."""
    room = pattern.count("#")
    digits = f"{index * 7919 % 10**room:0{room}d}"
    return pattern[: -room or None] + digits


def _birthday(chance: random.Random) -> str:
    year, month, day = 1940 + int(chance.random() * 65), 1 + int(chance.random() * 12), 1 + int(chance.random() * 28)
    return f"--{month:02d}-{day:02d}" if chance.random() < 0.15 else f"{year}-{month:02d}-{day:02d}"


def _place(chance: random.Random, culture: names.Culture) -> Place:
    street = f"{1 + int(chance.random() * 200)} {pick(chance, names.STREETS)}"
    postcode = "".join(str(int(chance.random() * 10)) if sign == "#" else sign for sign in culture.postcode)
    return Place(pick(chance, ("work", "home")), street, pick(chance, culture.cities), "", postcode, culture.country)
