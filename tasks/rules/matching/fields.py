"""The agreement level of single fields of two people: addresses, numbers, dates and companies."""

from itertools import product

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import partial_ratio, ratio, token_set_ratio

from tasks.rules.mail_addresses import Mailbox
from tasks.rules.matching.levels import Birthday, Company, Email, Number, Phone, Street, Town
from tasks.rules.matching.places import Place
from tasks.rules.matching.traits import Identifier, Traits

CLOSE_STREET = 82
ENOUGH_OF_A_STREET = 8
LIKE_STREET = 60
CLOSE_EMAIL = 88
LIKE_EMAIL = 75
CLOSE_CITY = 75
_CLOSE_COMPANY = 82
_FULL_DATE = 10
_A_YEAR = 13

Employment = tuple[str, frozenset[str], frozenset[str]]


def emails(mine: tuple[Mailbox, ...], theirs: tuple[Mailbox, ...]) -> Email:
    if not mine or not theirs:
        return Email.UNKNOWN
    return min([_email(one, other) for one in mine for other in theirs])


def _email(one: Mailbox, other: Mailbox) -> Email:
    if plain := same_mailbox(one, other):
        return plain
    alike = ratio(one.local, other.local) if one.stem == other.stem else ratio(one.key, other.key)
    if alike >= CLOSE_EMAIL:
        return Email.CLOSE
    return Email.LIKE if alike >= LIKE_EMAIL else Email.DIFFERENT


def same_mailbox(one: Mailbox, other: Mailbox) -> Email:
    if one.key == other.key:
        return Email.ROLE if one.role else Email.SAME
    if one.role or other.role:
        return Email.DIFFERENT
    return Email.LOCAL if one.local == other.local else Email.UNKNOWN


def phones(mine: frozenset[str], theirs: frozenset[str], mobiles: frozenset[str]) -> Phone:
    if not mine or not theirs:
        return Phone.UNKNOWN
    if mine.isdisjoint(theirs):
        return Phone.DIFFERENT
    return Phone.SAME if mobiles.isdisjoint(mine & theirs) else Phone.MOBILE


def birthdays(one: str, other: str) -> Birthday:
    if not one or not other:
        return Birthday.UNKNOWN
    if one == other:
        return Birthday.SAME
    if len(one) != _FULL_DATE or len(other) != _FULL_DATE:
        return Birthday.DAY if one[-5:] == other[-5:] else Birthday.DIFFERENT
    if OSA.distance(one, other, score_cutoff=1) <= 1 or _day_for_month(one) == other:
        return Birthday.SLIP
    agreeing = (one[:4] == other[:4]) + (one[5:7] == other[5:7]) + (one[8:] == other[8:])
    if agreeing == 2:  # noqa: PLR2004 - of year, month and day
        return Birthday.HALF
    return Birthday.NEAR if abs(_months(one) - _months(other)) <= _A_YEAR else Birthday.DIFFERENT


def _months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7])


def _day_for_month(date: str) -> str:
    return f"{date[:4]}-{date[8:]}-{date[5:7]}"


def addresses(mine: tuple[Place, ...], theirs: tuple[Place, ...]) -> tuple[Street, Town]:
    """The pair of addresses that agrees best."""
    levels = [(_streets(one.street, other.street), _towns(one, other)) for one in mine for other in theirs]
    return min(levels, key=STREET_AND_TOWN.index, default=(Street.UNKNOWN, Town.UNKNOWN))


def _distance(levels: tuple[Street, Town]) -> tuple[int, ...]:
    """Sort key, best first: an unknown part ranks as somewhat alike, before a different one; all unknown ranks last."""
    street, town = levels[0] or Street.LIKE, levels[1] or Town.CLOSE
    return not any(levels), street + town, street, *levels


STREET_AND_TOWN = sorted(product(Street, Town), key=_distance)


def _streets(one: str, other: str) -> Street:
    if not one or not other:
        return Street.UNKNOWN
    if one == other:
        return Street.SAME
    alike = ratio(one, other)
    if min(len(one), len(other)) >= ENOUGH_OF_A_STREET:
        run_together = one.replace(" ", ""), other.replace(" ", "")
        alike = max(alike, token_set_ratio(one, other), partial_ratio(*run_together))
    if alike >= CLOSE_STREET:
        return Street.CLOSE
    return Street.LIKE if alike >= LIKE_STREET else Street.DIFFERENT


def _towns(one: Place, other: Place) -> Town:
    postcode, city = bool(one.postcode and other.postcode), bool(one.city and other.city)
    if not postcode and not city:
        return Town.UNKNOWN
    same = [one.postcode == other.postcode] * postcode + [one.city == other.city] * city
    if all(same):
        return Town.SAME
    alike = (ratio(one.city, other.city) >= CLOSE_CITY) if city else OSA.distance(one.postcode, other.postcode) <= 1
    return Town.CLOSE if alike or any(same) else Town.DIFFERENT


def employment(person: Traits) -> Employment:
    """The company's name, its words, and the stems of the person's e-mail domains, free mail providers excepted."""
    domains = frozenset([box.stem for box in person.mailboxes if box.stem and not box.free])
    return person.company.text, person.company.words, domains


def companies(one: Employment, other: Employment) -> Company:
    (name, words, domains), (other_name, other_words, other_domains) = one, other
    if name and name == other_name:
        return Company.SAME
    if not domains.isdisjoint(other_domains) or name in other_domains or other_name in domains:
        return Company.DOMAIN
    if not name or not other_name:
        return Company.UNKNOWN
    if words <= other_words or words >= other_words or ratio(name, other_name) >= _CLOSE_COMPANY:
        return Company.CLOSE
    return Company.DIFFERENT


def identifiers(mine: tuple[Identifier, ...], theirs: tuple[Identifier, ...]) -> Number:
    compared = [
        _numbers(one.number, other.number) for one in mine for other in theirs if one.register == other.register
    ]
    return min(compared, default=Number.UNKNOWN)


def _numbers(one: str, other: str) -> Number:
    if one == other:
        return Number.SAME
    return Number.CLOSE if OSA.distance(one, other) <= 1 else Number.DIFFERENT
