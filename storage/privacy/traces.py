"""Everything that an organization holds of one person: found by one of their addresses, wherever that is written.

A contact that has the address, had it, or was written to at it is this person; so is what was merged with it, and every
source record that stands or stood behind it. Nobody is this person for sharing another of their addresses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, or_, select

from storage.campaign import suppressions
from storage.documents import person
from storage.people import contacts, twins
from storage.records import Change, Person, Seen, SourceLink, TwinState, Undo, Whom
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.sync import deferred, plan_outcomes, plans, syncs
from storage.tables import campaign_emails, contact_sync_changes, contact_syncs, object_links

BATCH = 500


@dataclass(slots=True)
class Traces:
    """`contacts` are ids, those that went into another included; `sources` name records as (account, source id).

    `waiting` are rows of plans that are still open, `past` the ids of all others; `people` is who they were, anywhere.
    """

    contacts: set[str] = field(default_factory=set)
    sources: set[tuple[str, str]] = field(default_factory=set)
    people: set[Person] = field(default_factory=set)
    waiting: dict[str, list[Change]] = field(default_factory=dict)
    past: set[str] = field(default_factory=set)
    undo: dict[str, Undo] = field(default_factory=dict)
    deferred: set[str] = field(default_factory=set)
    mails: dict[str, str] = field(default_factory=dict)
    hashes: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        return not (self.contacts or self.waiting or self.past or self.deferred or self.mails)

    def is_theirs(self, account: str, link: SourceLink, whom: Whom) -> bool:
        return (account, link.source_id) in self.sources or any(map(whom.is_them, (link.person, link.base)))


@scoped
def traces_of(session: Session, scope: Scope, whom: Whom) -> Traces:
    scope.demand_admin("ask for all that is held of a person")
    traces = Traces()
    traces.contacts.update(contacts.contacts(session, scope, [whom.contact_id]))
    traces.hashes.update(suppressions.address_hash(session, scope, one) for one in [whom.address] if one)
    _in_the_crm(session, scope, whom, traces)
    _in_undo_data(session, scope, whom, traces)
    _in_merges(session, scope, whom, traces)
    _undo_of_theirs(session, scope, traces)
    _in_links(session, scope, traces)
    _in_what_waits(session, scope, whom, traces)
    _in_plans(session, scope, whom, traces)
    _in_mails(session, scope, traces)
    return traces


def _in_the_crm(session: Session, scope: Scope, whom: Whom, traces: Traces) -> None:
    for contact in contacts.everyone(session, scope):
        if whom.is_them(contact.person):
            traces.contacts.add(contact.id)
    bases = select(object_links.c.object_id, object_links.c.base).where(of_organization(object_links, scope))
    for object_id, base in session.execute(bases.execution_options(yield_per=BATCH)):
        if object_id not in traces.contacts and whom.is_them(person(base)):
            traces.contacts.add(object_id)
    written_to = select(campaign_emails.c.object_id).where(_to_them(scope, traces))
    traces.contacts.update(session.execute(written_to).scalars())


def _in_undo_data(session: Session, scope: Scope, whom: Whom, traces: Traces) -> None:
    for change, undo in _undo_data(session, scope):
        if any(map(whom.is_them, _told(undo))):
            traces.contacts.add(change.object_id)


def _undo_of_theirs(session: Session, scope: Scope, traces: Traces) -> None:
    for change, undo in _undo_data(session, scope, of=sorted(traces.contacts)):
        traces.undo[change.id] = undo
        traces.people.update(_told(undo))


def _undo_data(session: Session, scope: Scope, *, of: Sequence[str] | None = None) -> Iterator[tuple[Change, Undo]]:
    kept = select(contact_syncs.c.id).where(
        of_organization(contact_syncs, scope), contact_syncs.c.undo_key.is_not(None)
    )
    for sync_id in session.execute(kept).scalars().all():
        key = syncs.undo_key(session, scope, sync_id)
        yield from plan_outcomes.undo_data(session, scope, sync_id, key, of=of) if key else ()


def _told(undo: Undo) -> Iterator[Person]:
    if undo.before:
        yield undo.before.person
    yield from (link.base for link in undo.links_before)
    yield from (link.person for link in undo.links_written)


def _in_merges(session: Session, scope: Scope, whom: Whom, traces: Traces) -> None:
    """Who went into one of theirs, and what one of theirs went into, is the same person: somebody said so."""
    merged = twins.twins(session, scope, state=TwinState.MERGED, limit=None)
    for one in merged:
        undo = twins.undo_of(session, scope, one.id)
        told = [contact.person for contact in (undo.before, undo.gone, undo.left)] if undo else []
        if any(map(whom.is_them, told)):
            traces.contacts.update((one.one_id, one.other_id))
    size = -1
    while size != len(traces.contacts):
        size = len(traces.contacts)
        for one in merged:
            if traces.contacts & {one.one_id, one.other_id}:
                traces.contacts.update((one.one_id, one.other_id))


def _in_links(session: Session, scope: Scope, traces: Traces) -> None:
    there = contacts.contacts(session, scope, sorted(traces.contacts))
    traces.people.update(contact.person for contact in there.values())
    behind = select(object_links.c.account, object_links.c.source_id, object_links.c.base).where(
        of_organization(object_links, scope), object_links.c.object_id.in_(traces.contacts)
    )
    for account, source_id, base in session.execute(behind):
        traces.sources.add((account, source_id))
        traces.people.add(person(base))


def _in_what_waits(session: Session, scope: Scope, whom: Whom, traces: Traces) -> None:
    for row_id, account, record in deferred.everything(session, scope):
        theirs = isinstance(record, Seen) and whom.is_them(record.person)
        if theirs or (account, record.source_id) in traces.sources:
            traces.deferred.add(row_id)
            traces.sources.add((account, record.source_id))
            traces.people.update([record.person] if isinstance(record, Seen) else [])


def _in_plans(session: Session, scope: Scope, whom: Whom, traces: Traces) -> None:
    for sync in syncs.open_syncs(session, scope):
        key = syncs.preview_key(session, scope, sync.id)
        for change in plans.every(session, scope, sync.id, key) if key else ():
            links = change.proposal.links if change.proposal else ()
            theirs = [link for link in links if traces.is_theirs(sync.account, link, whom)]
            if theirs or change.object_id in traces.contacts:
                traces.waiting.setdefault(sync.id, []).append(change)
            for link in links if theirs else ():
                traces.sources.add((sync.account, link.source_id))
                traces.people.update((link.person, link.base))
    table = contact_sync_changes
    ended = table.c.sync_id.not_in(list(traces.waiting))
    rows = select(table.c.id).where(of_organization(table, scope), table.c.object_id.in_(traces.contacts), ended)
    still_open = {change.id for changes in traces.waiting.values() for change in changes}
    traces.past.update(session.execute(rows).scalars(), traces.undo.keys() - still_open)


def _in_mails(session: Session, scope: Scope, traces: Traces) -> None:
    """By their contact, and by their address; `mails` says for each of which campaign it is."""
    table = campaign_emails
    theirs = or_(_to_them(scope, traces), of_organization(table, scope) & table.c.object_id.in_(traces.contacts))
    for row in session.execute(select(table.c.id, table.c.campaign_id, table.c.address_hash).where(theirs)):
        traces.mails[row.id] = row.campaign_id
        traces.hashes.update(filter(None, [row.address_hash]))


def _to_them(scope: Scope, traces: Traces) -> ColumnElement[bool]:
    """A mail whose person was erased bears its own id in place of theirs."""
    table = campaign_emails
    known = table.c.object_id != table.c.id
    return of_organization(table, scope) & table.c.address_hash.in_(traces.hashes) & known
