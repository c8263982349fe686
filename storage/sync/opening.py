"""Starting a sync: a connection has at most one open sync, however many are started at once."""

from dataclasses import dataclass

from sqlalchemy import Insert, insert
from sqlalchemy.exc import IntegrityError

from storage.documents import now
from storage.organization import connections
from storage.records import Provider, SyncStatus
from storage.scope import Scope, scoped
from storage.session import Session
from storage.sync import syncs
from storage.sync.syncs import Sync
from storage.tables import contact_syncs as table


class AlreadyOpen(Exception):
    """Another sync of this connection is under way; `sync_id` names it."""

    def __init__(self, sync_id: str, status: SyncStatus) -> None:
        super().__init__(f"sync {sync_id} of this connection is open ({status}): approve or reject it first")
        self.sync_id = sync_id
        self.status = status


@dataclass(frozen=True, slots=True)
class NewSync:
    """`allowed` names the guards that this run may pass."""

    id: str
    flow_run_id: str
    provider: Provider
    connection_id: str = ""
    full: bool = False
    trigger: str = "manual"
    allowed: tuple[str, ...] = ()
    schedule_id: str = ""


@scoped
def open_sync(session: Session, scope: Scope, new: NewSync) -> Sync:
    if new.connection_id:
        connections.connection(session, scope, new.connection_id)  # nobody reads an account that is not theirs to see
    _demand_free(session, scope, new.connection_id)
    try:
        with session.connection.begin_nested():
            session.execute(_opening(session, scope, new))
    except IntegrityError:
        _demand_free(session, scope, new.connection_id)  # somebody else opened one just now
        raise
    return syncs.sync(session, scope, new.id)


def _demand_free(session: Session, scope: Scope, connection_id: str) -> None:
    if other := syncs.open_for(session, scope, connection_id):
        raise AlreadyOpen(other.id, other.status)


def _opening(session: Session, scope: Scope, new: NewSync) -> Insert:
    moment = now()
    return insert(table).values(
        id=new.id,
        flow_run_id=new.flow_run_id,
        organization_id=scope.organization_id,
        user_id=scope.user_id,
        connection_id=new.connection_id or None,
        provider=new.provider,
        account=new.connection_id or "file",
        trigger=new.trigger,
        schedule_id=new.schedule_id or None,
        allowed=list(new.allowed),
        status=SyncStatus.EXTRACTING,
        full=new.full,
        preview_key=session.keyring.new_run_key(syncs.place(scope, new.id, "preview_key")),
        undo_key=session.keyring.new_run_key(syncs.place(scope, new.id, "undo_key")),
        created_at=moment,
        updated_at=moment,
    )
