"""Our registrations with the services, where a service no longer accepts one: then nobody asks with it again.

One registration serves all organizations, so this is no organization's. What was refused is kept as a keyed hash: it
tells whether the settings have changed since, and nothing else.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from storage.documents import now
from storage.records import Provider
from storage.session import Session
from storage.tables import refused_applications as table


@dataclass(frozen=True, slots=True)
class Refusal:
    cause: str
    since: datetime


def refuse(session: Session, provider: Provider, registration: str, cause: str) -> None:
    """`registration` is all that a service knows us by, secret included."""
    if refusal(session, provider, registration):
        return  # it stands since the day it was told first
    accept(session, provider)
    hashed = session.keyring.keyed_hash(registration)
    refused = insert(table).values(provider=provider, registration=hashed, cause=cause, refused_at=now())
    with suppress(IntegrityError), session.connection.begin_nested():  # somebody else was told at the same moment
        session.execute(refused)


def refusal(session: Session, provider: Provider, registration: str) -> Refusal | None:
    hashed = session.keyring.keyed_hash(registration)
    row = session.execute(
        select(table).where(table.c.provider == provider, table.c.registration == hashed)
    ).one_or_none()
    return Refusal(row.cause, row.refused_at) if row else None


def accept(session: Session, provider: Provider) -> bool:
    """Forget a refusal: the service took it back, or an operator wants it asked again. False where there was none."""
    return session.execute(delete(table).where(table.c.provider == provider)).rowcount > 0
