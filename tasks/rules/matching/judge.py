"""The verdict on every candidate pair (sure, maybe or different) from all the evidence, with the reason in words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from storage.records import Match, Verdict
from tasks.rules.matching.bridges import bridged
from tasks.rules.matching.bulk import compare_all
from tasks.rules.matching.levels import FIELD, Email, Evidence, Phone, evidence_of
from tasks.rules.matching.rarity import discount_shared, telling
from tasks.rules.matching.reasons import reason
from tasks.rules.matching.traits import Traits
from tasks.rules.matching.verdict import MAYBE_FROM, decide, objections, worth_asking
from tasks.rules.matching.weights import learn

_EMAIL, _PHONE = FIELD["email"], FIELD["phone"]


def judge(incoming: Sequence[Traits], existing: Sequence[Traits], pairs: ArrayLike) -> list[Match]:
    """Pairs are positions in `[*incoming, *existing]`, the first always an incoming one; DIFFERENT is left out."""
    known = [*incoming, *existing]
    people = discount_shared(known)  # for scores only; objections use the traits without this discount
    left, right = np.asarray(pairs, dtype=np.int64).reshape(-1, 2).T
    levels = compare_all(people, left, right)
    scores = 1 / (1 + np.exp(-learn(levels).of(levels) - telling(people, left, levels)))
    asked = worth_asking(levels)
    own = (levels[:, _EMAIL] == Email.SAME) | (levels[:, _PHONE] == Phone.MOBILE)
    matches = [
        _match(
            known[left[at]], known[right[at]], evidence_of(tuple(levels[at].tolist())), float(scores[at]),
            asked=bool(asked[at]),
        )
        for at in np.flatnonzero((scores >= MAYBE_FROM) | own | asked).tolist()
    ]  # fmt: skip
    told = [match for match in matches if match.verdict is not Verdict.DIFFERENT]
    return told + bridged(told, known, {person.id for person in incoming})


def _match(one: Traits, other: Traits, evidence: Evidence, score: float, *, asked: bool) -> Match:
    guessed = one.name_is_guessed or other.name_is_guessed
    objected = objections(one, other, evidence)
    verdict, score = decide(score, evidence, objected=objected, guessed=guessed, asked=asked)
    return Match(one.id, other.id, verdict, round(score, 4), reason(evidence, objected, guessed=guessed))
