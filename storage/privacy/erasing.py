"""A person goes from everything that an organization holds, in one transaction; keyed hashes keep them from returning.

What is counted stays counted: rows of plans, mails and events remain as numbers without a person. Plans and campaigns
that wait get another digest, so that nobody approves what they did not see.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Table, delete, select

from storage import audit
from storage.campaign import suppressions
from storage.people import contacts, twins
from storage.privacy import erasures, mail_erasure, plan_erasure
from storage.privacy.holdings import known_as, said_of
from storage.privacy.traces import Traces, traces_of
from storage.records import ChangeKind, ChangeState, Statistics, Whom
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import (
    OPEN_STATUSES,
    contact_syncs,
    contact_vectors,
    deferred_records,
    match_decisions,
    object_actions,
    object_links,
    objects,
)

Forecast = Callable[[Mapping[tuple[ChangeKind, ChangeState], int]], Statistics]


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many rows of each kind were deleted or emptied; `before`: this person had been erased earlier."""

    counts: dict[str, int] = field(default_factory=dict)
    before: bool = False

    @property
    def found_nothing(self) -> bool:
        return not any(self.counts.values())


@scoped
def erase(session: Session, scope: Scope, whom: Whom, forecast: Forecast, *, by: str) -> Erasure:
    """Idempotent: a second erasure finds nothing."""
    scope.demand_admin("erase a person")
    erasures.lock_erasures(session, scope, alone=True)
    _hold_runs(session, scope)
    traces = traces_of(session, scope, whom)
    known = not erasures.known(session, scope).keys.isdisjoint(traces.hashes)
    if traces.is_empty:
        return Erasure(before=known)
    _keep_away(session, scope, whom, traces)
    counts = {
        "plan_rows": plan_erasure.empty(session, scope, whom, traces, forecast),
        "mails": mail_erasure.empty(session, scope, traces.mails),
        "twins": twins.erase(session, scope, sorted(traces.contacts)),
        "match_decisions": _remove(session, scope, match_decisions, said_of(traces)),
        "waiting_records": _remove(session, scope, deferred_records, deferred_records.c.id.in_(traces.deferred)),
        "vectors": _remove(session, scope, contact_vectors, contact_vectors.c.object_id.in_(traces.contacts)),
        "actions": _remove(session, scope, object_actions, object_actions.c.object_id.in_(traces.contacts)),
        "links": _remove(session, scope, object_links, object_links.c.object_id.in_(traces.contacts)),
        "contacts": _remove(session, scope, objects, objects.c.id.in_(traces.contacts)),
    }
    subject = known_as(session, scope, whom)
    audit.record(session, scope, actor=by, action="person.erased", subject=subject, detail=counts)
    return Erasure(counts, before=known)


def _hold_runs(session: Session, scope: Scope) -> None:
    """Waits for a batch that is being written; later batches wait for the erasure."""
    running = select(contact_syncs.c.id).where(
        of_organization(contact_syncs, scope), contact_syncs.c.status.in_(OPEN_STATUSES)
    )
    session.execute(running.order_by(contact_syncs.c.id).with_for_update()).all()


def _keep_away(session: Session, scope: Scope, whom: Whom, traces: Traces) -> None:
    """Store the keys of the named address and of all else that identifies only them."""
    addresses = _all(map(whom.known_by.addresses_of, traces.people))
    numbers = _all(map(whom.known_by.numbers_of, traces.people))
    facts = _facts(whom, traces) if not addresses and not numbers else set()
    shared: set[str] = set()
    for contact in contacts.everyone(session, scope):
        if contact.id not in traces.contacts:
            shared |= addresses & whom.known_by.addresses_of(contact.person)
            numbers -= whom.known_by.numbers_of(contact.person)
            facts.discard(whom.known_by.facts_of(contact.person))
    shared.discard(whom.address)  # the erased address itself always counts, shared or not
    of_others = {suppressions.address_hash(session, scope, one) for one in shared}
    theirs = {suppressions.address_hash(session, scope, one) for one in addresses} | traces.hashes
    theirs -= of_others
    records = {key for name in traces.sources for key in erasures.record_keys(session, scope, *name)}
    told = {erasures.fact_key(session, scope, one) for one in facts}
    keys = {erasures.number_key(session, scope, number) for number in numbers} | records | told | theirs
    erasures.remember(session, scope, keys)
    suppressions.suppress_for_good(session, scope, sorted(theirs))


def _facts(whom: Whom, traces: Traces) -> set[tuple[str, ...]]:
    told = filter(None, map(whom.known_by.facts_of, traces.people))
    return {part for facts in told for part in erasures.subsets(facts)}


def _all(sets: Iterable[frozenset[str]]) -> set[str]:
    return set[str]().union(*sets)


def _remove(session: Session, scope: Scope, table: Table, wanted: ColumnElement[bool]) -> int:
    return session.execute(delete(table).where(of_organization(table, scope), wanted)).rowcount
