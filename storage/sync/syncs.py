"""Runs of the contact sync: who started them, where they stand, and what became of them.

A status moves by compare-and-set only: of two that want to move it, one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, Update, bindparam, select, update

from storage import row_security
from storage.crypto import Key, bound_to
from storage.documents import now
from storage.records import Provider, Role, Statistics, SyncStatus
from storage.scope import Scope, scoped, visible, visible_to
from storage.session import Session
from storage.shapes import Shape, or_empty
from storage.tables import OPEN_STATUSES
from storage.tables import contact_syncs as table


class UnknownSync(Exception):
    pass


class RunIsOver(Exception):
    """The run was ended meanwhile: rejected or superseded."""


@dataclass(frozen=True, slots=True)
class Sync:
    id: str
    flow_run_id: str
    organization_id: str
    user_id: str
    connection_id: str
    provider: Provider
    account: str
    trigger: str
    schedule_id: str
    status: SyncStatus
    allowed: tuple[str, ...]
    full: bool
    digest: str
    warnings: tuple[str, ...]
    error: str
    decision: str
    decided_by: str
    comment: str
    review_round: int
    statistics: Statistics
    maybe: int
    created_at: datetime
    updated_at: datetime
    compared_at: datetime | None
    expires_at: datetime | None
    decided_at: datetime | None
    completed_at: datetime | None
    undo_until: datetime | None
    undone_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def numbers(self) -> dict[str, int]:
        """Statistics, adding up to the plan's size; while the sync is open, `maybe` is counted apart from `updated`."""
        told = self.statistics.by_name()
        if not self.is_open:
            return told
        return {**told, "updated": told["updated"] - self.maybe, "maybe": self.maybe}


shape = Shape(Sync, table, Statistics, connection_id=or_empty, schedule_id=or_empty)


@cache
def _newest(role: Role) -> Select[Any]:
    newest = shape.where(visible_to(table, role)).order_by(table.c.created_at.desc())
    return newest.limit(bindparam("most"))


@scoped
def sync(session: Session, scope: Scope, sync_id: str) -> Sync:
    found = session.execute(shape.where(visible(table, scope), table.c.id == sync_id)).one_or_none()
    if found is None:
        raise UnknownSync(f"no sync {sync_id}: `contactflow syncs --org …` lists them")
    return shape.of(found)


@scoped
def syncs(session: Session, scope: Scope, *, limit: int = 100) -> list[Sync]:
    rows = session.execute(_newest(scope.role), scope.names | {"most": limit})
    return shape.all(rows)


@scoped
def open_syncs(session: Session, scope: Scope) -> list[Sync]:
    rows = session.execute(shape.where(visible(table, scope), table.c.status.in_(OPEN_STATUSES)))
    return shape.all(rows)


def open_everywhere(session: Session) -> list[Sync]:
    """Open syncs of all organizations, for upkeep."""
    return shape.all(session.execute(shape.within(row_security.across(session, table, OPEN_STATUSES))))


def past_undo(session: Session) -> list[tuple[Scope, str]]:
    """Completed syncs of all organizations whose undo data has expired."""
    late = (table.c.undo_until < now()) & table.c.undo_key.is_not(None)
    return row_security.everywhere(session, table, late)


@scoped
def forget_undo(session: Session, scope: Scope, sync_id: str) -> None:
    """Destroy the key: what was sealed with it is gone, in backups too."""
    note(session, scope, sync_id, undo_key=None)


@scoped
def open_for(session: Session, scope: Scope, connection_id: str) -> Sync | None:
    """The one open sync of a connection; a constraint sees to it that there is no second. Files have none."""
    if not connection_id:
        return None
    row = session.execute(
        shape.where(visible(table, scope), table.c.connection_id == connection_id, table.c.status.in_(OPEN_STATUSES))
    ).one_or_none()
    return shape.of(row) if row else None


@scoped
def move(session: Session, scope: Scope, sync_id: str, *, expected: SyncStatus, to: SyncStatus, **values: Any) -> bool:
    """True if this caller moved it; False if it was no longer in `expected`."""
    moment = now()
    moved = session.execute(
        _one(scope, sync_id).where(table.c.status == expected).values(status=to, updated_at=moment, **values)
    )
    return moved.rowcount == 1


