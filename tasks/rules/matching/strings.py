"""Columns of names and addresses compared row by row, in native code and on all cores."""

import operator
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import partial_ratio, ratio, token_set_ratio
from rapidfuzz.process import cpdist

from tasks.rules.matching import evidence
from tasks.rules.matching.folding import sound
from tasks.rules.matching.levels import Email, Family, Given, Street, Town
from tasks.rules.matching.mail import Mailbox
from tasks.rules.matching.names import FamilyName, GivenName
from tasks.rules.matching.places import Place

Levels = NDArray[np.int8]
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
    alike |= (shorter > evidence.TOO_SHORT_FOR_A_SLIP) & (_rated(ones, others, OSA.distance) <= 1)
    rest = np.flatnonzero(~alike).tolist()
    alike[rest] = [ones[at][0] == others[at][0] and sound(ones[at]) == sound(others[at]) for at in rest]
    return alike


def _rated(ones: Sequence[str], others: Sequence[str], scorer: Callable[..., float]) -> _Numbers:
    return cpdist(ones, others, scorer=scorer, dtype=np.float64, workers=-1)


def mailbox_levels(ones: list[Mailbox], others: list[Mailbox]) -> Levels:
    levels = np.array(list(map(evidence.same_mailbox, ones, others)), dtype=np.int8)
    open_ = np.flatnonzero(levels == Email.UNKNOWN)
    pairs = [(ones[at], others[at]) for at in open_.tolist()]
    compared = [(o.local, t.local) if o.stem == t.stem else (o.key, t.key) for o, t in pairs]
    alike = _rated([mine for mine, _ in compared], [their for _, their in compared], ratio)
    unlike = np.where(alike >= evidence.LIKE_EMAIL, Email.LIKE, Email.DIFFERENT)
    levels[open_] = np.where(alike >= evidence.CLOSE_EMAIL, Email.CLOSE, unlike)
    return levels


def place_ranks(ones: list[Place], others: list[Place]) -> Levels:
    """Positions in `evidence.STREET_AND_TOWN`."""
    ranks = np.empty((len(Street), len(Town)), dtype=np.int8)
    for rank, (street, town) in enumerate(evidence.STREET_AND_TOWN):
        ranks[street, town] = rank
    found: Levels = ranks[_street_levels(ones, others), _town_levels(ones, others)]
    return found


def _street_levels(ones: list[Place], others: list[Place]) -> Levels:
    mine, their = [one.street for one in ones], [other.street for other in others]
    alike = np.maximum(_rated(mine, their, token_set_ratio), _rated(mine, their, ratio))
    rest = np.flatnonzero(alike < evidence.CLOSE_STREET)
    ones_run, others_run = ([streets[at].replace(" ", "") for at in rest.tolist()] for streets in (mine, their))
    alike[rest] = np.maximum(alike[rest], _rated(ones_run, others_run, partial_ratio))
    unlike = np.where(alike >= evidence.LIKE_STREET, Street.LIKE, Street.DIFFERENT)
    levels = np.where(alike >= evidence.CLOSE_STREET, Street.CLOSE, unlike)
    levels[_both(mine, their, operator.eq)] = Street.SAME
    levels[~_both(mine, their, _all)] = Street.UNKNOWN
    return levels.astype(np.int8)


def _town_levels(ones: list[Place], others: list[Place]) -> Levels:
    mine, their = [one.city for one in ones], [other.city for other in others]
    codes, other_codes = [one.postcode for one in ones], [other.postcode for other in others]
    city, postcode = _both(mine, their, _all), _both(codes, other_codes, _all)
    same_city, same_code = _both(mine, their, operator.eq), _both(codes, other_codes, operator.eq)
    alike = city & (_rated(mine, their, ratio) >= evidence.CLOSE_CITY)
    levels = np.where((city & same_city) | (postcode & same_code) | alike, Town.CLOSE, Town.DIFFERENT)
    levels[(~city | same_city) & (~postcode | same_code)] = Town.SAME
    levels[~city & ~postcode] = Town.UNKNOWN
    told: Levels = levels.astype(np.int8)
    return told


def _both(ones: list[str], others: list[str], holds: Callable[[str, str], object]) -> _Truths:
    return np.array(list(map(holds, ones, others)), dtype=np.bool_)


def _all(one: str, other: str) -> bool:
    return bool(one and other)
