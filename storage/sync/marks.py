"""Decisions made while a plan is looked at: kept at once, seen by every reviewer, final when the plan is decided.

A draft is the row's own state while its sync waits, so that the terminal and Prefect's form see it as the page does.
Each decision is a *mark*: who did what to how many rows; it can be taken back.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, func, insert, select, update

from storage import audit
from storage.deciding import CannotDecide, Overtaken
from storage.documents import new_id, now
from storage.records import ChangeKind, ChangeState, Deed, Edits, Mark
from storage.scope import Scope, of_sync, scoped
from storage.session import Session
from storage.sync import plan_verdicts, syncs
from storage.sync.plan_verdicts import UNDECIDED
from storage.sync.waiting import lock_waiting_sync
from storage.tables import contact_sync_changes as rows
from storage.tables import review_marks as table

DECIDABLE = tuple(kind for kind in ChangeKind if kind is not ChangeKind.SKIP)
DRAFTS = (ChangeState.PROPOSED, ChangeState.APPROVED, ChangeState.REJECTED)
AT_ONCE = 1000
STATE_OF = {
    Deed.APPROVED: ChangeState.APPROVED,
    Deed.REJECTED: ChangeState.REJECTED,
    Deed.CLEARED: ChangeState.PROPOSED,
    Deed.EDITED: ChangeState.APPROVED,
}


@scoped
def mark_all(
    session: Session, scope: Scope, sync_id: str, deed: Deed, *, actor: str, kinds: Iterable[ChangeKind]
) -> Mark:
    """Decide about all rows of some kinds that nobody has decided about yet."""
    wanted = rows.c.kind.in_(list(kinds)) & (rows.c.state == ChangeState.PROPOSED)
    return _mark(session, scope, sync_id, deed, actor, wanted)


@scoped
def mark_rows(
    session: Session, scope: Scope, sync_id: str, deed: Deed, *, actor: str, change_ids: Sequence[str]
) -> Mark:
    """Decide about chosen rows, whatever was decided of them before."""
    if len(change_ids) > AT_ONCE:
        raise CannotDecide(f"{len(change_ids)} rows chosen, at most {AT_ONCE} at once: decide about the whole group")
    return _mark(session, scope, sync_id, deed, actor, rows.c.id.in_(list(change_ids)), change_ids)


@scoped
def mark_row(
    session: Session, scope: Scope, sync_id: str, deed: Deed, *, actor: str, change_id: str, seen: str,
    edits: Edits | None = None,
) -> Mark:  # fmt: skip
    """Decide about one row as it was seen; with `edits`, about its fields too."""
    as_seen = rows.c.mark_id == seen if seen else rows.c.mark_id.is_(None)
    made = _mark(session, scope, sync_id, deed, actor, (rows.c.id == change_id) & as_seen, [change_id])
    there = session.execute(
        select(rows.c.mark_id, rows.c.state).where(of_sync(rows, scope, sync_id), rows.c.id == change_id)
    ).one_or_none()
    if there is None:
        raise CannotDecide("no such row in this plan: look at the preview again")
    if (there.mark_id or "") not in {seen, made.id}:
        raise Overtaken("somebody decided about this row while you looked at it: here it is as it stands now")
    if edits is not None:
        key = syncs.demand_preview_key(session, scope, sync_id)
        plan_verdicts.edit(session, scope, sync_id, key, change_id=change_id, edits=edits, states=UNDECIDED)
    return made


@scoped
def take_back(session: Session, scope: Scope, sync_id: str, mark_id: str, *, actor: str) -> int:
    """Restore the rows of a mark that nobody has decided about since. Returns how many."""
    lock_waiting_sync(session, scope, sync_id)
    taken = session.execute(
        _marks_of(update(table), scope, sync_id, mark_id)
        .where(table.c.undone_at.is_(None), table.c.deed != Deed.EDITED)
        .values(undone_at=now())
    )
    if not taken.rowcount:
        return 0
    back = update(rows).where(of_sync(rows, scope, sync_id), rows.c.mark_id == mark_id)
    number = session.execute(back.values(state=rows.c.state_before, mark_id=None, state_before=None)).rowcount
    detail = {"mark": mark_id, "rows": number}
    audit.record(session, scope, actor=actor, action="sync.mark_taken_back", subject=sync_id, detail=detail)
    return number


@scoped
def marks(session: Session, scope: Scope, sync_id: str, *, limit: int = 20) -> list[Mark]:
    """The newest first."""
    query = select(table).where(of_sync(table, scope, sync_id)).order_by(table.c.created_at.desc(), table.c.id.desc())
    return [_read(row) for row in session.execute(query.limit(limit))]


@scoped
def pulse(session: Session, scope: Scope, sync_id: str) -> str:
    """A text that changes with every decision: an open page compares it to know when to reload."""
    query = select(func.count(), func.count(table.c.undone_at), func.max(table.c.id))
    return ".".join(str(part or "") for part in session.execute(query.where(of_sync(table, scope, sync_id))).one())


def _mark(
    session: Session, scope: Scope, sync_id: str, deed: Deed, actor: str, wanted: ColumnElement[bool],
    named: Sequence[str] = (),
) -> Mark:  # fmt: skip
    lock_waiting_sync(session, scope, sync_id)
    state, mark_id, moment = STATE_OF[deed], new_id(), now()
    fresh = wanted & rows.c.kind.in_(DECIDABLE) & rows.c.state.in_(DRAFTS)
    if deed is not Deed.EDITED:
        fresh &= rows.c.state != state
    moved = update(rows).where(of_sync(rows, scope, sync_id), fresh)
    number = session.execute(moved.values(state=state, state_before=rows.c.state, mark_id=mark_id)).rowcount
    made = Mark(mark_id, actor, deed, number, moment)
    if number:
        session.execute(
            insert(table).values(
                id=mark_id, organization_id=scope.organization_id, sync_id=sync_id, actor=actor, deed=deed,
                number=number, created_at=moment,
            )
        )  # fmt: skip
        detail = {"mark": mark_id, "deed": deed, "rows": number, "named": list(named)}
        audit.record(session, scope, actor=actor, action="sync.marked", subject=sync_id, detail=detail)
    return made


def _marks_of(query: Update, scope: Scope, sync_id: str, mark_id: str) -> Update:
    return query.where(of_sync(table, scope, sync_id), table.c.id == mark_id)


def _read(row: Row[Any]) -> Mark:
    return Mark(row.id, row.actor, Deed(row.deed), row.number, row.created_at, row.undone_at)
