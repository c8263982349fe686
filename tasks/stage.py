"""Bring what landed, and what an earlier run left open, into one shape in the staging area."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from prefect import task

from storage import deferred, landing, links, staging, syncs, tenants
from storage.records import Provider, Seen, SourceRecord, Unreadable
from storage.session import open_store
from storage.settings import settings
from tasks.providers.sources import source_of
from tasks.rules import normalise

BATCH = 2000


@task
def stage(sync_id: str, file: str = "", columns: Mapping[str, str] | None = None) -> dict[str, int]:
    """Returns how many records are new, changed, unchanged, removed and unreadable."""
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
        key = syncs.demand_preview_key(session, scope, sync_id)
        source = source_of(store, scope, sync, file=file, columns=columns)
        # A full read, as a file always is, brings whatever is still to be offered by itself.
        whole = sync.full or sync.provider is Provider.FILE
        waiting = [] if whole else deferred.deferred(session, scope, sync.account)
        landed = source.settled(landing.bodies(session, scope, sync_id, key))
        staging.begin(sync_id)
        for batch in _batched(map(_tidy, chain(waiting, landed))):
            staging.add(sync_id, batch)
        staging.add_links(sync_id, links.fingerprints(session, scope, sync.account))
    return staging.classify(sync_id, full=sync.full)


def _tidy(record: SourceRecord) -> SourceRecord:
    if not isinstance(record, Seen):
        return record
    person = normalise.person(record.person, region=settings().region)
    reason = normalise.too_big(person) or ("nothing tells who this is" if normalise.says_nobody(person) else "")
    if reason:
        return Unreadable(record.source_id, reason)
    return Seen(record.source_id, person, record.version, record.modified_at, record.previous_ids)


def _batched(records: Iterable[SourceRecord]) -> Iterator[list[SourceRecord]]:
    rest = iter(records)
    while batch := list(islice(rest, BATCH)):
        yield batch
