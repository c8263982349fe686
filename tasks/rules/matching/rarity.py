"""How telling an agreement is: sharing a rare surname says more than sharing Smith, an address of many says little."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tasks.rules.matching.levels import FIELD, Company, Family, Given, Street, Town
from tasks.rules.matching.names import GivenName
from tasks.rules.matching.traits import Traits

Positions = NDArray[np.int64]
Levels = NDArray[np.int8]
Odds = NDArray[np.float64]

_AN_OFFICE = 3
_MOST = 2.0

# For which agreement of which field the values are counted.
_COUNTED: tuple[tuple[str, int, Callable[[Traits], str]], ...] = (
    ("given", Given.SAME, lambda person: person.given.text),
    ("family", Family.SAME, lambda person: person.family.text),
    ("company", Company.SAME, lambda person: person.company.text),
    ("street", Street.SAME, lambda person: person.places[0].street if person.places else ""),
    ("town", Town.SAME, lambda person: person.places[0].city or person.places[0].postcode if person.places else ""),
)


def telling(people: Sequence[Traits], left: Positions, levels: Levels) -> Odds:
    """What to add to the log-odds of each pair, seen from its left side, for how rare the shared values are."""
    added = np.zeros(len(left))
    for field, same, value in _COUNTED:
        agree = np.flatnonzero(levels[:, FIELD[field]] == same)
        added[agree] += _surprise([value(person) for person in people])[left[agree]]
    return added


def _surprise(values: Sequence[str]) -> Odds:
    """For each value the log of how much rarer it is than what two people agree on by chance, within bounds."""
    counts = Counter(values)
    del counts[""]
    total = sum(counts.values())
    by_chance = sum(count * count for count in counts.values()) / max(total, 1)
    surprise = {value: float(np.log(by_chance / count)) for value, count in counts.items()}
    found = np.array([surprise.get(value, 0.0) for value in values], dtype=np.float64)
    return found.clip(-_MOST, _MOST)


def discount_shared(people: Iterable[Traits]) -> list[Traits]:
    """An e-mail address or mobile number that several different people use is an office's, not a person's."""
    people = list(people)
    offices = _offices(people)
    return [_discounted(person, offices) for person in people] if offices else people


def _discounted(person: Traits, offices: frozenset[str]) -> Traits:
    if offices.isdisjoint(person.mobiles) and not any(box.key in offices for box in person.mailboxes):
        return person
    boxes = tuple(box._replace(role=box.role or box.key in offices) for box in person.mailboxes)
    return replace(person, mailboxes=boxes, mobiles=person.mobiles - offices)


def _offices(people: Sequence[Traits]) -> frozenset[str]:
    owners: defaultdict[str, set[GivenName]] = defaultdict(set)
    values = Counter([value for person in people for value in _own_values(person)])
    often = {value for value, count in values.items() if count >= _AN_OFFICE}
    for person in people if often else ():
        for value in often.intersection(_own_values(person)) if person.given.text else ():
            owners[value].add(person.given)
    return frozenset(value for value, names in owners.items() if _people_among(names) >= _AN_OFFICE)


def _own_values(person: Traits) -> list[str]:
    return [*(box.key for box in person.mailboxes), *person.mobiles]


def _people_among(names: Iterable[GivenName]) -> int:
    """How many of the given names cannot be forms of one another."""
    apart: list[GivenName] = []
    for name in sorted(names, key=lambda name: name.text):
        if all(_plainly_different(name, other) for other in apart):
            apart.append(name)
    return len(apart)


def _plainly_different(one: GivenName, other: GivenName) -> bool:
    return one.text[0] != other.text[0] and one.formal.isdisjoint(other.formal)
