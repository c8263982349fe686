"""Two people laid side by side, field by field: the slow and obvious comparison that every verdict rests on.

A level says how a field agrees, 0 that one of the two does not tell. Higher levels never mean more or less by
themselves: what each is worth is learnt in `weights`.
"""

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import ratio

from tasks.rules.matching.folding import sound
from tasks.rules.matching.traits import Place, Traits

_CLOSE_NAME = 0.88
_CLOSE_TEXT = 80
_CLOSE_EMAIL = 90


class Given(IntEnum):
    UNKNOWN = 0
    SAME = 1
    SHORT = 2
    INITIAL = 3
    CLOSE = 4
    DIFFERENT = 5


class Family(IntEnum):
    UNKNOWN = 0
    SAME = 1
    PART = 2
    CLOSE = 3
    DIFFERENT = 4


class Email(IntEnum):
    UNKNOWN = 0
    SAME = 1
    ROLE = 2
    LOCAL = 3
    CLOSE = 4
    DIFFERENT = 5


class Phone(IntEnum):
    UNKNOWN = 0
    MOBILE = 1
    SAME = 2
    DIFFERENT = 3


class Birthday(IntEnum):
    UNKNOWN = 0
    SAME = 1
    DAY = 2
    SLIP = 3
    HALF = 4
    DIFFERENT = 5


class Street(IntEnum):
    UNKNOWN = 0
    SAME = 1
    CLOSE = 2
    DIFFERENT = 3


class Town(IntEnum):
    UNKNOWN = 0
    SAME = 1
    CLOSE = 2
    DIFFERENT = 3


class Company(IntEnum):
    UNKNOWN = 0
    SAME = 1
    CLOSE = 2
    DOMAIN = 3
    DIFFERENT = 4


class Evidence(NamedTuple):
    given: Given
    family: Family
    email: Email
    phone: Phone
    birthday: Birthday
    street: Street
    town: Town
    company: Company


def compare(one: Traits, other: Traits) -> Evidence:
    given, family = names(one, other)
    return Evidence(
        given,
        family,
        _emails(one, other),
        _phones(one, other),
        birthdays(one.birthday, other.birthday),
        *_addresses(one.places, other.places),
        _companies(one, other),
    )


def names(one: Traits, other: Traits) -> tuple[Given, Family]:
    """Compared as they stand, and crosswise where that fits better: many cards have the two names swapped."""
    straight = _given(one, other), _family(one, other)
    if straight[0] is Given.SAME or straight[1] is Family.SAME or not swapped(one, other):
        return straight
    return Given.SAME, Family.SAME


def swapped(one: Traits, other: Traits) -> bool:
    return bool(one.given and one.family) and one.given == other.family and one.family == other.given


def _given(one: Traits, other: Traits) -> Given:
    if not one.given or not other.given:
        return Given.UNKNOWN
    if one.given == other.given:
        return Given.SAME
    first, second = one.given_parts[0], other.given_parts[0]
    if len(first) == 1 or len(second) == 1:
        return Given.INITIAL if first[0] == second[0] else Given.DIFFERENT
    if one.formal & other.formal or _goes_by_middle_name(one, other):
        return Given.SHORT
    return Given.CLOSE if close_names(one.given, other.given) else Given.DIFFERENT


def _goes_by_middle_name(one: Traits, other: Traits) -> bool:
    return one.given_parts[0] in other.middle or other.given_parts[0] in one.middle


def _family(one: Traits, other: Traits) -> Family:
    if not one.family or not other.family:
        return Family.UNKNOWN
    if one.family == other.family:
        return Family.SAME
    if len(one.family_parts) != len(other.family_parts) and set(one.family_parts) & set(other.family_parts):
        return Family.PART
    return Family.CLOSE if close_names(one.family, other.family) else Family.DIFFERENT


@lru_cache(maxsize=500_000)
def close_names(one: str, other: str) -> bool:
    if JaroWinkler.similarity(one, other) >= _CLOSE_NAME:
        return True
    alike = OSA.distance(one, other, score_cutoff=1) <= 1 and min(len(one), len(other)) > 3  # noqa: PLR2004 - Ann, Dan
    return alike or sound(one) == sound(other) != ""


