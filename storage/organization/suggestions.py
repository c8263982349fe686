"""What an assistant advises whoever reviews a sync or a campaign: read beside it, and never a decision.

Reasons are sealed with the run's own key, for they may speak of people: when the run is over they cannot be read.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select

from storage.campaign import campaigns, mails
from storage.campaign.waiting import lock_waiting_campaign
from storage.crypto import Key, bound_to
from storage.deciding import CannotDecide
from storage.documents import new_id, now
from storage.records import Advice, Run, RunKind, Suggestion
from storage.scope import Scope, of_campaign, of_sync, scoped
from storage.session import Session
from storage.sync import plans, syncs
from storage.sync.waiting import lock_waiting_sync
from storage.tables import suggestions as table

MOST = 500  # of one run: more than that nobody reads
LONGEST = 1000


@scoped
def suggest(
    session: Session, scope: Scope, run: Run, number: int, advice: Advice, reason: str, *, by: str
) -> Suggestion:
    """`number` is a row's or a mail's as the preview shows it, 0 for the whole."""
    key = _lock_waiting(session, scope, run)
    _demand_there(session, scope, run, number)
    made = Suggestion(new_id(), number, advice, reason.strip()[:LONGEST], by, now())
    session.execute(
        insert(table).values(
            id=made.id, organization_id=scope.organization_id, number=number, advice=advice, suggested_by=by,
            created_at=made.created_at, reason=key.seal(made.reason.encode(), _place(scope, made.id)),
            **{f"{run.kind}_id": run.id},
        )
    )  # fmt: skip
    return made


@scoped
def suggestions(session: Session, scope: Scope, run: Run, *, limit: int = MOST) -> list[Suggestion]:
    """In the order of what they are about, those about the whole first."""
    key = _key(session, scope, run)
    query = select(table).where(_of(scope, run)).order_by(table.c.number, table.c.created_at, table.c.id).limit(limit)
    return [_suggestion(scope, row, key) for row in session.execute(query)]


@scoped
def take_out(session: Session, scope: Scope, run: Run, numbers: Iterable[int]) -> int:
    """Of rows or mails whose person was erased, and of the whole, for that may speak of anybody. Returns how many."""
    about = table.c.number.in_([0, *numbers])
    return session.execute(delete(table).where(_of(scope, run), about)).rowcount


def _lock_waiting(session: Session, scope: Scope, run: Run) -> Key:
    if run.kind is RunKind.SYNC:
        lock_waiting_sync(session, scope, run.id)
        return syncs.demand_preview_key(session, scope, run.id)
    lock_waiting_campaign(session, scope, run.id)
    return campaigns.demand_body_key(session, scope, run.id)


def _demand_there(session: Session, scope: Scope, run: Run, number: int) -> None:
    known = session.execute(select(func.count()).where(_of(scope, run))).scalar_one()
    if known >= MOST:
        raise CannotDecide(f"there are {known} suggestions already, more than anybody reads")
    if number and not _is_there(session, scope, run, number):
        raise CannotDecide(f"no row {number} in {run.kind} {run.id}: the preview shows each row's number")


def _is_there(session: Session, scope: Scope, run: Run, number: int) -> bool:
    look = plans.changes if run.kind is RunKind.SYNC else mails.mails
    found = look(session, scope, run.id, None, after=number - 1, limit=1)
    return bool(found) and found[0].ordinal == number


def _key(session: Session, scope: Scope, run: Run) -> Key | None:
    look = syncs.preview_key if run.kind is RunKind.SYNC else campaigns.body_key
    return look(session, scope, run.id)


def _of(scope: Scope, run: Run) -> ColumnElement[bool]:
    return of_sync(table, scope, run.id) if run.kind is RunKind.SYNC else of_campaign(table, scope, run.id)


def _place(scope: Scope, suggestion_id: str) -> str:
    return bound_to(scope.organization_id, table.name, suggestion_id, "reason")


def _suggestion(scope: Scope, row: Row[Any], key: Key | None) -> Suggestion:
    reason = key.open(row.reason, _place(scope, row.id)).decode() if key else ""
    return Suggestion(row.id, row.number, Advice(row.advice), reason, row.suggested_by, row.created_at)
