"""Recover syncs whose process died, whose run missed a decision, or whose review expired.

Our database holds a sync's state and Prefect its run's; the sweeper reconciles the two where they diverge. It is
idempotent, and harmless even if the run is alive after all, since every step of a sync can be repeated.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from storage.documents import now
from storage.records import SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import plan_verdicts, reviews, syncs
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import Engine
from tasks.upkeep.sweeping import (
    ALARM,
    GONE,
    LEASE,
    MOST_ATTEMPTS,
    PATIENCE,
    UNDER_WAY,
    Books,
    Runs,
    patience,
    whole,
)

UNDO = "undo-sync"
Account = Callable[[str], object]
BOOKS = Books("contact-sync", syncs.of_run)


def sweep(store: Store, engine: Engine, account: Account, *, lease: timedelta = LEASE) -> Counter[str]:
    """Returns counts of actions taken. `account` completes a sync that was cut short while applying."""
    done: Counter[str] = Counter()
    moment = now()
    with store.read() as session:
        still_open = syncs.open_everywhere(session)
    runs = Runs(engine, BOOKS, still_open)
    for sync in still_open:
        done[_mend(store, engine, account, sync, runs.standing(sync.flow_run_id), moment - sync.updated_at, lease)] += 1
    runs.settle(store, done, lease=lease)
    for run in engine.runs(UNDO, *UNDER_WAY, before=moment - PATIENCE):
        engine.restart(run.id)
        done["restarted"] += 1
    del done[""]
    return done


def _mend(
    store: Store, engine: Engine, account: Account, sync: Sync, standing: tuple[str, int], quiet: timedelta,
    lease: timedelta,
) -> str:  # fmt: skip
    scope, (state, attempts) = whole(sync.organization_id), standing
    if sync.status is SyncStatus.PREVIEW and sync.expires_at and sync.expires_at < now():
        return _end(store, scope, sync, SyncStatus.EXPIRED, "nobody decided in time")
    if state in GONE:
        return _give_up(store, account, scope, sync, "its flow run was cancelled", SyncStatus.CANCELLED)
    if state == "Suspended" and sync.status is SyncStatus.EXECUTING and engine.resume(sync.flow_run_id, ALARM):
        return "woken"
    asks, acts = sync.status is SyncStatus.PREVIEW, sync.status is SyncStatus.EXECUTING
    if quiet <= patience(state, asks=asks, acts=acts, lease=lease):
        return ""
    if attempts >= MOST_ATTEMPTS:
        why = f"it was started {attempts} times and died each time: see the worker's log"
        return _give_up(store, account, scope, sync, why, SyncStatus.FAILED)
    _restart(store, engine, scope, sync)
    return "restarted"


def _restart(store: Store, engine: Engine, scope: Scope, sync: Sync) -> None:
    engine.restart(sync.flow_run_id)
    with store.begin() as session:
        syncs.note(session, scope, sync.id)  # a heartbeat: the restarted run gets a whole lease to come up


def _give_up(store: Store, account: Account, scope: Scope, sync: Sync, why: str, to: SyncStatus) -> str:
    if sync.status is not SyncStatus.EXECUTING:
        return _end(store, scope, sync, to, why)
    # While applying: what was written is recorded, the rest is offered again by the next sync.
    with store.begin() as session:
        plan_verdicts.withdraw(session, scope, sync.id)
        syncs.note(session, scope, sync.id, error=why)
    account(sync.id)
    return "cut short"


def _end(store: Store, scope: Scope, sync: Sync, to: SyncStatus, why: str) -> str:
    with store.begin() as session:
        ended = reviews.end(session, scope, sync.id, to=to, expected=[sync.status], why=why)
    return to.value if ended else ""
