"""Sure, maybe or different for every candidate pair, on all the evidence, with the reason in words."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from storage.records import Match, Verdict
from tasks.rules.matching.evidence import compare
from tasks.rules.matching.reasons import reason
from tasks.rules.matching.traits import Traits
from tasks.rules.matching.verdict import contradicts, decide
from tasks.rules.matching.weights import learn


def judge(incoming: Sequence[Traits], existing: Sequence[Traits], pairs: Iterable[tuple[int, int]]) -> list[Match]:
    """Pairs are positions in `[*incoming, *existing]`, the first always an incoming one; what differs is left out."""
    people = [*incoming, *existing]
    compared = [(people[left], people[right]) for left, right in pairs]
    evidence = [compare(one, other) for one, other in compared]
    weights = learn(Counter(evidence))
    matches = []
    for (one, other), seen in zip(compared, evidence, strict=True):
        score = 1 / (1 + math.exp(-weights.of(seen)))
        contradicted = contradicts(one, other, seen)
        verdict, score = decide(score, seen, contradicted=contradicted, shared=False)
        if verdict is not Verdict.DIFFERENT:
            matches.append(Match(one.id, other.id, verdict, round(score, 4), reason(one, other, seen)))
    return matches
