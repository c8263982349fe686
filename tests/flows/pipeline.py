"""The steps of a sync called one after the other, without Prefect: fast, and stoppable between any two of them.

What the tasks tell Prefect (events, artifacts, cancelled runs) is kept here, where tests can look at it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from storage.deciding import Choice
from storage.organization import tenants
from storage.records import Change, ChangeKind, ChangeState, Edits, SyncStatus
from storage.sync import plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tasks.rules.guards import Allow
from tasks.sync.account import account
from tasks.sync.apply import apply
from tasks.sync.begin import begin
from tasks.sync.close import failing_loudly
from tasks.sync.fetch import fetch
from tasks.sync.link import link
from tasks.sync.plan import plan
from tasks.sync.stage import stage
from tasks.sync.undo import Taken, undo
from tests.flows.house import ANN, House

STEPS = ("fetch", "stage", "link", "plan")


class Crash(BaseException):
    """The process dies here: no handler of ours may run."""


@dataclass
class Pipeline:
    house: House
    monkeypatch: pytest.MonkeyPatch
    told: list[tuple[Any, ...]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)  # a step → what people do right before it, once

    def __post_init__(self) -> None:
        self.monkeypatch.setattr("tasks.sync.fetch.warm_up", lambda: None)  # for a gate that is no step here
        for verb in ("account", "begin", "plan", "close", "undo"):
            self.monkeypatch.setattr(f"tasks.sync.{verb}.notify", lambda *said: self.told.append(said))
        self.monkeypatch.setattr(
            "tasks.sync.plan.create_markdown_artifact", lambda text, **rest: self.told.append((text, rest))
        )
        self.monkeypatch.setattr("tasks.sync.begin.Engine", lambda _url: SimpleNamespace(cancel=self.cancelled.append))

    def open(
        self, connection: str = "", *, file: str = "", full: bool = False, allow: Sequence[Allow] = (),
        user: str = ANN, organization: str = "acme", schedule: str = "", due: datetime | None = None,
    ) -> str:  # fmt: skip
        """`due` is when Prefect's scheduler meant the run to begin; without it, a person started it."""
        run = SimpleNamespace(id=uuid4(), auto_scheduled=bool(due), expected_start_time=due, idempotency_key=None)
        self.monkeypatch.setattr("tasks.sync.begin.current_run", lambda: run)
        return begin.fn(
            organization, user, connection=connection, file=file, full=full, allow=list(allow), schedule=schedule
        )

    def to_review(
        self, sync_id: str, *, file: str = "", columns: Mapping[str, str] | None = None, crash_after: str = ""
    ) -> Sync:
        asyncio.run(self._to_review(sync_id, file, columns, crash_after))
        return self.sync(sync_id)

    async def _to_review(self, sync_id: str, file: str, columns: Mapping[str, str] | None, crash_after: str) -> None:
        steps: Mapping[str, Callable[[], Any]] = {
            "stage": lambda: stage.fn(sync_id, file, columns),
            "link": lambda: link.fn(sync_id),
            "plan": lambda: plan.fn(sync_id),
        }
        async with failing_loudly(sync_id) as standing:
            if not standing.is_unplanned:
                return
            await fetch.fn(sync_id, file, columns)
            if crash_after == "fetch":
                raise Crash
            for name, step in steps.items():
                self.before.pop(name, lambda: None)()
                step()
                if crash_after == name:
                    raise Crash

    def preview(
        self, connection: str = "", *, file: str = "", columns: Mapping[str, str] | None = None, **how: Any
    ) -> Sync:
        return self.to_review(self.open(connection, file=file, **how), file=file, columns=columns)

    def decide(
        self, sync: Sync, choice: Choice = Choice.APPROVE, *, kinds: Sequence[ChangeKind] = (),
        refused: Sequence[str] = (), edits: Mapping[str, Edits] | None = None, reviewer: str = ANN,
    ) -> None:  # fmt: skip
        decision = Decision(
            choice, reviewer, digest=sync.digest, kinds=tuple(kinds), refused=tuple(refused), edits=dict(edits or {})
        )
        with self.house.store.begin() as session:
            reviews.decide(session, tenants.scope_of_sync(session, sync.id), sync.id, decision)

    def finish(self, sync_id: str) -> Sync:
        apply.fn(sync_id)
        account.fn(sync_id)
        return self.sync(sync_id)

    def approve(self, sync: Sync, **how: Any) -> Sync:
        self.decide(sync, **how)
        return self.finish(sync.id)

    def run(self, connection: str = "", **how: Any) -> Sync:
        """From the start to the end, everything approved."""
        return self.approve(self.preview(connection, **how))

    def undo(self, sync: Sync, reviewer: str = ANN) -> Taken:
        return undo.fn(sync.id, reviewer)

    def sync(self, sync_id: str) -> Sync:
        with self.house.store.read() as session:
            return syncs.sync(session, tenants.scope_of_sync(session, sync_id), sync_id)

    def rows(self, sync: Sync, *kinds: ChangeKind, state: ChangeState | None = None) -> list[Change]:
        """With what they would do, as long as that is there."""
        with self.house.store.read() as session:
            scope = tenants.scope_of_sync(session, sync.id)
            key = syncs.preview_key(session, scope, sync.id)
            every = plans.every(session, scope, sync.id, key, kinds=kinds or list(ChangeKind))
            return [row for row in every if state in (None, row.state)]

    def kinds(self, sync: Sync) -> dict[str, int]:
        """How many rows there are of each kind."""
        found: dict[str, int] = {}
        for row in self.rows(sync):
            found[row.kind.value] = found.get(row.kind.value, 0) + 1
        return found


def adds_up(sync: Sync, rows: Sequence[Change]) -> bool:
    return sync.statistics.total == len(rows)


def is_over(sync: Sync) -> bool:
    return sync.status not in (SyncStatus.EXTRACTING, SyncStatus.PREVIEW, SyncStatus.EXECUTING)
