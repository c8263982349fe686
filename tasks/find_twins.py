"""Find contacts of the CRM that are perhaps one person: the same evidence, and the same bands, as in a sync."""

from dataclasses import dataclass

from storage import blocking, contacts, twins
from storage.blocking import Capped
from storage.scope import Scope
from storage.session import Store
from tasks.rules.matching import block_keys, judge, neighbours, traits


@dataclass(frozen=True, slots=True)
class Found:
    """`capped` says of which keys not all pairs could be compared."""

    contacts: int
    pairs: int
    capped: tuple[Capped, ...] = ()


def find_twins(store: Store, scope: Scope) -> Found:
    """Without Prefect, for nothing of it need be waited for or taken up again: it reads, and notes what it found."""
    with store.read() as session:
        there = [(one.version, traits(one.id, one.person)) for one in contacts.everyone(session, scope)]
        apart = twins.apart(session, scope)
    people = [person for _, person in there]
    candidates = blocking.candidates(block_keys(people), neighbours(people), len(people))
    matches = [
        match for match in judge(people, [], candidates.pairs) if twins.ordered(match.left, match.right) not in apart
    ]
    with store.begin() as session:
        pairs = twins.propose(session, scope, matches, {person.id: version for version, person in there})
    return Found(len(people), pairs, candidates.capped)
