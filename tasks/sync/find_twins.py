"""Find contacts in the CRM that may be one person, by the same evidence and thresholds as in a sync."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.people import contacts, twins
from storage.records import Match, Verdict
from storage.scope import Scope
from storage.session import Store
from storage.sync.blocking import Capped
from tasks.rules.matching import Traits, judge, traits
from tasks.sync.advising import Adviser, Say, adviser
from tasks.sync.comparing import compared
from tasks.sync.gc_pause import without_gc


@dataclass(frozen=True, slots=True)
class Found:
    """`capped`: blocking keys with too many contacts to compare all their pairs."""

    contacts: int
    pairs: int
    capped: tuple[Capped, ...] = ()


def find_twins(store: Store, scope: Scope, say: Say) -> Found:
    """Compare all contacts and store the pairs found. Not a flow, as it never waits and can simply be rerun."""
    with store.read() as session:
        there = [(one.version, traits(one.id, one.person)) for one in contacts.everyone(session, scope)]
        apart = twins.apart(session, scope)
    people = [person for _, person in there]
    with without_gc():
        matches, candidates = compared(people, [])
    helper = adviser(store, scope, say)
    if helper:
        matches = _compared_by_meaning(helper, people, candidates.pairs, matches)
    matches = [match for match in matches if twins.ordered(match.left, match.right) not in apart]
    with store.begin() as session:
        pairs = twins.propose(session, scope, matches, {person.id: version for version, person in there})
    if helper:
        _ask_for_opinions(helper, store, scope, people)
    return Found(len(people), pairs, candidates.capped)


def _compared_by_meaning(
    helper: Adviser, people: Sequence[Traits], pairs: NDArray[np.int32], matches: list[Match]
) -> list[Match]:
    """Compare again, with candidates by embedding for contacts that match nobody so far."""
    told = {name for match in matches for name in (match.left, match.right)}
    everybody = dict(enumerate(people))
    alone = {at: person for at, person in everybody.items() if person.id not in told}
    near = helper.alike(alone, everybody, {at: person.id for at, person in everybody.items()}) if alone else []
    more = {(min(pair), max(pair)) for pair in near}
    return judge(people, [], [*pairs.tolist(), *more]) if more else matches


def _ask_for_opinions(helper: Adviser, store: Store, scope: Scope, people: Sequence[Traits]) -> None:
    """Opinions on the pairs that a person will be asked about and that have none yet."""
    with store.read() as session:
        proposed = twins.twins(session, scope, limit=None)
    asked = [one for one in proposed if one.verdict is Verdict.MAYBE and not one.opinion]
    by_id = {person.id: person for person in people}
    told = helper.opinions([(by_id[one.one_id], by_id[one.other_id], one.reason) for one in asked])
    with store.begin() as session:
        for one, opinion in zip(asked, told, strict=True):
            twins.note_opinion(session, scope, one.id, opinion)
