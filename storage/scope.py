"""Who is asking: the first thing that every repository function wants to know."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, exists

from storage.records import Role
from storage.tables import contact_syncs


class NotAllowed(Exception):
    """The scope does not reach that far."""


@dataclass(frozen=True, slots=True)
class Scope:
    organization_id: str
    user_id: str
    role: Role

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    def demand_admin(self, deed: str) -> None:
        if not self.is_admin:
            raise NotAllowed(f"only an admin of the organization may {deed}")


def of_organization(table: Table, scope: Scope) -> ColumnElement[bool]:
    return table.c.organization_id == scope.organization_id


def visible(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Members see what is their own, admins all of the organization's."""
    mine = of_organization(table, scope)
    return mine if scope.is_admin else and_(mine, table.c.user_id == scope.user_id)


def of_sync(table: Table, scope: Scope, sync_id: str) -> ColumnElement[bool]:
    """What belongs to one run, for those who see the run."""
    rows = and_(of_organization(table, scope), table.c.sync_id == sync_id)
    if scope.is_admin:
        return rows
    return and_(rows, exists().where(visible(contact_syncs, scope), contact_syncs.c.id == sync_id))
