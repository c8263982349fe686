"""A sync and the rows of its plan as they are kept, whatever a page says."""

from storage.records import Change, ChangeKind, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import plans, syncs
from storage.sync.syncs import Sync


def rows(store: Store, scope: Scope, sync: Sync, *kinds: ChangeKind) -> list[Change]:
    with store.read() as session:
        key = syncs.preview_key(session, scope, sync.id)
        return list(plans.every(session, scope, sync.id, key, kinds=kinds or None))


def row(store: Store, scope: Scope, sync: Sync, ordinal: int) -> Change:
    return rows(store, scope, sync)[ordinal - 1]


def status(store: Store, scope: Scope, sync: Sync) -> SyncStatus:
    with store.read() as session:
        return syncs.sync(session, scope, sync.id).status
