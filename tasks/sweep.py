"""Go on where a process died, a decision was not heard, or a review was left lying.

Our database says where a sync stands, Prefect where its run does; where the two have drifted apart, this brings them
together again. Doing it twice, or while the run is alive after all, harms nothing: every step of a sync is safe to
repeat.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from storage import plans, reviews, syncs, tenants
from storage.documents import now
from storage.records import Role, SyncStatus
from storage.scope import Scope
from storage.session import Session, Store
from storage.syncs import Sync
from tasks.providers.engine import Engine

FLOW, UNDO = "contact-sync", "undo-sync"
LEASE = timedelta(seconds=45)  # without a sign of life for so long, a process counts as dead
BREATH = timedelta(seconds=5)  # where Prefect itself saw it die
MOST_ATTEMPTS = 50
PATIENCE = timedelta(minutes=10)  # where trying again may end as before
GONE = ("Cancelled", "Cancelling", "")
DEAD = ("Crashed", "TimedOut")
UNDER_WAY = ("Running", "Pending", "Submitting")  # what a run says for ever whose process and worker were killed
Account = Callable[[str], object]
ALARM = {"decision": "reject", "reviewer": "contactflow"}  # only wakes: what counts is decided in our database


def sweep(store: Store, engine: Engine, account: Account, *, lease: timedelta = LEASE) -> Counter[str]:
    """What was done, and how often. `account` closes the books of a sync that was cut short."""
    done: Counter[str] = Counter()
    moment = now()
    with store.read() as session:
        scopes = [Scope(one.id, "", Role.ADMIN) for one in tenants.organizations_all(session)]
        still_open = [(scope, sync) for scope in scopes for sync in syncs.open_syncs(session, scope)]
    for scope, sync in still_open:
        done[_mend(store, engine, account, scope, sync, moment - sync.updated_at, lease)] += 1
    _wake_the_ended(store, engine, scopes, done)
    for run_id in engine.runs(FLOW, *UNDER_WAY, before=moment - lease):
        _settle(store, engine, scopes, run_id, moment - lease, done)
    for run_id in engine.runs(FLOW, *DEAD, before=moment - BREATH, begun=moment - PATIENCE):
        _settle(store, engine, scopes, run_id, moment - BREATH, done)
    for run_id in engine.runs(UNDO, *UNDER_WAY, before=moment - PATIENCE):
        engine.restart(run_id)
        done["restarted"] += 1
    del done[""]
    return done


def _mend(
    store: Store, engine: Engine, account: Account, scope: Scope, sync: Sync, quiet: timedelta, lease: timedelta
) -> str:
    if sync.status is SyncStatus.PREVIEW and sync.expires_at and sync.expires_at < now():
        return _end(store, scope, sync, SyncStatus.EXPIRED, "nobody decided in time")
    state, attempts = engine.standing(sync.flow_run_id)
    if state in GONE:
        return _give_up(store, account, scope, sync, "its flow run was cancelled", SyncStatus.CANCELLED)
    if state == "Suspended" and sync.status is SyncStatus.EXECUTING and engine.resume(sync.flow_run_id, ALARM):
        return "woken"
    if quiet <= _patience(state, sync.status, lease):
        return ""
    if attempts >= MOST_ATTEMPTS:
        why = f"it was started {attempts} times and died each time: see the worker's log"
        return _give_up(store, account, scope, sync, why, SyncStatus.FAILED)
    _restart(store, engine, scope, sync)
    return "restarted"


def _patience(state: str, status: SyncStatus, lease: timedelta) -> timedelta:
    """How long a sync may be quiet while its run is in this state."""
    if state in DEAD:
        return BREATH
    if state in UNDER_WAY or (state == "Failed" and status is SyncStatus.PREVIEW):
        return lease
    if state == "Suspended" and status is SyncStatus.EXECUTING:
        return lease  # it went to sleep without its form, or answers under a key that was used: nothing wakes it
    return PATIENCE if state in {"Failed", "Completed"} else timedelta.max


def _restart(store: Store, engine: Engine, scope: Scope, sync: Sync) -> None:
    engine.restart(sync.flow_run_id)
    with store.begin() as session:
        syncs.note(session, scope, sync.id)  # it gets the whole lease to come up


def _give_up(store: Store, account: Account, scope: Scope, sync: Sync, why: str, to: SyncStatus) -> str:
    if sync.status is not SyncStatus.EXECUTING:
        return _end(store, scope, sync, to, why)
    # In mid-apply: what was written is accounted for, the rest is left and offered again.
    with store.begin() as session:
        plans.withdraw(session, scope, sync.id)
        syncs.note(session, scope, sync.id, error=why)
    account(sync.id)
    return "cut short"


def _end(store: Store, scope: Scope, sync: Sync, to: SyncStatus, why: str) -> str:
    with store.begin() as session:
        ended = reviews.end(session, scope, sync.id, to=to, expected=[sync.status], why=why)
    return to.value if ended else ""


def _wake_the_ended(store: Store, engine: Engine, scopes: list[Scope], done: Counter[str]) -> None:
    """A review that was over before anybody woke its run: rejected, expired, superseded."""
    for run_id in engine.runs(FLOW, "Suspended"):
        with store.read() as session:
            sync = _of_run(session, scopes, run_id)
        if sync and not sync.is_open and engine.resume(run_id, ALARM):
            done["woken"] += 1


def _settle(
    store: Store, engine: Engine, scopes: list[Scope], run_id: str, before: datetime, done: Counter[str]
) -> None:
    """A run whose process was killed before it opened its sync, or after its last deed."""
    with store.read() as session:
        sync = _of_run(session, scopes, run_id)
    if sync is None:
        engine.restart(run_id)
        done["restarted"] += 1
    elif not sync.is_open and sync.updated_at < before:
        engine.finish(run_id)
        done["finished"] += 1


def _of_run(session: Session, scopes: list[Scope], run_id: str) -> Sync | None:
    return next((sync for scope in scopes if (sync := syncs.of_run(session, scope, run_id))), None)
