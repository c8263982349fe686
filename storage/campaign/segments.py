"""Criteria that somebody gave a name, to be used again."""

from dataclasses import asdict

import msgspec
from sqlalchemy import delete, insert, select, update

from storage.documents import new_id, now
from storage.records import Criteria
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import saved_segments as table


class UnknownSegment(Exception):
    pass


@scoped
def save(session: Session, scope: Scope, name: str, criteria: Criteria) -> None:
    values = {"criteria": asdict(criteria), "updated_at": now()}
    named = of_organization(table, scope) & (table.c.name == name)
    if session.execute(update(table).where(named).values(**values)).rowcount == 0:
        row = {"id": new_id(), "organization_id": scope.organization_id, "name": name, "created_at": now()}
        session.execute(insert(table).values(**row, **values))


@scoped
def segment(session: Session, scope: Scope, name: str) -> Criteria:
    found = session.execute(
        select(table.c.criteria).where(of_organization(table, scope), table.c.name == name)
    ).scalar_one_or_none()
    if found is None:
        raise UnknownSegment(f"no segment {name!r}: `contactflow segment list --org …` lists them")
    return msgspec.convert(found, Criteria)


@scoped
def segments(session: Session, scope: Scope) -> dict[str, Criteria]:
    rows = session.execute(select(table).where(of_organization(table, scope)).order_by(table.c.name))
    return {row.name: msgspec.convert(row.criteria, Criteria) for row in rows}


@scoped
def remove(session: Session, scope: Scope, name: str) -> bool:
    gone = session.execute(delete(table).where(of_organization(table, scope), table.c.name == name))
    return gone.rowcount == 1
