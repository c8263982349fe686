"""Which campaigns go on, are over, or have been kept for long enough: what the sweeper and housekeeping ask."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from storage import row_security
from storage.campaign.campaigns import Campaign, shape
from storage.documents import now
from storage.records import Role
from storage.scope import Scope, scoped, visible, visible_to
from storage.session import Session
from storage.tables import LIVE_STATUSES
from storage.tables import email_campaigns as table


@cache
def _live(role: Role) -> Select[Any]:
    return shape.where(visible_to(table, role), table.c.status.in_(LIVE_STATUSES))


@scoped
def live_campaigns(session: Session, scope: Scope) -> list[Campaign]:
    rows = session.execute(_live(scope.role), scope.names)
    return shape.all(rows)


def live_everywhere(session: Session) -> list[Campaign]:
    """Of all organizations, for upkeep."""
    return shape.all(session.execute(shape.within(row_security.across(session, table, LIVE_STATUSES))))


@scoped
def ended_since(session: Session, scope: Scope, moment: datetime) -> list[str]:
    """Campaigns that were over not before `moment`, and whose mails are still kept."""
    over = select(table.c.id).where(
        visible(table, scope), table.c.completed_at >= moment, table.c.body_key.is_not(None)
    )
    return list(session.execute(over.order_by(table.c.completed_at)).scalars())


@scoped
def past_keeping(session: Session, scope: Scope) -> list[str]:
    """Campaigns whose mails have been kept for as long as they should be."""
    late = select(table.c.id).where(visible(table, scope), table.c.forget_at < now(), table.c.body_key.is_not(None))
    return list(session.execute(late).scalars())
