"""Open a sync from the flow's parameters, once per flow run."""

from prefect import task

from storage import audit, hash_keys
from storage.organization import connections, tenants
from storage.records import ConnectionStatus, Provider, SyncStatus
from storage.scope import Scope
from storage.session import Session, open_store
from storage.settings import settings
from storage.sync import opening, reviews, syncs
from storage.sync.opening import NewSync
from storage.sync.syncs import Sync
from tasks.providers.access.applications import demand_accepted
from tasks.providers.flow_runs.engine import Engine
from tasks.providers.flow_runs.events import notify
from tasks.providers.flow_runs.runs import chosen_id, current_run
from tasks.rules.guards import Allow
from tasks.sync.turns import Turn, turn_of


class CannotBegin(Exception):
    """The parameters do not fit. The text says what to change."""


@task
def begin(
    organization: str, user: str, *, connection: str = "", file: str = "", full: bool = False, allow: list[Allow],
    schedule: str = "",
) -> str:  # fmt: skip
    """Returns the sync's id, the same for every attempt of a flow run; empty for a scheduled run with nothing to do.

    A manual run replaces a preview of the same connection that waits for review.
    """
    if bool(connection) == bool(file):
        raise CannotBegin("name either a connection or a file")
    run = current_run()
    with open_store().begin() as session:
        scope = tenants.scope_of(session, organization, user)
        if known := syncs.of_run(session, scope, str(run.id)):
            return known.id
        hash_keys.demand_key(session, scope)  # without it erased people could not be recognised, and would return
        turn = turn_of(session, scope, run, connection, schedule) if run.auto_scheduled else Turn(True)
        sync_id, superseded = "", ""
        if turn.is_due:
            trigger = "schedule" if run.auto_scheduled else "manual"
            provider = _provider(session, scope, connection)
            allowed = tuple(allow)
            new = NewSync(chosen_id(run), str(run.id), provider, connection, full, trigger, allowed, turn.schedule_id)
            superseded = _make_room(session, scope, new)
            sync_id = _opened(session, scope, new, user)
    if turn.waiting:
        notify("still-waiting", turn.waiting)
    if superseded:
        Engine(settings().prefect_url).cancel(superseded)
    return sync_id


def _opened(session: Session, scope: Scope, new: NewSync, user: str) -> str:
    sync = opening.open_sync(session, scope, new)
    audit.record(session, scope, actor=user, action="sync.opened", subject=sync.id, detail=_detail(sync))
    return sync.id


def _provider(session: Session, scope: Scope, connection_id: str) -> Provider:
    if not connection_id:
        return Provider.FILE
    found = connections.connection(session, scope, connection_id)
    if found.status is not ConnectionStatus.ACTIVE:
        raise CannotBegin(
            f"connection {connection_id} is {found.status} ({found.cause}): `contactflow connect` mends it"
        )
    demand_accepted(session, found.provider)
    return found.provider


def _make_room(session: Session, scope: Scope, new: NewSync) -> str:
    """End a waiting preview, since a connection has at most one open sync. Returns the flow run id of that preview."""
    other = syncs.open_for(session, scope, new.connection_id)
    if other is None or other.status is not SyncStatus.PREVIEW or new.trigger == "schedule":
        return ""
    why = f"a newer sync of this connection was started: {new.id}"
    reviews.end(session, scope, other.id, to=SyncStatus.SUPERSEDED, expected=[SyncStatus.PREVIEW], why=why)
    return other.flow_run_id


def _detail(sync: Sync) -> dict[str, object]:
    schedule = {"schedule": sync.schedule_id} if sync.schedule_id else {}
    told = {"provider": sync.provider, "trigger": sync.trigger, "full": sync.full, "allowed": list(sync.allowed)}
    return {**told, **schedule}
