"""Columns of names and addresses compared row by row, in native code and on all cores."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import partial_ratio, ratio, token_set_ratio
from rapidfuzz.process import cpdist

from tasks.rules.folding import sound
from tasks.rules.mail_addresses import Mailbox
from tasks.rules.matching import evidence, fields
from tasks.rules.matching.levels import Email, Family, Given, Number, Phone, Street, Town
from tasks.rules.matching.names import FamilyName, GivenName
from tasks.rules.matching.places import Place
from tasks.rules.matching.traits import Identifier

NOT_COMPARED = 127

Levels = NDArray[np.int8]
Positions = NDArray[np.int64]
_Truths = NDArray[np.bool_]
_Numbers = NDArray[np.float64]


def given_levels(ones: list[GivenName], others: list[GivenName]) -> Levels:
    forms = np.array(list(map(evidence.given_forms, ones, others)), dtype=np.int8)
    return _by_spelling(forms, ones, others, Given.CLOSE, Given.DIFFERENT)


def family_levels(ones: list[FamilyName], others: list[FamilyName]) -> Levels:
    forms = np.array(list(map(evidence.family_forms, ones, others)), dtype=np.int8)
    return _by_spelling(forms, ones, others, Family.CLOSE, Family.DIFFERENT)


def _by_spelling(
    forms: Levels,
    ones: Sequence[GivenName | FamilyName],
    others: Sequence[GivenName | FamilyName],
    close: int,
    different: int,
) -> Levels:
    levels = forms.copy()
    open_ = np.flatnonzero(forms == 0)
    alike = _close([ones[at].text for at in open_.tolist()], [others[at].text for at in open_.tolist()])
    levels[open_] = np.where(alike, close, different)
    return levels


def _close(ones: list[str], others: list[str]) -> _Truths:
    alike = _rated(ones, others, JaroWinkler.similarity) >= evidence.CLOSE_NAME
    shorter = np.array(list(map(min, map(len, ones), map(len, others))), dtype=np.int64)
    same_start = np.array([one[0] == other[0] for one, other in zip(ones, others, strict=True)], dtype=np.bool_)
    long_enough = (shorter > evidence.SHORT) | ((shorter > evidence.TOO_SHORT_FOR_A_SLIP) & same_start)
    alike |= long_enough & (_rated(ones, others, OSA.distance) <= 1)
    rest = np.flatnonzero(~alike).tolist()
    alike[rest] = [ones[at][0] == others[at][0] and sound(ones[at]) == sound(others[at]) for at in rest]
    near = np.flatnonzero(alike).tolist()
    alike[near] = [not evidence.other_numbers(ones[at], others[at]) for at in near]
    return alike


def phone_levels(numbers: list[tuple[str, bool]], left: Positions, right: Positions) -> Levels:
    codes = _codes([number for number, _ in numbers])
    mobile = np.array([mobile for _, mobile in numbers], dtype=np.bool_)
    same = codes[left] == codes[right]
    return _first_that_holds(
        (same & (mobile[left] | mobile[right]), Phone.MOBILE), (same, Phone.SAME), (~same, Phone.DIFFERENT)
    )


def mailbox_levels(boxes: list[Mailbox], left: Positions, right: Positions) -> Levels:
    keys, locals_, stems = ([getattr(box, part) for box in boxes] for part in ("key", "local", "stem"))
    same, role = _same(keys, left, right), np.array([box.role for box in boxes], dtype=np.bool_)
    office, namesakes = role[left] | role[right], _same(locals_, left, right)
    levels = _first_that_holds(
        (same & office, Email.ROLE), (same, Email.SAME), (office, Email.DIFFERENT), (namesakes, Email.LOCAL)
    )
    rest = np.flatnonzero(levels == Email.UNKNOWN)
    colleagues = _same(stems, left[rest], right[rest])
    for compared, these in ((locals_, rest[colleagues]), (keys, rest[~colleagues])):
        alike = _rated(_take(compared, left[these]), _take(compared, right[these]), ratio)
        levels[these] = _first_that_holds(
            (alike >= fields.CLOSE_EMAIL, Email.CLOSE),
            (alike >= fields.LIKE_EMAIL, Email.LIKE),
            (alike >= 0, Email.DIFFERENT),
        )
    return levels


def place_ranks(places: list[Place], left: Positions, right: Positions) -> Levels:
    """Positions in `fields.STREET_AND_TOWN`."""
    ranks = np.empty((len(Street), len(Town)), dtype=np.int8)
    for rank, (street, town) in enumerate(fields.STREET_AND_TOWN):
        ranks[street, town] = rank
    streets, postcodes, cities = ([place[at] for place in places] for at in range(3))
    found: Levels = ranks[_street_levels(streets, left, right), _town_levels(postcodes, cities, left, right)]
    return found


def _street_levels(streets: list[str], left: Positions, right: Positions) -> Levels:
    known, same = _known(streets, left, right), _same(streets, left, right)
    alike = np.zeros(len(left))
    rest = np.flatnonzero(known & ~same)
    alike[rest] = _rated(_take(streets, left[rest]), _take(streets, right[rest]), ratio)
    long = np.array([len(street) for street in streets], dtype=np.int64) >= fields.ENOUGH_OF_A_STREET
    for scorer, written in (
        (token_set_ratio, streets),
        (partial_ratio, [street.replace(" ", "") for street in streets]),
    ):
        rest = np.flatnonzero(known & ~same & long[left] & long[right] & (alike < fields.CLOSE_STREET))
        alike[rest] = np.maximum(alike[rest], _rated(_take(written, left[rest]), _take(written, right[rest]), scorer))
    return _first_that_holds(
        (~known, Street.UNKNOWN),
        (same, Street.SAME),
        (alike >= fields.CLOSE_STREET, Street.CLOSE),
        (alike >= fields.LIKE_STREET, Street.LIKE),
        (known, Street.DIFFERENT),
    )


def _town_levels(postcodes: list[str], cities: list[str], left: Positions, right: Positions) -> Levels:
    code, same_code = _known(postcodes, left, right), _same(postcodes, left, right)
    city, same_city = _known(cities, left, right), _same(cities, left, right)
    alike = np.zeros(len(left), dtype=np.bool_)
    rest = np.flatnonzero(city & ~same_city)
    alike[rest] = _rated(_take(cities, left[rest]), _take(cities, right[rest]), ratio) >= fields.CLOSE_CITY
    rest = np.flatnonzero(code & ~same_code & ~city)
    alike[rest] = _rated(_take(postcodes, left[rest]), _take(postcodes, right[rest]), OSA.distance) <= 1
    return _first_that_holds(
        (~city & ~code, Town.UNKNOWN),
        ((~city | same_city) & (~code | same_code), Town.SAME),
        ((city & same_city) | (code & same_code) | alike, Town.CLOSE),
        (city | code, Town.DIFFERENT),
    )


def identifier_levels(identifiers: list[Identifier], left: Positions, right: Positions) -> Levels:
    """`NOT_COMPARED` where the two numbers are from different registers."""
    registers, numbers = [own.register for own in identifiers], [own.number for own in identifiers]
    comparable, same = _same(registers, left, right), _same(numbers, left, right)
    near = _rated(_take(numbers, left), _take(numbers, right), OSA.distance) <= 1
    return _first_that_holds(
        (~comparable, NOT_COMPARED), (same, Number.SAME), (near, Number.CLOSE), (comparable, Number.DIFFERENT)
    )


def _first_that_holds(*cases: tuple[_Truths, int]) -> Levels:
    levels = np.select([holds for holds, _ in cases], [np.int8(level) for _, level in cases], np.int8(0))
    return levels.astype(np.int8)


def _rated(ones: Sequence[str], others: Sequence[str], scorer: Callable[..., float]) -> _Numbers:
    return cpdist(ones, others, scorer=scorer, dtype=np.float64, workers=-1)


def _take(texts: list[str], at: Positions) -> list[str]:
    taken: list[str] = np.array(texts, dtype=object)[at].tolist()
    return taken


def _codes(texts: list[str]) -> Positions:
    seen: dict[str, int] = {"": 0}
    return np.array([seen.setdefault(text, len(seen)) for text in texts], dtype=np.int64)


def _same(texts: list[str], left: Positions, right: Positions) -> _Truths:
    codes = _codes(texts)
    same: _Truths = codes[left] == codes[right]
    return same


def _known(texts: list[str], left: Positions, right: Positions) -> _Truths:
    known = np.array([bool(text) for text in texts], dtype=np.bool_)
    both: _Truths = known[left] & known[right]
    return both
