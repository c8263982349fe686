"""From evidence to a verdict: what forbids *sure*, what is enough for it, and what is worth asking a person."""

from storage.records import Verdict
from tasks.rules.matching.levels import Birthday, Company, Email, Evidence, Family, Given, Number, Phone, Street, Town
from tasks.rules.matching.traits import Traits

SURE_FROM = 0.97
MAYBE_FROM = 0.3
_SAME_GIVEN = (Given.SAME, Given.SHORT)
_ENDINGS = "aeios"


def contradicts(one: Traits, other: Traits, evidence: Evidence) -> bool:
    """A careful person would not call these two one without asking, whatever else agrees."""
    return (
        (evidence.birthday >= Birthday.SLIP)
        or (bool(one.mobiles and other.mobiles) and one.mobiles.isdisjoint(other.mobiles))
        or evidence.given is Given.DIFFERENT
        or (evidence.given is Given.CLOSE and _differ_in_ending(one.given.text, other.given.text))
        or (one.generation != other.generation and bool(one.generation and other.generation))
    )


def _differ_in_ending(one: str, other: str) -> bool:
    """Paul and Paula, Mario and Maria, Andrea and Andreas are near in writing, but two people."""
    return one.rstrip(_ENDINGS) == other.rstrip(_ENDINGS)


def suffices(evidence: Evidence) -> bool:
    """Enough for *sure*, given that the score is high and nothing contradicts."""
    if _own(evidence) and evidence.family is not Family.DIFFERENT:
        return True
    named = evidence.given in (*_SAME_GIVEN, Given.CLOSE) and evidence.family in (Family.SAME, Family.CLOSE)
    return named and _supported(evidence)


def _supported(evidence: Evidence) -> bool:
    return (
        evidence.birthday is Birthday.SAME
        or evidence.identifier is Number.SAME
        or evidence.email in (Email.SAME, Email.ROLE)
        or evidence.phone in (Phone.MOBILE, Phone.SAME)
        or (evidence.street is Street.SAME and evidence.town in (Town.SAME, Town.CLOSE))
        or evidence.company in (Company.SAME, Company.DOMAIN)
    )


def _own(evidence: Evidence) -> bool:
    """They share what only one person has."""
    return evidence.email is Email.SAME or evidence.phone is Phone.MOBILE


def decide(score: float, evidence: Evidence, *, contradicted: bool) -> tuple[Verdict, float]:
    """The verdict, and the score brought into the verdict's band, so that the one never belies the other."""
    if not contradicted and suffices(evidence) and (_own(evidence) or score >= SURE_FROM):
        return Verdict.SURE, max(score, SURE_FROM)
    score = min(score, SURE_FROM - 0.001)
    if _own(evidence) or score >= MAYBE_FROM:
        return Verdict.MAYBE, max(score, MAYBE_FROM)
    return Verdict.DIFFERENT, score
