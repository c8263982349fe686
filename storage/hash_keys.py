"""Checks that the key behind the hashes of people who opted out or were erased is still configured.

Unlike sealed values, hashes cannot be re-made with another key. Without theirs nobody would be recognised, and all
would be written to again. An organization's first hash therefore stores a mark, itself a hash; if it does not match
the current key, `demand_key` stops the caller.
"""

from typing import Any

from sqlalchemy import select, update

from storage.scope import Scope, scoped
from storage.session import Session
from storage.tables import organizations as table

NAME = "hash_mark"


class HashKeyMissing(Exception):
    """The hash key does not match the mark. The text says how to fix it."""


@scoped
def leave_mark(session: Session, scope: Scope) -> None:
    """Store the mark, once. Locks the organization's row: the settings are written as a whole."""
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