def _emails(one: Traits, other: Traits) -> Email:
    if not one.mailboxes or not other.mailboxes:
        return Email.UNKNOWN
    return min(
        _email(mine.key, mine.local, mine.role, their.key, their.local)
        for mine in one.mailboxes
        for their in other.mailboxes
    )


def _email(key: str, local: str, role: bool, other_key: str, other_local: str) -> Email:  # noqa: FBT001
    if key == other_key:
        return Email.ROLE if role else Email.SAME
    if role:
        return Email.DIFFERENT
    if local == other_local:
        return Email.LOCAL
    return Email.CLOSE if ratio(key, other_key) >= _CLOSE_EMAIL else Email.DIFFERENT


def _phones(one: Traits, other: Traits) -> Phone:
    if not one.phones or not other.phones:
        return Phone.UNKNOWN
    if not one.phones.isdisjoint(other.phones):
        return (
            Phone.SAME
            if one.mobiles.isdisjoint(other.phones) and other.mobiles.isdisjoint(one.phones)
            else Phone.MOBILE
        )
    return Phone.DIFFERENT


@lru_cache(maxsize=100_000)
def birthdays(one: str, other: str) -> Birthday:
    if not one or not other:
        return Birthday.UNKNOWN
    if one == other:
        return Birthday.SAME
    if one[-5:] == other[-5:] and "--" in (one[:2], other[:2]):
        return Birthday.DAY
    if "--" in (one[:2], other[:2]):
        return Birthday.DIFFERENT
    if OSA.distance(one, other) == 1 or (one[:4] == other[:4] and one[5:7] == other[8:] and one[8:] == other[5:7]):
        return Birthday.SLIP
    agreeing = (one[:4] == other[:4]) + (one[5:7] == other[5:7]) + (one[8:] == other[8:])
    return Birthday.HALF if agreeing == 2 else Birthday.DIFFERENT  # noqa: PLR2004 - of year, month and day


def _addresses(mine: tuple[Place, ...], theirs: tuple[Place, ...]) -> tuple[Street, Town]:
    """The pair of addresses that agrees best."""
    if not mine or not theirs:
        return Street.UNKNOWN, Town.UNKNOWN
    return min(
        (_address(one, other) for one in mine for other in theirs),
        key=lambda levels: (levels[0] or 3) + (levels[1] or 3),
    )


def _address(one: Place, other: Place) -> tuple[Street, Town]:
    return _streets(one.street, other.street), _towns(one, other)


@lru_cache(maxsize=200_000)
def _streets(one: str, other: str) -> Street:
    if not one or not other:
        return Street.UNKNOWN
    if one == other:
        return Street.SAME
    return Street.CLOSE if ratio(one, other) >= _CLOSE_TEXT else Street.DIFFERENT


@lru_cache(maxsize=200_000)
def _towns(one: Place, other: Place) -> Town:
    known = (one.postcode and other.postcode, one.city and other.city)
    if not any(known):
        return Town.UNKNOWN
    if (not known[0] or one.postcode == other.postcode) and (not known[1] or one.city == other.city):
        return Town.SAME
    if (known[0] and OSA.distance(one.postcode, other.postcode) <= 1) or (
        known[1] and ratio(one.city, other.city) >= _CLOSE_TEXT
    ):
        return Town.CLOSE
    return Town.DIFFERENT


def _companies(one: Traits, other: Traits) -> Company:
    if one.company and one.company == other.company:
        return Company.SAME
    if _work_domains(one) & _work_domains(other) or _named_by_domain(one, other) or _named_by_domain(other, one):
        return Company.DOMAIN
    if not one.company or not other.company:
        return Company.UNKNOWN
    if one.company_words <= other.company_words or other.company_words <= one.company_words:
        return Company.CLOSE
    return Company.CLOSE if ratio(one.company, other.company) >= _CLOSE_TEXT else Company.DIFFERENT


def _work_domains(person: Traits) -> set[str]:
    return {box.stem for box in person.mailboxes if not box.free}


def _named_by_domain(person: Traits, other: Traits) -> bool:
    return bool(person.company) and any(
        box.stem.replace("-", "") == person.company for box in other.mailboxes if not box.free
    )
