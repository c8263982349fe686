"""Go on where a process died, a decision was not heard, or a review was left lying.

Our database says where a sync stands, Prefect where its run does; where the two have drifted apart, this brings them
together again. Doing it twice, or while the run is alive after all, harms nothing: every step of a sync is safe to
repeat.
"""

from collections import Counter
from datetime import datetime, timedelta

from storage import plans, reviews, syncs, tenants
from storage.documents import now
from storage.records import Role, SyncStatus
from storage.scope import Scope
from storage.session import Session, Store
from storage.syncs import Sync
from tasks.providers.engine import Engine

FLOW = "contact-sync"
LEASE = timedelta(seconds=45)
PATIENCE = timedelta(minutes=10)
GONE = ("Cancelled", "Cancelling", "")
DEAD = ("Crashed", "TimedOut")
ALARM = {"decision": "reject", "reviewer": "contactflow"}  # only wakes: what counts is decided in our database


def sweep(store: Store, engine: Engine, *, lease: timedelta = LEASE) -> Counter[str]:
    """What was done, and how often."""
    done: Counter[str] = Counter()
    moment = now()
    with store.read() as session:
        scopes = [Scope(one.id, "", Role.ADMIN) for one in tenants.organizations_all(session)]
        still_open = [(scope, sync) for scope in scopes for sync in syncs.open_syncs(session, scope)]
    for scope, sync in still_open:
        done[_mend(store, engine, scope, sync, moment, lease)] += 1
    _wake_the_decided(store, engine, scopes, done)
    _finish_the_ended(store, engine, scopes, moment - lease, done)
    del done[""]
    return done


def _mend(store: Store, engine: Engine, scope: Scope, sync: Sync, moment: datetime, lease: timedelta) -> str:
    if sync.status is SyncStatus.PREVIEW and sync.expires_at and sync.expires_at < moment:
        return _end(store, scope, sync, SyncStatus.EXPIRED, "nobody decided in time")
    quiet = moment - sync.updated_at
    if quiet < lease and sync.status is not SyncStatus.PREVIEW:
        return ""
    state = engine.state(sync.flow_run_id)
    if state in GONE:
        return _give_up(store, engine, scope, sync)
    if state in DEAD or (state == "Running" and quiet > lease) or (state == "Failed" and quiet > PATIENCE):
        engine.restart(sync.flow_run_id)
        return "restarted"
    return ""


def _give_up(store: Store, engine: Engine, scope: Scope, sync: Sync) -> str:
    """The run was cancelled or deleted in Prefect."""
    if sync.status is not SyncStatus.EXECUTING:
        return _end(store, scope, sync, SyncStatus.CANCELLED, "its flow run was cancelled")
    # In mid-apply: what was written is accounted for, the rest is left and offered again.
    with store.begin() as session:
        plans.withdraw(session, scope, sync.id)
        syncs.note(session, scope, sync.id)
    engine.restart(sync.flow_run_id)
    return "cut short"


def _end(store: Store, scope: Scope, sync: Sync, to: SyncStatus, why: str) -> str:
    with store.begin() as session:
        ended = reviews.end(session, scope, sync.id, to=to, expected=[sync.status], why=why)
    return to.value if ended else ""


def _wake_the_decided(store: Store, engine: Engine, scopes: list[Scope], done: Counter[str]) -> None:
    for run_id in engine.runs(FLOW, "Suspended"):
        with store.read() as session:
            sync = _of_run(session, scopes, run_id)
        if sync and sync.status is not SyncStatus.PREVIEW and engine.resume(run_id, ALARM):
            done["woken"] += 1


def _finish_the_ended(store: Store, engine: Engine, scopes: list[Scope], before: datetime, done: Counter[str]) -> None:
    """A run whose process died after its last deed says `Running` for ever."""
    for run_id in engine.runs(FLOW, "Running"):
        with store.read() as session:
            sync = _of_run(session, scopes, run_id)
        if sync and not sync.is_open and sync.updated_at < before:
            engine.finish(run_id)
            done["finished"] += 1


def _of_run(session: Session, scopes: list[Scope], run_id: str) -> Sync | None:
    return next((sync for scope in scopes if (sync := syncs.of_run(session, scope, run_id))), None)