@scoped
def note(session: Session, scope: Scope, sync_id: str, **values: Any) -> None:
    """Store `values`; sets `updated_at`, which also serves as heartbeat."""
    session.execute(_one(scope, sync_id).values(updated_at=now(), **values))


@scoped
def close(
    session: Session, scope: Scope, sync_id: str, *, expected: Sequence[SyncStatus], to: SyncStatus, error: str
) -> bool:
    """End a run that wrote nothing and destroy its keys, with all that they sealed. False if not `expected`."""
    ended = session.execute(
        _one(scope, sync_id)
        .where(table.c.status.in_(expected))
        .values(
            status=to, error=error, preview_key=None, undo_key=None, cursor=None, updated_at=now(), completed_at=now()
        )
    )
    return ended.rowcount == 1


@scoped
def complete(session: Session, scope: Scope, sync_id: str, statistics: Statistics, *, undo_for: timedelta) -> bool:
    moment = now()
    values = statistics.by_name()
    return move(
        session, scope, sync_id, expected=SyncStatus.EXECUTING, to=SyncStatus.COMPLETED,
        preview_key=None, cursor=None, completed_at=moment, undo_until=moment + undo_for, **values,
    )  # fmt: skip


@scoped
def keep_cursor(session: Session, scope: Scope, sync_id: str, cursor: str) -> None:
    """Store the new read position, which becomes the connection's cursor when the run completes."""
    sealed = session.keyring.seal(cursor.encode(), place(scope, sync_id, "cursor"))
    note(session, scope, sync_id, cursor=sealed)


@scoped
def of_run(session: Session, scope: Scope, flow_run_id: str) -> Sync | None:
    """The sync of a flow run, so that a restarted flow finds its own."""
    row = session.execute(shape.where(visible(table, scope), table.c.flow_run_id == flow_run_id)).one_or_none()
    return shape.of(row) if row else None


@scoped
def is_at(session: Session, scope: Scope, sync_id: str, status: SyncStatus) -> bool:
    """Whether the status is still this; sets `updated_at` as heartbeat and locks the row until the transaction ends."""
    here = session.execute(_one(scope, sync_id).where(table.c.status == status).values(updated_at=now()))
    return here.rowcount == 1


@scoped
def is_fetched(session: Session, scope: Scope, sync_id: str) -> bool:
    return _column(session, scope, sync_id, "cursor") is not None


@scoped
def kept_cursor(session: Session, scope: Scope, sync_id: str) -> str:
    sealed = _column(session, scope, sync_id, "cursor")
    return session.keyring.open(sealed, place(scope, sync_id, "cursor")).decode() if sealed else ""


@scoped
def preview_key(session: Session, scope: Scope, sync_id: str) -> Key | None:
    return _run_key(session, scope, sync_id, "preview_key")


@scoped
def demand_preview_key(session: Session, scope: Scope, sync_id: str) -> Key:
    key = preview_key(session, scope, sync_id)
    if key is None:
        raise RunIsOver(f"sync {sync_id} was ended meanwhile: what was sealed for it is gone")
    return key


@scoped
def undo_key(session: Session, scope: Scope, sync_id: str) -> Key | None:
    return _run_key(session, scope, sync_id, "undo_key")


def _run_key(session: Session, scope: Scope, sync_id: str, column: str) -> Key | None:
    """None once the key was destroyed."""
    sealed = _column(session, scope, sync_id, column)
    return session.keyring.run_key(sealed, place(scope, sync_id, column)) if sealed else None


def _one(scope: Scope, sync_id: str) -> Update:
    return update(table).where(visible(table, scope), table.c.id == sync_id)


def _column(session: Session, scope: Scope, sync_id: str, name: str) -> Any:
    return session.execute(
        select(table.c[name]).where(visible(table, scope), table.c.id == sync_id)
    ).scalar_one_or_none()


def place(scope: Scope, sync_id: str, column: str) -> str:
    return bound_to(scope.organization_id, table.name, sync_id, column)
