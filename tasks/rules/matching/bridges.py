"""Two people who both match a third closely are worth a question, even if they match each other too weakly.

Only one step over strong pairs, so that no chain of weak ones forms a person; the verdict is never more than MAYBE.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from storage.records import Match, Verdict
from tasks.rules.matching.evidence import compare
from tasks.rules.matching.levels import Evidence, Given
from tasks.rules.matching.reasons import reason
from tasks.rules.matching.traits import Traits
from tasks.rules.matching.verdict import COLLEAGUES, objections

STRONG = 0.9
_MOST_NEIGHBOURS = 12  # a record with more strong matches is too unspecific to connect any two of them


def bridged(matches: Collection[Match], people: Sequence[Traits], incoming: Collection[str]) -> list[Match]:
    """MAYBE matches that the direct comparison did not raise; the left person of each is an incoming one."""
    told = {frozenset((match.left, match.right)) for match in matches}
    by_id = {person.id: person for person in people}
    found: dict[frozenset[str], Match] = {}
    for near in _strong(matches).values():
        if len(near) > _MOST_NEIGHBOURS:
            continue
        for one, other in combinations(sorted(near, key=lambda id_: (id_ not in incoming, id_)), 2):
            pair, score = frozenset((one, other)), round(near[one] * near[other], 4)
            if pair in told or one not in incoming or (pair in found and found[pair].score >= score):
                continue
            if match := _question(by_id[one], by_id[other], score):
                found[pair] = match
    return list(found.values())


def _strong(matches: Collection[Match]) -> Mapping[str, dict[str, float]]:
    near: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for match in matches:
        if match.score >= STRONG:
            near[match.left][match.right] = match.score
            near[match.right][match.left] = match.score
    return near


def _question(one: Traits, other: Traits, score: float) -> Match | None:
    evidence = compare(one, other)
    objected = objections(one, other, evidence)
    if _two_people(one, other, evidence) or COLLEAGUES in objected:
        return None
    guessed = one.name_is_guessed or other.name_is_guessed
    compared = reason(evidence, objected, guessed=guessed)  # empty where the two have no field in common
    why = "; ".join(filter(None, ("both much like a third record", compared)))
    return Match(one.id, other.id, Verdict.MAYBE, score, why)


def _two_people(one: Traits, other: Traits, evidence: Evidence) -> bool:
    """Given names differ: a nameless record (a family's address) may match each relative, who are still two people."""
    return evidence.given is Given.DIFFERENT and not (one.name_is_guessed or other.name_is_guessed)
