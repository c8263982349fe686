"""What sweeping up is made of, for syncs and campaigns alike: how long a run may be quiet, how it is ended or woken."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from storage import tenants
from storage.documents import now
from storage.records import Role
from storage.scope import Scope
from storage.session import Session, Store
from tasks.providers.engine import Engine

LEASE = timedelta(seconds=45)  # without a sign of life for so long, a process counts as dead
BREATH = timedelta(seconds=5)  # where Prefect itself saw it die
MOST_ATTEMPTS = 50
PATIENCE = timedelta(minutes=10)  # where trying again may end as before
GONE = ("Cancelled", "Cancelling", "")
DEAD = ("Crashed", "TimedOut")
UNDER_WAY = ("Running", "Pending", "Submitting")  # what a run says for ever whose process and worker were killed
ALARM = {"decision": "reject", "reviewer": "contactflow"}  # only wakes: what counts is decided in our database


class Entry(Protocol):
    """A sync or a campaign, as far as its run is concerned."""

    @property
    def is_open(self) -> bool: ...
    @property
    def updated_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Books:
    """Which flow's runs they are, and where our side of a run is found."""

    flow: str
    of_run: Callable[[Session, Scope, str], Entry | None]


def everybody(store: Store) -> list[Scope]:
    with store.read() as session:
        return [Scope(one.id, "", Role.ADMIN) for one in tenants.organizations_all(session)]


def patience(state: str, *, asks: bool, acts: bool, lease: timedelta) -> timedelta:
    """How long our side may be quiet while its run is in this state; `asks` for a decision, or `acts` on one."""
    if state in DEAD:
        return BREATH
    if state in UNDER_WAY or (state == "Failed" and asks):
        return lease
    if state == "Suspended" and acts:
        return lease  # it went to sleep without its form, or answers under a key that was used: nothing wakes it
    return PATIENCE if state in {"Failed", "Completed"} else timedelta.max


def settle_runs(
    store: Store, engine: Engine, scopes: list[Scope], books: Books, done: Counter[str], *, lease: timedelta
) -> None:
    """Runs that our side has nothing open for: asleep although all is over, or killed before or after their work."""
    moment = now()
    for run_id in engine.runs(books.flow, "Suspended"):
        entry = _entry(store, scopes, books, run_id)
        if entry and not entry.is_open and engine.resume(run_id, ALARM):
            done["woken"] += 1
    for run_id in engine.runs(books.flow, *UNDER_WAY, before=moment - lease):
        _settle(engine, _entry(store, scopes, books, run_id), run_id, moment - lease, done)
    for run_id in engine.runs(books.flow, *DEAD, before=moment - BREATH, begun=moment - PATIENCE):
        _settle(engine, _entry(store, scopes, books, run_id), run_id, moment - BREATH, done)


def _settle(engine: Engine, entry: Entry | None, run_id: str, before: datetime, done: Counter[str]) -> None:
    """A run whose process was killed before it opened its books, or after its last deed."""
    if entry is None:
        engine.restart(run_id)
        done["restarted"] += 1
    elif not entry.is_open and entry.updated_at < before:
        engine.finish(run_id)
        done["finished"] += 1


def _entry(store: Store, scopes: list[Scope], books: Books, run_id: str) -> Entry | None:
    with store.read() as session:
        found = (books.of_run(session, scope, run_id) for scope in scopes)
        return next((entry for entry in found if entry), None)
