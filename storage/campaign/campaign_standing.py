"""Campaigns under way, ended, or past their retention: queries of the sweeper and of housekeeping."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select

from storage import row_security
from storage.campaign.campaigns import Campaign, shape
from storage.documents import now
from storage.records import Role
from storage.scope import Scope, scoped, visible_to
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
    """Campaigns under way in all organizations, for upkeep."""
    return shape.all(session.execute(shape.within(row_security.across(session, table, LIVE_STATUSES))))


def ended_since(session: Session, moment: datetime) -> list[tuple[Scope, str]]:
    """Campaigns of all organizations that ended at `moment` or later and whose mails are still kept."""
    return row_security.everywhere(session, table, (table.c.completed_at >= moment) & table.c.body_key.is_not(None))


def past_keeping(session: Session) -> list[tuple[Scope, str]]:
    """Campaigns of all organizations whose mails are past their retention."""
    return row_security.everywhere(session, table, (table.c.forget_at < now()) & table.c.body_key.is_not(None))
