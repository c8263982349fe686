"""Checks of a scheduled run: has a sync begun meanwhile, and is a reminder due?"""

from datetime import datetime

from sqlalchemy import exists, or_, select, update

from storage.documents import now
from storage.scope import Scope, scoped, visible
from storage.session import Session
from storage.tables import contact_syncs as table


@scoped
def begun_since(session: Session, scope: Scope, connection_id: str, moment: datetime) -> bool:
    later = exists().where(visible(table, scope), table.c.connection_id == connection_id, table.c.created_at >= moment)
    return bool(session.execute(select(later)).scalar_one())


@scoped
def may_remind(session: Session, scope: Scope, sync_id: str, *, last: datetime) -> bool:
    """Claim the reminder: True for one caller, if the last one was sent before `last`."""
    due = or_(table.c.reminded_at.is_(None), table.c.reminded_at < last)
    reminded = update(table).where(visible(table, scope), table.c.id == sync_id, due).values(reminded_at=now())
    return session.execute(reminded).rowcount == 1
