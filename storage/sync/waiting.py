"""Whether a plan may be decided: marked row by row, advised about, or decided as a whole."""

from storage.deciding import demand_decidable
from storage.records import SyncStatus
from storage.scope import Scope, scoped
from storage.session import Session
from storage.sync import syncs
from storage.sync.syncs import Sync


@scoped
def lock_waiting_sync(session: Session, scope: Scope, sync_id: str) -> Sync:
    """A sync whose plan waits, locked until the transaction ends: of two who decide, one does.

    Raises CannotDecide when its plan does not wait, or when the time to decide is over.
    """
    waits = syncs.is_at(session, scope, sync_id, SyncStatus.PREVIEW)
    sync = syncs.sync(session, scope, sync_id)
    demand_decidable(sync, "sync", waits=waits)
    return sync
