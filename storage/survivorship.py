"""What an organization's settings say of which value survives."""

from sqlalchemy import select

from storage.records import Survivorship, survivorship_of
from storage.scope import Scope
from storage.session import Session
from storage.tables import organizations


def survivorship(session: Session, scope: Scope) -> Survivorship:
    query = select(organizations.c.settings).where(organizations.c.id == scope.organization_id)
    said = session.execute(query).scalar_one()
    return survivorship_of(said.get("survivorship", {}), said.get("trusted_sources", ()))
