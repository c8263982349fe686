"""Outcomes of a plan's rows, and their undo data, which is sealed with the run's undo key and lost with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, update

from storage.crypto import Key
from storage.records import Change, ChangeKind, ChangeState, Undo
from storage.scope import Scope, of_sync, scoped
from storage.session import Session
from storage.sync import plan_values
from storage.sync.plans import BATCH, change_of
from storage.tables import change_values as values
from storage.tables import contact_sync_changes as table

_undo = msgspec.json.Decoder(Undo)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one row ended, with its undo data."""

    change_id: str
    state: ChangeState
    object_id: str = ""
    applied_version: int = 0
    undo: Undo | None = None
    error: str = ""


@scoped
def settle(session: Session, scope: Scope, sync_id: str, undo_key: Key | None, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    named = ("state", "object_id", "applied_version", "error")
    session.execute(
        update(table)
        .where(of_sync(table, scope, sync_id), table.c.id == bindparam("row"))
        .values({name: bindparam(name) for name in named}),
        [
            {
                "row": outcome.change_id,
                "state": outcome.state,
                "object_id": outcome.object_id or None,
                "applied_version": outcome.applied_version or None,
                "error": outcome.error,
            }
            for outcome in outcomes
        ],
    )
    if undo_key:
        kept = {one.change_id: one.undo for one in outcomes if one.undo}
        sealed = {row: plan_values.sealed(scope, undo_key, row, "undo", undo) for row, undo in kept.items()}
        plan_values.put(session, scope, sync_id, "undo", sealed)


@scoped
def settle_idle(session: Session, scope: Scope, sync_id: str) -> int:
    """Settle approved rows that need no write, such as unchanged records."""
    idle = (table.c.kind == ChangeKind.SKIP) & table.c.seen_version.is_(None)
    return session.execute(
        update(table)
        .where(of_sync(table, scope, sync_id), idle, table.c.state == ChangeState.APPROVED)
        .values(state=ChangeState.APPLIED)
    ).rowcount


@scoped
def undoable(session: Session, scope: Scope, sync_id: str, key: Key) -> list[tuple[Change, Undo]]:
    """Applied rows with their undo data, in the order in which they were applied."""
    return list(undo_data(session, scope, sync_id, key))


@scoped
def undo_data(
    session: Session, scope: Scope, sync_id: str, key: Key, *, of: Sequence[str] | None = None
) -> Iterator[tuple[Change, Undo]]:
    """As `undoable`, read in batches; `of` limits it to these contact ids."""
    query = plan_values.rows_with("undo").where(of_sync(table, scope, sync_id), values.c.undo.is_not(None))
    query = query.where(table.c.state == ChangeState.APPLIED).order_by(table.c.ordinal)
    if of is not None:
        query = query.where(table.c.object_id.in_(of))
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        if plain := plan_values.opened(scope, key, row, "undo"):
            yield change_of(row), _undo.decode(plain)


@scoped
def mark_undone(
    session: Session, scope: Scope, sync_id: str, undone: Sequence[Change], refused: Sequence[Change], *, why: str
) -> None:
    for rows, said in ((undone, {"state": ChangeState.UNDONE}), (refused, {"error": why})):
        if rows:
            session.execute(
                update(table).where(of_sync(table, scope, sync_id), table.c.id == bindparam("row")).values(**said),
                [{"row": change.id} for change in rows],
            )
    plan_values.put(session, scope, sync_id, "undo", dict.fromkeys(change.id for change in undone))


@scoped
def clear_undo(session: Session, scope: Scope, sync_id: str) -> None:
    session.execute(update(values).where(of_sync(values, scope, sync_id)).values(undo=None))
