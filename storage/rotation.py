"""Key rotation: re-encrypts with the newest secret whatever an older one sealed."""

from sqlalchemy import Table, select, update

from storage.crypto import bound_to
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import (
    contact_syncs,
    contact_twins,
    deferred_records,
    email_campaigns,
    notify_targets,
    oauth_connections,
)

SEALED: dict[Table, tuple[str, ...]] = {
    oauth_connections: ("tokens", "cursor"),
    contact_syncs: ("cursor", "preview_key", "undo_key"),
    contact_twins: ("undo_key",),
    deferred_records: ("record",),
    email_campaigns: ("body_key",),
    notify_targets: ("url",),
}


@scoped
def rotate(session: Session, scope: Scope) -> int:
    """Returns how many values of the organization were re-encrypted."""
    scope.demand_admin("rotate keys")
    return sum(_rotate(session, scope, table, column) for table, columns in SEALED.items() for column in columns)


def _rotate(session: Session, scope: Scope, table: Table, column: str) -> int:
    moved = 0
    sealed_rows = select(table.c.id, table.c[column]).where(of_organization(table, scope), table.c[column].is_not(None))
    for row_id, sealed in session.execute(sealed_rows).all():
        if session.keyring.is_current(sealed):
            continue
        place = bound_to(scope.organization_id, table.name, row_id, column)
        fresh = session.keyring.seal(session.keyring.open(sealed, place), place)
        session.execute(
            update(table).where(of_organization(table, scope), table.c.id == row_id).values({column: fresh})
        )
        moved += 1
    return moved


@scoped
def readable(session: Session, scope: Scope) -> int:
    """Returns how many sealed values can be decrypted; raises CannotDecrypt at the first that cannot."""
    opened = 0
    for table, columns in SEALED.items():
        for column in columns:
            query = select(table.c.id, table.c[column]).where(
                of_organization(table, scope), table.c[column].is_not(None)
            )
            for row_id, sealed in session.execute(query):
                session.keyring.open(sealed, bound_to(scope.organization_id, table.name, row_id, column))
                opened += 1
    return opened
