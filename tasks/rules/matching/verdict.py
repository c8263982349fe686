"""From evidence to a verdict: what forbids *sure*, what is enough for it, and what is worth asking a person."""

from storage.records import Verdict
from tasks.rules.matching.levels import Birthday, Company, Email, Evidence, Family, Given, Number, Phone, Street, Town
from tasks.rules.matching.traits import Traits

SURE_FROM = 0.97
MAYBE_FROM = 0.25
_JUST_NOT_SURE = SURE_FROM - 0.0001
_ENDINGS = "aeios"


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
        return False
    if guessed or evidence.family is not Family.DIFFERENT:
        return True
    # Somebody who married: another family name needs more than one proof.
    return evidence.given in (Given.SAME, Given.SHORT) and own + (evidence.birthday is Birthday.SAME) > 1


def _own(evidence: Evidence) -> int:
    """How many things they share that only one person has."""
    return (evidence.email is Email.SAME) + (evidence.phone is Phone.MOBILE)


def supports(evidence: Evidence) -> bool:
    """The same name, and something beside it: a name alone is never enough, however rare."""
    named = evidence.given in (Given.SAME, Given.SHORT, Given.CLOSE) and evidence.family in (Family.SAME, Family.CLOSE)
    return named and (
        evidence.birthday is Birthday.SAME
        or evidence.identifier is Number.SAME
        or evidence.email in (Email.SAME, Email.ROLE)
        or evidence.phone in (Phone.MOBILE, Phone.SAME)
        or (evidence.street is Street.SAME and evidence.town in (Town.SAME, Town.CLOSE))
        or evidence.company in (Company.SAME, Company.DOMAIN)
    )


def decide(score: float, evidence: Evidence, *, objected: bool, guessed: bool) -> tuple[Verdict, float]:
    """The verdict, and the score brought into the verdict's band, so that the one never belies the other."""
    named = score >= SURE_FROM and not guessed and supports(evidence)
    if not objected and (named or suffices(evidence, guessed=guessed)):
        return Verdict.SURE, max(score, SURE_FROM)
    score = min(score, _JUST_NOT_SURE)
    if _own(evidence) or score >= MAYBE_FROM:
        return Verdict.MAYBE, max(score, MAYBE_FROM)
    return Verdict.DIFFERENT, score
