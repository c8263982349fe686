"""OAuth client registrations that a provider refuses, so that no process uses them again.

One registration serves all organizations, so the table has no `organization_id`. The registration is stored as a keyed
hash, which only tells whether the settings have changed since.
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
    """`registration`: all by which the provider identifies us, client secret included."""
    if refusal(session, provider, registration):
        return  # keep the moment of the first refusal
    accept(session, provider)
    hashed = session.keyring.keyed_hash(registration)
    refused = insert(table).values(provider=provider, registration=hashed, cause=cause, refused_at=now())
    with suppress(IntegrityError), session.connection.begin_nested():  # another process was refused at the same moment
        session.execute(refused)


def refusal(session: Session, provider: Provider, registration: str) -> Refusal | None:
    hashed = session.keyring.keyed_hash(registration)
    row = session.execute(
        select(table).where(table.c.provider == provider, table.c.registration == hashed)
    ).one_or_none()
    return Refusal(row.cause, row.refused_at) if row else None


def accept(session: Session, provider: Provider) -> bool:
    """Delete a refusal: the provider accepts us again, or an operator wants a retry. False if there was none."""
    return session.execute(delete(table).where(table.c.provider == provider)).rowcount > 0
