"""How a sync that cannot continue ends: failed, with the cause and a remedy, and with nothing half written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from storage.organization import tenants
from storage.records import SyncStatus
from storage.scope import Scope
from storage.session import Store, open_store
from storage.sync import reviews, staging, syncs
from tasks.providers.flow_runs.deadlines import in_time
from tasks.providers.flow_runs.engine import is_away
from tasks.providers.flow_runs.events import notify
from tasks.providers.flow_runs.heartbeat import heartbeat


@dataclass(frozen=True, slots=True)
class Stage:
    is_unplanned: bool


@asynccontextmanager
async def failing_loudly(sync_id: str) -> AsyncIterator[Stage]:
    """Run the flow under a heartbeat and a deadline. An error before the review ends the sync as `failed`, unless
    Prefect's server is down; one while applying leaves it open, to be resumed.

    Prefect suspends a run by raising a BaseException, which deliberately passes through here.
    """
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
    try:
        with heartbeat(partial(_beat, store, scope, sync_id)):
            async with in_time():
                yield Stage(is_unplanned=sync.status is SyncStatus.EXTRACTING)
    except Exception as error:
        if not is_away(error):  # otherwise the run is restarted once Prefect's server is back
            _fail(sync_id, f"{type(error).__name__}: {error}")
        raise
    finally:
        staging.drop(sync_id)


def _beat(store: Store, scope: Scope, sync_id: str) -> None:
    with store.begin() as session:
        syncs.note(session, scope, sync_id)


def _fail(sync_id: str, why: str) -> None:
    with open_store().begin() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        failed = reviews.end(session, scope, sync_id, to=SyncStatus.FAILED, expected=[SyncStatus.EXTRACTING], why=why)
    if failed:
        notify("failed", sync_id, {"why": why})
