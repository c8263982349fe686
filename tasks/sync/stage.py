"""Parse and normalise the fetched pages and what earlier syncs left open, and load them into the staging area."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, islice

from prefect import task

from storage.organization import tenants
from storage.people import links
from storage.privacy import erasures
from storage.privacy.erasures import Known
from storage.records import Erased, Provider, Seen, SourceRecord, Unreadable
from storage.session import open_store
from storage.settings import settings
from storage.sync import deferred, landing, staging, syncs
from tasks.providers.contacts.sources import source_of
from tasks.rules import normalise
from tasks.rules.identity import KNOWN_BY
from tasks.sync.gc_pause import without_gc

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Filters out erased people. A linked record belongs to a contact that the CRM has, so it passes."""

    erased: Known
    account: str
    linked: AbstractSet[str]

    def passed(self, record: SourceRecord) -> SourceRecord:
        if not isinstance(record, Seen):
            return record
        names = (record.source_id, *record.previous_ids)
        if self.linked.isdisjoint(names) and self.erased.holds(KNOWN_BY, record.person, self.account, names):
            return Erased(record.source_id)
        return record


@task
def stage(sync_id: str, file: str = "", columns: Mapping[str, str] | None = None) -> dict[str, int]:
    """Returns how many records are new, changed, unchanged, removed, erased and unreadable."""
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
        key = syncs.demand_preview_key(session, scope, sync_id)
        source = source_of(store, scope, sync, file=file, columns=columns)
        # A full read, which a file always is, contains whatever earlier syncs left open.
        whole = sync.full or sync.provider is Provider.FILE
        waiting = [] if whole else deferred.deferred(session, scope, sync.account)
        landed = source.settled(landing.bodies(session, scope, sync_id, key))
        linked = list(links.fingerprints(session, scope, sync.account))
        gone = Gatekeeper(erasures.known(session, scope), sync.account, {source_id for source_id, _, _ in linked})
        staging.begin(sync_id)
        with without_gc():
            staging.add(sync_id, _let_in(chain(waiting, landed), gone))
        staging.add_links(sync_id, linked)
    return staging.classify(sync_id, full=sync.full)


def _let_in(records: Iterable[SourceRecord], gatekeeper: Gatekeeper) -> Iterator[SourceRecord]:
    """Normalise and filter. In batches, which costs an eighth less CPU than reading and processing one by one."""
    region, arriving = settings().region, iter(records)
    while batch := list(islice(arriving, _BATCH)):
        yield from [gatekeeper.passed(_tidy(record, region)) for record in batch]


def _tidy(record: SourceRecord, region: str) -> SourceRecord:
    if not isinstance(record, Seen):
        return record
    person = normalise.person(record.person, region=region)
    reason = normalise.too_big(person) or ("nothing tells who this is" if normalise.says_nobody(person) else "")
    if reason:
        return Unreadable(record.source_id, reason)
    return Seen(record.source_id, person, record.version, record.modified_at, record.previous_ids)
