"""Vectorised `evidence.compare` for millions of pairs: every distinct pair of values is compared only once.

`evidence` defines what the levels mean; the results here must be identical, only faster.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.rules.matching import evidence, fields
from tasks.rules.matching.levels import FIELD, FIELDS, Company, Email, Family, Given, Number, Order, Phone
from tasks.rules.matching.strings import (
    NOT_COMPARED,
    family_levels,
    given_levels,
    identifier_levels,
    mailbox_levels,
    phone_levels,
    place_ranks,
)
from tasks.rules.matching.traits import Traits

Positions = NDArray[np.int64]
Levels = NDArray[np.int8]
_Compare = Callable[[list[Any], list[Any]], Levels]

_NO_GIVEN = (Given.UNKNOWN, Given.DIFFERENT)
_NO_FAMILY = (Family.UNKNOWN, Family.DIFFERENT)


def compare_all(people: Sequence[Traits], left: Positions, right: Positions) -> Levels:
    """One row per pair, one column per field of `Evidence`."""
    levels = np.zeros((len(left), FIELDS), dtype=np.int8)

    def fill(field: str, values: Iterable[Hashable], compare: _Compare) -> None:
        levels[:, FIELD[field]] = _by_distinct_pair(list(values), left, right, compare)

    fill("given", (p.given if p.given.text else None for p in people), given_levels)
    fill("family", (p.family if p.family.text else None for p in people), family_levels)
    fill("birthday", (p.birthday or None for p in people), _each(fields.birthdays))
    fill("company", (_employment(p) for p in people), _each(fields.companies))
    numbers = [[(number, number in p.mobiles) for number in p.phones] for p in people]
    levels[:, FIELD["phone"]] = _best(numbers, left, right, phone_levels, Phone.UNKNOWN)
    levels[:, FIELD["email"]] = _best([p.mailboxes for p in people], left, right, mailbox_levels, Email.UNKNOWN)
    counted = np.isin(levels[:, FIELD["email"]], evidence.SAME_ADDRESS)
    levels[counted & (levels[:, FIELD["company"]] == Company.DOMAIN), FIELD["company"]] = Company.UNKNOWN
    own = _best([p.identifiers for p in people], left, right, identifier_levels, Number.UNKNOWN)
    levels[:, FIELD["identifier"]] = np.where(own == NOT_COMPARED, Number.UNKNOWN, own)
    nowhere = len(fields.STREET_AND_TOWN) - 1
    ranks = _best([p.places for p in people], left, right, place_ranks, nowhere)
    levels[:, [FIELD["street"], FIELD["town"]]] = np.array(fields.STREET_AND_TOWN, dtype=np.int8)[ranks]
    _turn(people, left, right, levels)
    return levels


def _by_distinct_pair(values: Sequence[Hashable], left: Positions, right: Positions, compare: _Compare) -> Levels:
    """Compare each distinct pair of values once; level 0 (unknown) where either value is `None`."""
    distinct, codes = _encode(values)
    levels = np.zeros(len(left), dtype=np.int8)
    known = np.flatnonzero((codes[left] > 0) & (codes[right] > 0))
    one, other = codes[left[known]], codes[right[known]]
    pairs, where = np.unique(one * len(distinct) + other, return_inverse=True)
    if len(pairs):
        ones = [distinct[code] for code in (pairs // len(distinct)).tolist()]
        others = [distinct[code] for code in (pairs % len(distinct)).tolist()]
        levels[known] = compare(ones, others)[where]
    return levels


def _encode(values: Sequence[Hashable]) -> tuple[list[Hashable], Positions]:
    seen: dict[Hashable, int] = {None: 0}
    codes = np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.int64)
    return list(seen), codes


def _best(
    values: Sequence[Sequence[Any]],
    left: Positions,
    right: Positions,
    compare: Callable[[list[Any], Positions, Positions], Levels],
    nothing: int,
) -> Levels:
    """The lowest (best) level over all combinations of the two people's values; `nothing` where one has no value."""
    counts = np.array([len(several) for several in values], dtype=np.int64)
    first = np.concatenate(([0], np.cumsum(counts)))
    crossed = counts[left] * counts[right]
    pair = np.repeat(np.arange(len(left)), crossed)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(crossed) - crossed, crossed)
    mine, their = nth // counts[right[pair]], nth % counts[right[pair]]
    single = [value for several in values for value in several]
    found = compare(single, first[left[pair]] + mine, first[right[pair]] + their)
    best = np.full(len(left), NOT_COMPARED, dtype=np.int8)
    np.minimum.at(best, pair, found)
    best[crossed == 0] = nothing
    return best


def _turn(people: Sequence[Traits], left: Positions, right: Positions, levels: Levels) -> None:
    """Set the order; compare disagreeing names crosswise (`evidence.crosswise`) if their initials allow a match."""
    given, family = levels[:, FIELD["given"]], levels[:, FIELD["family"]]
    levels[:, FIELD["order"]] = np.where((given > 0) | (family > 0), Order.STRAIGHT, Order.UNKNOWN)
    different = (given == Given.DIFFERENT) | (family == Family.DIFFERENT)
    at_odds = different & np.isin(given, _NO_GIVEN) & np.isin(family, _NO_FAMILY)
    given_initial = np.array([ord(p.given.text[0]) if p.given.text else 0 for p in people])
    family_initial = np.array([ord(p.family.text[0]) if p.family.text else -1 for p in people])
    at_odds &= (given_initial[left] == family_initial[right]) | (family_initial[left] == given_initial[right])
    for at in np.flatnonzero(at_odds).tolist():
        if crossed := evidence.crosswise(people[left[at]], people[right[at]]):
            levels[at, :3] = Order.SWAPPED, *crossed


def _each(compare: Callable[[Any, Any], int]) -> _Compare:
    return lambda ones, others: np.array(list(map(compare, ones, others)), dtype=np.int8)


def _employment(person: Traits) -> fields.Employment | None:
    told = fields.employment(person)
    return told if told[0] or told[2] else None
