"""Sealed values of a plan's rows, in a table of their own: deciding about ten thousand rows then rewrites narrow ones.

Each row has three: what it would do (`payload`), what reviewers changed of it (`edits`), what takes it back (`undo`).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update

from storage.crypto import Key, bound_to
from storage.documents import encode
from storage.scope import Scope, of_sync, scoped
from storage.session import Session
from storage.tables import change_values as table
from storage.tables import contact_sync_changes as rows

Bodies = Mapping[str, bytes | None]


def rows_with(*names: str) -> Select[Any]:
    """Rows of plans, each with what is sealed under these names."""
    values = (table.c[name] for name in names)
    mine = (table.c.id == rows.c.id) & (table.c.organization_id == rows.c.organization_id)
    return select(rows, *values).select_from(rows.outerjoin(table, mine))


def sealed(scope: Scope, key: Key, change_id: str, name: str, value: Any) -> bytes:
    return sealed_bytes(scope, key, change_id, name, encode(value))


def sealed_bytes(scope: Scope, key: Key, change_id: str, name: str, plain: bytes) -> bytes:
    return key.seal(plain, _place(scope, change_id, name))


def opened(scope: Scope, key: Key, row: Row[Any], name: str) -> bytes | None:
    """Canonical JSON; None if it was never written or has been deleted."""
    body = getattr(row, name)
    return key.open(body, _place(scope, row.id, name)) if body else None


@scoped
def put(session: Session, scope: Scope, sync_id: str, name: str, bodies: Bodies) -> None:
    """Replaces what is stored under this name."""
    if bodies:
        session.execute(
            update(table)
            .where(of_sync(table, scope, sync_id), table.c.id == bindparam("row"))
            .values({name: bindparam("body")}),
            [{"row": change_id, "body": body} for change_id, body in bodies.items()],
        )


def _place(scope: Scope, change_id: str, name: str) -> str:
    return bound_to(scope.organization_id, rows.name, change_id, name)
