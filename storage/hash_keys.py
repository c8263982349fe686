"""Whether the key is still at hand that hashes were made with: of who opted out, and of who was erased.

A hash cannot be made anew with another key, as what is sealed can. Without the key nobody would be recognised, and all
of them written to again; so an organization's first hash leaves a mark, and a key that does not fit stops what would
write.
"""

from typing import Any

from sqlalchemy import select, update

from storage.scope import Scope, scoped
from storage.session import Session
from storage.tables import organizations as table

NAME = "hash_mark"


class HashKeyMissing(Exception):
    """The text says how to mend it."""


@scoped
def leave_mark(session: Session, scope: Scope) -> None:
    """Once; whoever changes the organization's settings meanwhile waits."""
    if _kept(session, scope).get(NAME):
        return
    locked = select(table.c.settings).where(table.c.id == scope.organization_id).with_for_update()
    kept: dict[str, Any] = dict(session.execute(locked).scalar_one())
    marked = {**kept, NAME: _mark(session, scope)}
    session.execute(update(table).where(table.c.id == scope.organization_id).values(settings=marked))


@scoped
def demand_key(session: Session, scope: Scope) -> None:
    mark = _kept(session, scope).get(NAME)
    if mark and mark != _mark(session, scope):
        raise HashKeyMissing(
            "who opted out or was erased cannot be recognised: their hashes were made with a key that is no longer the "
            "last of CONTACTFLOW_SECRET_KEYS; put it back at the end of the list"
        )


def _kept(session: Session, scope: Scope) -> dict[str, Any]:
    return dict(session.execute(select(table.c.settings).where(table.c.id == scope.organization_id)).scalar_one())


def _mark(session: Session, scope: Scope) -> str:
    return session.keyring.keyed_hash(f"{scope.organization_id}/mark")
