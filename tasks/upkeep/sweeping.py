"""What the sweepers of syncs and campaigns share: how long a run may be silent, and how it is ended or woken."""

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

LEASE = timedelta(seconds=45)  # a process without a heartbeat for so long counts as dead
BREATH = timedelta(seconds=5)  # instead, where Prefect itself saw the process die
MOST_ATTEMPTS = 50
PATIENCE = timedelta(minutes=10)  # before retrying what may well fail again
GONE = ("Cancelled", "Cancelling", "")
CRASHED = "Crashed"
DEAD = (CRASHED, "TimedOut")
UNDER_WAY = ("Running", "Pending", "Submitting")  # states in which a run stays for ever if its worker is killed too
ALARM = {"decision": "reject", "reviewer": "contactflow"}  # merely wakes: the decision that counts is in our database


class Entry(Protocol):
    """A sync or a campaign, as far as the sweeper needs to know it."""

    @property
    def flow_run_id(self) -> str: ...
    @property
    def is_open(self) -> bool: ...
    @property
    def updated_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Books:
    """A flow, and how to find the sync or campaign of one of its runs."""

    flow: str
    of_run: Callable[[Session, Scope, str], Entry | None]


def everybody(store: Store) -> list[Scope]:
    with store.read() as session:
        return [whole(one.id) for one in tenants.organizations_all(session)]


def patience(state: str, *, asks: bool, acts: bool, lease: timedelta) -> timedelta:
    """How long a sync or campaign may be silent while its run is in this state.

    `asks`: it waits for a decision. `acts`: it carries one out.
    """
    if state in DEAD:
        return BREATH
    if state in UNDER_WAY or (state == "Failed" and asks):
        return lease
    if state == "Suspended" and acts:
        return lease  # suspended without its form, or under a used key: nothing else would wake it
    return PATIENCE if state in {"Failed", "Completed"} else timedelta.max


class Runs:
    """The flow runs as Prefect knows them, read in pages: a thousand may be suspended in review."""

    def __init__(self, engine: Engine, books: Books, still_open: Collection[Entry]) -> None:
        self._engine = engine
        self._books = books
        self._open = {entry.flow_run_id for entry in still_open} - {""}
        self.asleep = engine.runs(books.flow, "Suspended")
        known = {run.id for run in self.asleep}
        self._known = {run.id: run for run in (*self.asleep, *engine.runs_called(self._open - known))}

    def standing(self, run_id: str) -> tuple[str, int]:
        """A run's state, empty if there is no such run, and the number of its attempts."""
        run = self._known.get(run_id)
        return (run.state, run.attempts) if run else ("", 0)

    def settle(self, store: Store, done: Counter[str], *, lease: timedelta) -> None:
        """Handle runs without an open entry: suspended although it ended, or killed before or after their work."""
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
        """Restart a run that was killed before it opened its entry; finish one killed after closing it."""
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
