"""What was done, by whom, when: an append-only log of ids, counts and hashes, each entry chained to the one before.

The database itself refuses to change or delete an entry; `verify` finds one that was tampered with all the same.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, text

from storage.documents import encode, new_id, now
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import audit_log

FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verification:
    """`broken_at` is the first entry that does not fit, None where the chain is whole."""

    entries: int
    broken_at: int | None = None


@scoped
def record(
    session: Session, scope: Scope, *, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    _one_writer_at_a_time(session, scope)
    last = _last(session, scope)
    values: dict[str, Any] = {
        "sequence": last.sequence + 1 if last else 1,
        "at": now(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": dict(detail or {}),
    }
    previous = last.hash if last else FIRST
    session.execute(
        insert(audit_log).values(
            id=new_id(),
            organization_id=scope.organization_id,
            previous_hash=previous,
            hash=_hash(previous, values),
            **values,
        )
    )


@scoped
def entries(session: Session, scope: Scope, *, subject: str = "", limit: int = 100) -> list[Entry]:
    query = select(audit_log).where(of_organization(audit_log, scope)).order_by(audit_log.c.sequence.desc())
    if subject:
        query = query.where(audit_log.c.subject == subject)
    return [_entry(row) for row in session.execute(query.limit(limit))]


@scoped
def verify(session: Session, scope: Scope) -> Verification:
    previous, count = FIRST, 0
    rows = session.execute(select(audit_log).where(of_organization(audit_log, scope)).order_by(audit_log.c.sequence))
    for row in rows:
        values = {name: getattr(row, name) for name in ("sequence", "at", "actor", "action", "subject", "detail")}
        fits = row.sequence == count + 1 and row.previous_hash == previous and row.hash == _hash(previous, values)
        if not fits:
            return Verification(count, broken_at=count + 1)
        previous, count = row.hash, count + 1
    return Verification(count)


def _last(session: Session, scope: Scope) -> Row[Any] | None:
    newest = select(func.max(audit_log.c.sequence)).where(of_organization(audit_log, scope)).scalar_subquery()
    return session.execute(
        select(audit_log).where(of_organization(audit_log, scope), audit_log.c.sequence == newest)
    ).one_or_none()


def _one_writer_at_a_time(session: Session, scope: Scope) -> None:
    # SQLite's writing transactions queue anyway.
    if session.is_postgres:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"audit/{scope.organization_id}"})


def _hash(previous: str, values: Mapping[str, Any]) -> str:
    canonical = encode({**values, "at": values["at"].isoformat()})
    return hashlib.sha256(previous.encode() + canonical).hexdigest()


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.sequence, row.at, row.actor, row.action, row.subject, row.detail)
