"""What sweeping up is made of, for syncs and campaigns alike: how long a run may be quiet, how it is ended or woken."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from storage.documents import now
from storage.organization import tenants
from storage.records import Role
from storage.scope import Scope
from storage.session import Session, Store
from tasks.providers.flow_runs.engine import Engine, Run

LEASE = timedelta(seconds=45)  # without a sign of life for so long, a process counts as dead
BREATH = timedelta(seconds=5)  # where Prefect itself saw it die
MOST_ATTEMPTS = 50
PATIENCE = timedelta(minutes=10)  # where trying again may end as before
GONE = ("Cancelled", "Cancelling", "")
CRASHED = "Crashed"
DEAD = (CRASHED, "TimedOut")
UNDER_WAY = ("Running", "Pending", "Submitting")  # what a run says for ever whose process and worker were killed
ALARM = {"decision": "reject", "reviewer": "contactflow"}  # only wakes: what counts is decided in our database


class Entry(Protocol):
    """A sync or a campaign, as far as its run is concerned."""

    @property
    def flow_run_id(self) -> str: ...
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
        return [whole(one.id) for one in tenants.organizations_all(session)]


def patience(state: str, *, asks: bool, acts: bool, lease: timedelta) -> timedelta:
    """How long our side may be quiet while its run is in this state; `asks` for a decision, or `acts` on one."""
    if state in DEAD:
        return BREATH
    if state in UNDER_WAY or (state == "Failed" and asks):
        return lease
    if state == "Suspended" and acts:
        return lease  # it went to sleep without its form, or answers under a key that was used: nothing wakes it
    return PATIENCE if state in {"Failed", "Completed"} else timedelta.max


class Runs:
    """Prefect's side of the books. Asked for by the hundred, for there may be a thousand reviews that wait."""

    def __init__(self, engine: Engine, books: Books, still_open: Collection[Entry]) -> None:
        self._engine = engine
        self._books = books
        self._open = {entry.flow_run_id for entry in still_open} - {""}
        self.asleep = engine.runs(books.flow, "Suspended")
        known = {run.id for run in self.asleep}
        self._known = {run.id: run for run in (*self.asleep, *engine.runs_called(self._open - known))}

    def standing(self, run_id: str) -> tuple[str, int]:
        """A run's state, empty where there is no such run, and how often it was begun."""
        run = self._known.get(run_id)
        return (run.state, run.attempts) if run else ("", 0)

    def settle(self, store: Store, done: Counter[str], *, lease: timedelta) -> None:
        """Runs that our side has nothing open for: asleep although all is over, or killed before or after work."""
        moment, runs, flow = now(), self._engine.runs, self._books.flow
        for run in self._not_open(self.asleep):
            entry = self._entry(store, run)
            if entry and not entry.is_open and self._engine.resume(run.id, ALARM):
                done["woken"] += 1
        for run in self._not_open(runs(flow, *UNDER_WAY, before=moment - lease)):
            self._settle(self._entry(store, run), run, moment - lease, done)
        for run in self._not_open(runs(flow, *DEAD, before=moment - BREATH, begun=moment - PATIENCE)):
            self._settle(self._entry(store, run), run, moment - BREATH, done)

    def _not_open(self, runs: Collection[Run]) -> list[Run]:
        return [run for run in runs if run.id not in self._open]

    def _settle(self, entry: Entry | None, run: Run, before: datetime, done: Counter[str]) -> None:
        """A run whose process was killed before it opened its books, or after its last deed."""
        if entry is None:
            self._engine.restart(run.id)
            done["restarted"] += 1
        elif not entry.is_open and entry.updated_at < before:
            self._engine.finish(run.id)
            done["finished"] += 1

    def _entry(self, store: Store, run: Run) -> Entry | None:
        with store.read() as session:
            try:
                scope = tenants.whole_organization(session, run.organization)
            except tenants.UnknownTenant:
                return None
            return self._books.of_run(session, scope, run.id)


def whole(organization_id: str) -> Scope:
    return Scope(organization_id, "", Role.ADMIN)
