"""When each background chore was last done, for monitoring."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.documents import now
from storage.session import Store
from storage.tables import chores as table

SWEEPING = "sweeping"
OFTEN = timedelta(seconds=30)  # chores run every few seconds; writing each run down would be too often


def note(store: Store, name: str) -> None:
    """Record that the chore was done now; skipped if recorded less than `OFTEN` ago."""
    moment, noted = now(), last_done(store, name)
    if noted and moment - noted < OFTEN:
        return
    with store.begin() as session:
        if session.execute(update(table).where(table.c.name == name).values(done_at=moment)).rowcount:
            return
        with suppress(IntegrityError), session.connection.begin_nested():  # another process was quicker
            session.execute(insert(table).values(name=name, done_at=moment))


def last_done(store: Store, name: str) -> datetime | None:
    with store.read() as session:
        found: datetime | None = session.execute(
            select(table.c.done_at).where(table.c.name == name)
        ).scalar_one_or_none()
    return found
