"""From evidence to a verdict: what forbids *sure*, what is enough for it, and what is worth asking a person."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from storage.records import Verdict
from tasks.rules.matching.colleagues import are_colleagues
from tasks.rules.matching.evidence import other_numbers
from tasks.rules.matching.levels import (
    FIELD,
    Birthday,
    Company,
    Email,
    Evidence,
    Family,
    Given,
    Number,
    Phone,
    Street,
    Town,
)
from tasks.rules.matching.traits import Traits

SURE_FROM = 0.97
MAYBE_FROM = 0.25
_JUST_NOT_SURE = SURE_FROM - 0.0001
_ENDINGS = "aeios"
COLLEAGUES = "each has an e-mail address in their own name"
NUMBERED = "the numbers in their names differ"
_SAME_GIVEN = (Given.SAME, Given.SHORT, Given.CLOSE)
_SAME_FAMILY = (Family.SAME, Family.CLOSE)


def objections(one: Traits, other: Traits, evidence: Evidence) -> tuple[str, ...]:
    """Why a careful person would not call these two one without asking, whatever else agrees."""
    found = []
    if evidence.birthday >= Birthday.SLIP:
        found.append("birthdays differ")
    if one.mobiles and other.mobiles and one.mobiles.isdisjoint(other.mobiles):
        found.append("mobile numbers differ")
    if evidence.given is Given.DIFFERENT and not _guessed(one, other):
        found.append("given names differ")
    if evidence.given is Given.CLOSE and _differ_in_ending(one.given.text, other.given.text):
        found.append("given names differ in their ending")
    if one.generation and other.generation and one.generation != other.generation:
        found.append("one is the elder and one the younger")
    if any(map(other_numbers, (one.given.text, one.family.text), (other.given.text, other.family.text))):
        found.append(NUMBERED)
    if are_colleagues(one, other, evidence):
        found.append(COLLEAGUES)
    return tuple(found)


def _guessed(one: Traits, other: Traits) -> bool:
    return one.name_is_guessed or other.name_is_guessed


def _differ_in_ending(one: str, other: str) -> bool:
    """Paul and Paula, Mario and Maria, Andrea and Andreas are near in writing, but two people."""
    return one.rstrip(_ENDINGS) == other.rstrip(_ENDINGS)


def suffices(evidence: Evidence, *, guessed: bool) -> bool:
    """Enough for *sure* where nothing speaks against it, however high or low the score."""
    own = _own(evidence)
    if own == 0:
        return _registered(evidence)
    if guessed or evidence.family is not Family.DIFFERENT:
        return True
    # Somebody who married: another family name needs more than one proof.
    return evidence.given in (Given.SAME, Given.SHORT) and own + (evidence.birthday is Birthday.SAME) > 1


def _registered(evidence: Evidence) -> bool:
    """The same number in the same register, the same birthday, and a name that fits."""
    named = evidence.given in _SAME_GIVEN or evidence.family in _SAME_FAMILY
    return evidence.identifier is Number.SAME and evidence.birthday is Birthday.SAME and named


def _own(evidence: Evidence) -> int:
    """How many things they share that only one person has."""
    return (evidence.email is Email.SAME) + (evidence.phone is Phone.MOBILE)


def supports(evidence: Evidence) -> bool:
    """The same name, and something beside it: a name alone is never enough, however rare."""
    named = evidence.given in _SAME_GIVEN and evidence.family in _SAME_FAMILY
    return named and (
        evidence.birthday is Birthday.SAME
        or evidence.identifier is Number.SAME
        or evidence.email in (Email.SAME, Email.ROLE)
        or evidence.phone in (Phone.MOBILE, Phone.SAME)
        or (evidence.street is Street.SAME and evidence.town in (Town.SAME, Town.CLOSE))
        or evidence.company in (Company.SAME, Company.DOMAIN)
    )


# The same name and one of these beside it is worth a question, however much else has changed since: people move, take
# other jobs, and are miswritten.
_BESIDE_THE_NAME: Mapping[str, tuple[int, ...]] = {
    "birthday": (Birthday.SAME,),
    "identifier": (Number.SAME, Number.CLOSE),
}


def worth_asking(levels: NDArray[np.int8]) -> NDArray[np.bool_]:
    """For many pairs at once: one row a pair, one column a field."""

    def is_any(field: str, wanted: Sequence[int]) -> NDArray[np.bool_]:
        return np.isin(levels[:, FIELD[field]], wanted)

    named = is_any("given", _SAME_GIVEN) & is_any("family", _SAME_FAMILY)
    beside = [is_any(field, wanted) for field, wanted in _BESIDE_THE_NAME.items()]
    asked: NDArray[np.bool_] = named & np.logical_or.reduce(beside)
    return asked


def strangers(evidence: Evidence, objected: Collection[str]) -> bool:
    """Two other names, and nothing that is one person's own: neighbours or colleagues, whatever the score says."""
    other_names = evidence.given is Given.DIFFERENT and evidence.family is Family.DIFFERENT
    if not other_names and {COLLEAGUES, NUMBERED}.isdisjoint(objected):
        return False
    return (
        not _own(evidence)
        and evidence.birthday not in (Birthday.SAME, Birthday.SLIP)
        and (evidence.identifier not in (Number.SAME, Number.CLOSE))
    )


def decide(
    score: float, evidence: Evidence, *, objected: Collection[str], guessed: bool, asked: bool = False
) -> tuple[Verdict, float]:
    """The verdict, and the score, moved into the band of SURE or MAYBE so that it never contradicts them.

    `asked`: at least MAYBE, whatever the score.
    """
    named = score >= SURE_FROM and not guessed and supports(evidence)
    if not objected and (named or suffices(evidence, guessed=guessed)):
        return Verdict.SURE, max(score, SURE_FROM)
    score = min(score, _JUST_NOT_SURE)
    if _own(evidence) or asked or (score >= MAYBE_FROM and not strangers(evidence, objected)):
        return Verdict.MAYBE, max(score, MAYBE_FROM)
    return Verdict.DIFFERENT, score
