"""Survivorship: which of two different values of a field is kept, and the rule behind it in words.

Between a source and the CRM this is the proposal of a conflict, never its decision; between two contacts being merged,
the default. The rules of each field are in `storage/records/survivorship.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.records import MANUAL, Rule, SourceLink, Survivorship


@dataclass(frozen=True, slots=True)
class Claim:
    """A value with its provenance: source, account, time."""

    value: Any
    origin: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Survivor:
    claim: Claim
    why: str


@dataclass(frozen=True, slots=True)
class Arbiter:
    """An organization's rules, applied between one source and the CRM."""

    rules: Survivorship = Survivorship()  # noqa: RUF009 (frozen)
    source: str = ""
    account: str = ""

    def between(self, field: str, ours: Any, theirs: Any, provenance: Mapping[str, Any], link: SourceLink) -> Survivor:
        origin = {"source": self.source, "account": self.account}
        if link.modified_at:
            origin["at"] = link.modified_at.isoformat()
        return survivor(field, Claim(ours, provenance.get(field, {})), Claim(theirs, origin), self.rules)


def survivor(field: str, ours: Claim, theirs: Claim, rules: Survivorship) -> Survivor:
    """A value beats none; otherwise the first of the field's rules that decides; otherwise ours."""
    if not ours.value or not theirs.value:
        return Survivor(ours if ours.value else theirs, "the only one")
    for rule in rules.for_field(field):
        mine, their = (_WEIGHED[rule](claim, rules) for claim in (ours, theirs))
        if mine is not None and their is not None and mine != their:
            return Survivor(ours if mine > their else theirs, WHY[rule])
    return Survivor(ours, "no rule prefers the other")


def _typed(claim: Claim, _rules: Survivorship) -> int:
    return claim.origin.get("source") == MANUAL


def _trusted(claim: Claim, rules: Survivorship) -> int:
    """The higher, the further in front."""
    trusted = rules.trusted_sources
    named = [claim.origin.get("account"), claim.origin.get("source")]
    return max((len(trusted) - trusted.index(name) for name in named if name in trusted), default=0)


def _recent(claim: Claim, _rules: Survivorship) -> float | None:
    at = claim.origin.get("at")
    return datetime.fromisoformat(at).timestamp() if at else None


def _long(claim: Claim, _rules: Survivorship) -> int:
    return len(claim.value)


_WEIGHED: Mapping[Rule, Callable[[Claim, Survivorship], float | None]] = {
    Rule.MANUAL_EDIT: _typed,
    Rule.TRUSTED_SOURCE: _trusted,
    Rule.MOST_RECENT: _recent,
    Rule.LONGEST: _long,
}
WHY: Mapping[Rule, str] = {
    Rule.MANUAL_EDIT: "a person typed it",
    Rule.TRUSTED_SOURCE: "from the more trusted source",
    Rule.MOST_RECENT: "the more recent",
    Rule.LONGEST: "the longer",
}
