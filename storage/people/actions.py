"""What happened to each contact: one line per deed, with the names of fields and never their values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from storage.documents import new_id, now
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import object_actions as table

_NOTED = insert(table)


@dataclass(frozen=True, slots=True)
class Action:
    object_id: str
    action: str
    actor: str
    sync_id: str = ""
    fields: tuple[str, ...] = ()
    created_at: datetime | None = None
    campaign_id: str = ""


@scoped
def note(session: Session, scope: Scope, done: Iterable[Action]) -> None:
    moment = now()
    rows = [
        {
            "id": new_id(),
            "organization_id": scope.organization_id,
            "object_id": action.object_id,
            "action": action.action,
            "actor": action.actor,
            "sync_id": action.sync_id or None,
            "campaign_id": action.campaign_id or None,
            "fields": list(action.fields),
            "created_at": moment,
        }
        for action in done
    ]
    if rows:
        session.execute(_NOTED, rows)


@scoped
def actions(session: Session, scope: Scope, object_id: str) -> Sequence[Action]:
    query = select(table).where(of_organization(table, scope), table.c.object_id == object_id)
    return [
        Action(
            row.object_id,
            row.action,
            row.actor,
            row.sync_id or "",
            tuple(row.fields),
            row.created_at,
            row.campaign_id or "",
        )
        for row in session.execute(query.order_by(table.c.created_at, table.c.id))
    ]
