"""Given names, family names and companies normalised for comparison, cached by spelling."""

from functools import lru_cache
from typing import NamedTuple

from tasks.rules.folding import fold, fold_name
from tasks.rules.short_forms import formal
from tasks.rules.words import words

_PARTICLES = words("particles")
_COMPANY_FORMS = words("company_forms")


class GivenName(NamedTuple):
    """`text` is the name as one word without blanks; `middle` are the card's middle names; `formal` its full forms."""

    text: str = ""
    parts: tuple[str, ...] = ()
    middle: tuple[str, ...] = ()
    formal: frozenset[str] = frozenset()


class FamilyName(NamedTuple):
    text: str = ""
    parts: tuple[str, ...] = ()


class CompanyName(NamedTuple):
    text: str = ""
    words: frozenset[str] = frozenset()


@lru_cache(maxsize=200_000)
def given_name(name: str, middle: str = "") -> GivenName:
    parts = tuple(fold_name(name).split())
    return GivenName("".join(parts), parts, tuple(fold_name(middle).split()), formal(parts[0] if parts else ""))


@lru_cache(maxsize=200_000)
def family_name(name: str) -> FamilyName:
    everything = tuple(fold_name(name).split())
    parts = tuple(word for word in everything if word not in _PARTICLES) or everything
    return FamilyName("".join(parts), parts)


@lru_cache(maxsize=200_000)
def company_name(name: str) -> CompanyName:
    everything = fold(name.replace(".", "")).split()
    telling = [word for word in everything if word not in _COMPANY_FORMS] or everything
    return CompanyName("".join(telling), frozenset(telling))


def split(display_name: str) -> tuple[str, str]:
    """Given and family name of a card that has only one line for both."""
    family, comma, given = display_name.partition(",")
    if comma:
        return given, family
    first, *rest = display_name.split() or [""]
    return first, " ".join(rest)
