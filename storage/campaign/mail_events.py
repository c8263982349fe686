"""Events of sent mails: opened, clicked, bounced, replied. Each is stored once."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.exc import IntegrityError

from storage.documents import new_id
from storage.records import MailEvent, Visitor
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import email_events as table

LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Event:
    """`external_id` deduplicates: the id of a bounce, or of a visit. `detail` holds nothing personal."""

    mail_id: str
    kind: MailEvent
    external_id: str
    at: datetime
    visitor: Visitor = Visitor.UNKNOWN
    detail: Mapping[str, Any] | None = None


@scoped
def note(session: Session, scope: Scope, campaign_id: str, event: Event) -> bool:
    """True if it was new."""
    row = insert(table).values(
        id=new_id(),
        organization_id=scope.organization_id,
        campaign_id=campaign_id,
        email_id=event.mail_id,
        kind=event.kind,
        visitor=event.visitor,
        external_id=event.external_id[:LONGEST_ID],
        detail=dict(event.detail or {}),
        at=event.at,
    )
    with suppress(IntegrityError), session.connection.begin_nested():
        session.execute(row)
        return True
    return False


@scoped
def known(session: Session, scope: Scope, external_ids: Collection[str]) -> set[str]:
    """Which of these have been noted already."""
    wanted = [one[:LONGEST_ID] for one in external_ids]
    here = of_organization(table, scope) & table.c.external_id.in_(wanted)
    return set(session.execute(select(table.c.external_id).where(here)).scalars())


@scoped
def of_mail(session: Session, scope: Scope, mail_id: str) -> Sequence[Event]:
    rows = session.execute(
        select(table).where(of_organization(table, scope), table.c.email_id == mail_id).order_by(table.c.at)
    )
    return [_event(row) for row in rows]


def _event(row: Row[Any]) -> Event:
    return Event(row.email_id, MailEvent(row.kind), row.external_id, row.at, Visitor(row.visitor), row.detail)
