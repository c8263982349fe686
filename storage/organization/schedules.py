"""When syncs run by themselves. This table is the truth; Prefect's own schedules are made to follow it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Update, delete, insert, select, true, update

from storage import audit, row_security
from storage.documents import new_id, now
from storage.organization import connections
from storage.records import ReviewPolicy, Timing
from storage.scope import Scope, scoped, visible
from storage.session import Session
from storage.tables import sync_schedules as table


class UnknownSchedule(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Schedule:
    """`policy_by` is who answers for a plan that the policy approved."""

    id: str
    user_id: str
    connection_id: str
    timing: Timing
    policy: ReviewPolicy
    policy_by: str
    is_active: bool
    created_at: datetime


@scoped
def add(
    session: Session, scope: Scope, connection_id: str, timing: Timing, policy: ReviewPolicy, *, actor: str
) -> Schedule:
    """A schedule is for whoever connected the account, as syncs of it are."""
    owner = connections.connection(session, scope, connection_id)
    schedule_id, moment = new_id(), now()
    session.execute(
        insert(table).values(
            id=schedule_id, organization_id=scope.organization_id, user_id=owner.user_id, connection_id=owner.id,
            policy_by=actor, review_policy=policy, active=True, created_at=moment, updated_at=moment, **_when(timing),
        )
    )  # fmt: skip
    detail = {"connection": connection_id, "policy": policy, **_when(timing)}
    audit.record(session, scope, actor=actor, action="schedule.added", subject=schedule_id, detail=detail)
    return schedule(session, scope, schedule_id)


def with_any(session: Session) -> list[Scope]:
    return row_security.owners_of(session, table, true())


@scoped
def schedules(session: Session, scope: Scope) -> list[Schedule]:
    rows = session.execute(select(table).where(visible(table, scope)).order_by(table.c.created_at, table.c.id))
    return [_schedule(row) for row in rows]


@scoped
def schedule(session: Session, scope: Scope, schedule_id: str) -> Schedule:
    row = session.execute(select(table).where(visible(table, scope), table.c.id == schedule_id)).one_or_none()
    if row is None:
        raise UnknownSchedule(f"no schedule {schedule_id}: `contactflow schedule list --org …` lists them")
    return _schedule(row)


@scoped
def find(session: Session, scope: Scope, schedule_id: str) -> Schedule | None:
    """None where it was removed meanwhile."""
    try:
        return schedule(session, scope, schedule_id)
    except UnknownSchedule:
        return None


@scoped
def set_active(session: Session, scope: Scope, schedule_id: str, *, active: bool, actor: str) -> Schedule:
    before = schedule(session, scope, schedule_id)
    session.execute(_one(scope, schedule_id).values(active=active, updated_at=now()))
    if before.is_active is not active:
        action = "schedule.resumed" if active else "schedule.paused"
        audit.record(session, scope, actor=actor, action=action, subject=schedule_id)
    return schedule(session, scope, schedule_id)


@scoped
def change(
    session: Session, scope: Scope, schedule_id: str, timing: Timing, policy: ReviewPolicy, *, actor: str
) -> Schedule:
    before = schedule(session, scope, schedule_id)
    by = before.policy_by if before.policy is policy else actor
    session.execute(
        _one(scope, schedule_id).values(review_policy=policy, policy_by=by, updated_at=now(), **_when(timing))
    )
    detail = {"policy": policy, **_when(timing)}
    audit.record(session, scope, actor=actor, action="schedule.changed", subject=schedule_id, detail=detail)
    return schedule(session, scope, schedule_id)


@scoped
def remove(session: Session, scope: Scope, schedule_id: str, *, actor: str) -> None:
    schedule(session, scope, schedule_id)
    session.execute(delete(table).where(visible(table, scope), table.c.id == schedule_id))
    audit.record(session, scope, actor=actor, action="schedule.removed", subject=schedule_id)


def _when(timing: Timing) -> dict[str, Any]:
    seconds = int(timing.every.total_seconds()) if timing.every else None
    return {"cron": timing.cron, "interval_seconds": seconds, "timezone": timing.time_zone}


def _one(scope: Scope, schedule_id: str) -> Update:
    return update(table).where(visible(table, scope), table.c.id == schedule_id)


def _schedule(row: Row[Any]) -> Schedule:
    every = timedelta(seconds=row.interval_seconds) if row.interval_seconds else None
    return Schedule(
        row.id, row.user_id, row.connection_id, Timing(row.cron, every, row.timezone), ReviewPolicy(row.review_policy),
        row.policy_by, row.active, row.created_at,
    )  # fmt: skip
