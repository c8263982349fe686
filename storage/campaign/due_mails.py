"""Which approved mails may leave now. Suppressed ones become `excluded`; those too early get a `not_before`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Row, select, update

from storage.campaign import suppressions
from storage.crypto import Key, bound_to
from storage.documents import now
from storage.records import Draft, MailState
from storage.scope import Scope, of_campaign, scoped
from storage.session import Session
from storage.tables import campaign_emails as table

Opening = Callable[[str], datetime]

LOOK_AHEAD = 50  # mails read at once: the first may have to wait for their send window while later ones need not

_READ = (table.c.id, table.c.ordinal, table.c.address_hash)
_ZONED = (*_READ, table.c.draft)

_draft = msgspec.json.Decoder(Draft)


@scoped
def due(
    session: Session,
    scope: Scope,
    campaign_id: str,
    key: Key,
    *,
    moment: datetime,
    limit: int,
    opening: Opening | None = None,
) -> list[str]:
    """Ids in the audience's order; the rows stay locked until the transaction ends.

    `opening` maps a recipient's time zone to the time a mail may leave.
    """
    found: list[str] = []
    glance, last = max(limit, LOOK_AHEAD) if opening else limit, -1
    read = _ZONED if opening else _READ
    while len(found) < limit and (rows := _approved(session, scope, campaign_id, read, moment, glance, last)):
        last = rows[-1].ordinal
        rows = _but_suppressed(session, scope, campaign_id, rows)
        if opening:
            rows = _but_too_early(session, scope, campaign_id, rows, key, opening, moment)
        found += [row.id for row in rows]
    return found[:limit]


def _approved(
    session: Session, scope: Scope, campaign_id: str, read: Sequence[Column[Any]], moment: datetime, limit: int,
    last: int,
) -> Sequence[Row[Any]]:  # fmt: skip
    due = table.c.not_before.is_(None) | (table.c.not_before <= moment)
    query = select(*read).where(_waiting(scope, campaign_id), due, table.c.ordinal > last)
    return session.execute(query.order_by(table.c.ordinal).limit(limit).with_for_update(skip_locked=True)).all()


def _but_suppressed(session: Session, scope: Scope, campaign_id: str, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    reasons = suppressions.suppressed(session, scope, [row.address_hash for row in rows])
    for row in rows:
        if reason := reasons.get(row.address_hash):
            out = update(table).where(_waiting(scope, campaign_id), table.c.id == row.id)
            session.execute(out.values(state=MailState.EXCLUDED, reason=f"suppressed: {reason}", updated_at=now()))
    return [row for row in rows if row.address_hash not in reasons]


def _but_too_early(
    session: Session,
    scope: Scope,
    campaign_id: str,
    rows: Sequence[Row[Any]],
    key: Key,
    opening: Opening,
    moment: datetime,
) -> list[Row[Any]]:
    due = []
    for row in rows:
        draft = _draft.decode(key.open(row.draft, bound_to(scope.organization_id, table.name, row.id, "draft")))
        if (when := opening(draft.recipient.time_zone)) <= moment:
            due.append(row)
        else:
            later = update(table).where(_waiting(scope, campaign_id), table.c.id == row.id)
            session.execute(later.values(not_before=when, updated_at=now()))
    return due


def _waiting(scope: Scope, campaign_id: str) -> ColumnElement[bool]:
    return of_campaign(table, scope, campaign_id) & (table.c.state == MailState.APPROVED)
