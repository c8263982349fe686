"""From evidence to a verdict: what forbids *sure*, what is enough for it, and what is worth asking a person."""

from storage.records import Verdict
from tasks.rules.matching.evidence import Birthday, Company, Email, Evidence, Family, Given, Phone, Street, Town
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
        or (evidence.given is Given.CLOSE and _differ_in_ending(one.given, other.given))
        or (one.generation != other.generation and bool(one.generation and other.generation))
    )


def _differ_in_ending(one: str, other: str) -> bool:
    """Paul and Paula, Mario and Maria, Andrea and Andreas are near in writing, but two people."""
    return one.rstrip(_ENDINGS) == other.rstrip(_ENDINGS)


def suffices(evidence: Evidence, *, shared: bool) -> bool:
    """Enough for *sure*, given that the score is high and nothing contradicts."""
    own = not shared and (evidence.email is Email.SAME or evidence.phone is Phone.MOBILE)
    if own and evidence.family is not Family.DIFFERENT:
        return True
    named = evidence.given in (*_SAME_GIVEN, Given.CLOSE) and evidence.family in (Family.SAME, Family.CLOSE)
    return named and _supported(evidence)


def _supported(evidence: Evidence) -> bool:
    return (
        evidence.birthday is Birthday.SAME
        or evidence.email in (Email.SAME, Email.ROLE)
        or evidence.phone in (Phone.MOBILE, Phone.SAME)
        or (evidence.street is Street.SAME and evidence.town in (Town.SAME, Town.CLOSE))
        or evidence.company in (Company.SAME, Company.DOMAIN)
    )


def decide(score: float, evidence: Evidence, *, contradicted: bool, shared: bool) -> tuple[Verdict, float]:
    """The verdict, and the score brought into the verdict's band, so that the one never belies the other."""
    own = not shared and (evidence.email is Email.SAME or evidence.phone is Phone.MOBILE)
    enough = not contradicted and suffices(evidence, shared=shared)
    if enough and (own or score >= SURE_FROM):
        return Verdict.SURE, max(score, SURE_FROM)
    score = min(score, SURE_FROM - 0.001)
    if own or score >= MAYBE_FROM:
        return Verdict.MAYBE, max(score, MAYBE_FROM)
    return Verdict.DIFFERENT, score
