"""Compare two people field by field: the reference comparison that every verdict rests on."""

import re

from rapidfuzz.distance import OSA, JaroWinkler

from tasks.rules.folding import sound
from tasks.rules.matching.fields import addresses, birthdays, companies, emails, employment, identifiers, phones
from tasks.rules.matching.levels import Company, Email, Evidence, Family, Given, Order
from tasks.rules.matching.names import FamilyName, GivenName
from tasks.rules.matching.traits import Traits

CLOSE_NAME = 0.88
_NUMBERS = re.compile(r"[0-9]+")
TOO_SHORT_FOR_A_SLIP = 3
SHORT = 4  # letters; up to here another first letter means another name: Yang and Wang, Bond and Pond

# With one of these, the shared domain is no further evidence: it was counted with the address.
SAME_ADDRESS = (Email.SAME, Email.ROLE)
_AT_ODDS = (
    (Given.DIFFERENT, Family.DIFFERENT),
    (Given.DIFFERENT, Family.UNKNOWN),
    (Given.UNKNOWN, Family.DIFFERENT),
)
_BY_AGREEMENT = (Given.SAME, Given.CLOSE, Given.UNKNOWN, Given.DIFFERENT)
_AS_FAMILY = {Given.SAME: Family.SAME, Given.CLOSE: Family.CLOSE}


def compare(one: Traits, other: Traits) -> Evidence:
    given, family = given_names(one.given, other.given), family_names(one.family, other.family)
    order = Order.STRAIGHT if given or family else Order.UNKNOWN
    if at_odds(given, family) and (crossed := crosswise(one, other)):
        order, given, family = Order.SWAPPED, *crossed
    email = emails(one.mailboxes, other.mailboxes)
    company = companies(employment(one), employment(other))
    return Evidence(
        order,
        given,
        family,
        email,
        phones(one.phones, other.phones, one.mobiles | other.mobiles),
        birthdays(one.birthday, other.birthday),
        *addresses(one.places, other.places),
        Company.UNKNOWN if company is Company.DOMAIN and email in SAME_ADDRESS else company,
        identifiers(one.identifiers, other.identifiers),
    )


def at_odds(given: Given, family: Family) -> bool:
    return (given, family) in _AT_ODDS


def crosswise(one: Traits, other: Traits) -> tuple[Given, Family] | None:
    """Compare given name with family name, because many cards have them swapped; None if neither pair agrees. The
    better agreement is reported as the family name's, so that the result is symmetric.
    """
    levels = _text(one.given.text, other.family.text), _text(one.family.text, other.given.text)
    better, worse = sorted(levels, key=_BY_AGREEMENT.index)
    return (worse, _AS_FAMILY[better]) if better in _AS_FAMILY else None


def _text(one: str, other: str) -> Given:
    if not one or not other:
        return Given.UNKNOWN
    if one == other:
        return Given.SAME
    return Given.CLOSE if one[0] == other[0] and _close(one, other) else Given.DIFFERENT


def given_names(one: GivenName, other: GivenName) -> Given:
    if not one.text or not other.text:
        return Given.UNKNOWN
    return given_forms(one, other) or (Given.CLOSE if _close(one.text, other.text) else Given.DIFFERENT)


def given_forms(one: GivenName, other: GivenName) -> Given:
    """The level as far as it needs no fuzzy comparison of spellings; UNKNOWN if it does."""
    if one.text == other.text:
        return Given.SAME
    first, second = one.parts[0], other.parts[0]
    if len(first) == 1 or len(second) == 1:
        return Given.INITIAL if first[0] == second[0] else Given.DIFFERENT
    if not one.formal.isdisjoint(other.formal) or first in other.middle or second in one.middle:
        return Given.SHORT
    return Given.UNKNOWN


def family_names(one: FamilyName, other: FamilyName) -> Family:
    if not one.text or not other.text:
        return Family.UNKNOWN
    return family_forms(one, other) or (Family.CLOSE if _close(one.text, other.text) else Family.DIFFERENT)


def family_forms(one: FamilyName, other: FamilyName) -> Family:
    if one.text == other.text:
        return Family.SAME
    if len(one.parts) != len(other.parts) and not set(one.parts).isdisjoint(other.parts):
        return Family.PART
    return Family.UNKNOWN


def _close(one: str, other: str) -> bool:
    if other_numbers(one, other):
        return False
    if JaroWinkler.similarity(one, other) >= CLOSE_NAME:
        return True
    length = min(len(one), len(other))
    if length <= SHORT and one[0] != other[0]:
        return False
    if length > TOO_SHORT_FOR_A_SLIP and OSA.distance(one, other, score_cutoff=1) <= 1:
        return True
    return one[0] == other[0] and sound(one) == sound(other)


def other_numbers(one: str, other: str) -> bool:
    """Whether both names contain numbers, but different ones: Guest 12 is not Guest 13, however similarly spelt."""
    mine, theirs = _NUMBERS.findall(one), _NUMBERS.findall(other)
    return bool(mine and theirs) and mine != theirs
