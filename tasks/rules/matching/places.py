"""Postal addresses brought to a comparable form, once for each spelling."""

from functools import lru_cache
from typing import NamedTuple

from tasks.rules.folding import fold, fold_name
from tasks.rules.words import lines

_LONG = {short: long for line in lines("street_words") for long, *shorts in [line.split()] for short in shorts}

KINDS_OF_STREET = frozenset(_LONG.values())


class Place(NamedTuple):
    street: str = ""
    postcode: str = ""
    city: str = ""


@lru_cache(maxsize=200_000)
def place(street: str, postcode: str, city: str) -> Place:
    return Place(_street(street), fold(postcode).replace(" ", ""), fold_name(city).replace(" ", ""))


def _street(street: str) -> str:
    return " ".join(_LONG.get(word, word) for word in fold(street).split())
