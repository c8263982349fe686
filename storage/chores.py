"""When each chore of the house was last done, for whoever watches that somebody does them."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.documents import now
from storage.session import Store
from storage.tables import chores as table

SWEEPING = "sweeping"
OFTEN = timedelta(seconds=30)  # what is done every few seconds need not be written down as often


def note(store: Store, name: str) -> None:
    """It was done just now, by whomever."""
    moment, noted = now(), last_done(store, name)
    if noted and moment - noted < OFTEN:
        return
    with store.begin() as session:
        if session.execute(update(table).where(table.c.name == name).values(done_at=moment)).rowcount:
            return
        with suppress(IntegrityError), session.connection.begin_nested():  # somebody else did it at the same moment
            session.execute(insert(table).values(name=name, done_at=moment))


def last_done(store: Store, name: str) -> datetime | None:
    with store.read() as session:
        found: datetime | None = session.execute(
            select(table.c.done_at).where(table.c.name == name)
        ).scalar_one_or_none()
    return found
