"""Queries for what people should be notified of: failures, overdue reviews, low budgets, bounces."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, bindparam, select, text

from storage import row_security
from storage.columns import UtcTime
from storage.records import (
    Audience,
    CampaignStatus,
    ConnectionStatus,
    Matter,
    NoticeKind,
    SyncStatus,
)
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.sql import statement
from storage.tables import ai_budgets, contact_syncs, email_campaigns, oauth_connections

OLDEST = timedelta(days=7)  # older matters are not reported, even to a new address
BUDGET_LOW = 0.8
BOUNCES, ENOUGH = 0.05, 20
_LOST = oauth_connections.c.status == ConnectionStatus.NEEDS_RECONNECT
HIGH_BOUNCES = text(statement("high_bounces")).bindparams(bindparam("since", type_=UtcTime))


def somewhere(session: Session, moment: datetime) -> set[Scope]:
    """The organizations for which `matters` may yield anything."""
    syncs, campaigns, since = contact_syncs.c, email_campaigns.c, moment - OLDEST
    ended = syncs.status.in_([SyncStatus.FAILED, SyncStatus.EXPIRED]) & (syncs.updated_at > since)
    wanted: tuple[tuple[Table, ColumnElement[bool]], ...] = (
        (contact_syncs, ended | (syncs.status == SyncStatus.PREVIEW)),
        (email_campaigns, (campaigns.updated_at > since) | (campaigns.status == CampaignStatus.REVIEW)),
        (oauth_connections, _LOST),
        (ai_budgets, _low(since)),
    )
    return {scope for table, rows in wanted for scope in row_security.owners_of(session, table, rows)}


@scoped
def matters(
    session: Session, scope: Scope, moment: datetime, *, remind: timedelta, escalate: timedelta
) -> Iterator[Matter]:
    """A review untouched for `remind` is reported to reviewers again, for `escalate` to admins."""
    since = moment - OLDEST
    yield from _ended(session, scope, since)
    yield from _untouched(session, scope, moment - remind, Audience.REVIEWERS)
    yield from _untouched(session, scope, moment - escalate, Audience.ADMINS)
    for row in _rows(session, scope, oauth_connections, _LOST):
        yield Matter(NoticeKind.CONNECTION_LOST, row.id, f"{row.updated_at:%Y-%m-%dT%H:%M:%S}")
    for row in _rows(session, scope, ai_budgets, _low(since)):
        yield Matter(NoticeKind.BUDGET_LOW, row.id, f"{row.spending_limit.normalize():f}")
    asked = {"organization_id": scope.organization_id, "since": since, "share": BOUNCES, "enough": ENOUGH}
    for campaign_id in session.execute(HIGH_BOUNCES, asked).scalars():
        yield Matter(NoticeKind.CAMPAIGN_BOUNCES, campaign_id)


@scoped
def subject_of_budget(session: Session, scope: Scope, budget_id: str) -> str:
    """What a budget is for: "campaign/ID", "matching/2026-11"; empty where there is none of that id."""
    found = _rows(session, scope, ai_budgets, ai_budgets.c.id == budget_id)
    return found[0].subject if found else ""


def _low(since: datetime) -> ColumnElement[bool]:
    spent = ai_budgets.c.spent >= ai_budgets.c.spending_limit * BUDGET_LOW
    return spent & (ai_budgets.c.spending_limit > 0) & (ai_budgets.c.updated_at > since)


def _ended(session: Session, scope: Scope, since: datetime) -> Iterator[Matter]:
    syncs, campaigns = contact_syncs.c, email_campaigns.c
    undecided = (campaigns.status == CampaignStatus.REJECTED) & (campaigns.decision == "")
    for kind, table, ended in (
        (NoticeKind.SYNC_FAILED, contact_syncs, syncs.status == SyncStatus.FAILED),
        (NoticeKind.SYNC_EXPIRED, contact_syncs, syncs.status == SyncStatus.EXPIRED),
        (NoticeKind.CAMPAIGN_FAILED, email_campaigns, campaigns.status == CampaignStatus.FAILED),
        (NoticeKind.CAMPAIGN_EXPIRED, email_campaigns, undecided),
    ):
        for row in _rows(session, scope, table, ended & (table.c.updated_at > since)):
            yield Matter(kind, row.id)


def _untouched(session: Session, scope: Scope, before: datetime, audience: Audience) -> Iterator[Matter]:
    waits = contact_syncs.c.status == SyncStatus.PREVIEW
    for row in _rows(session, scope, contact_syncs, waits & (contact_syncs.c.updated_at < before)):
        yield Matter(NoticeKind.SYNC_OVERDUE, row.id, audience=audience)
    waits = email_campaigns.c.status == CampaignStatus.REVIEW
    for row in _rows(session, scope, email_campaigns, waits & (email_campaigns.c.updated_at < before)):
        yield Matter(NoticeKind.CAMPAIGN_OVERDUE, row.id, audience=audience)


def _rows(session: Session, scope: Scope, table: Table, wanted: ColumnElement[bool]) -> list[Row[Any]]:
    return list(session.execute(select(table).where(of_organization(table, scope), wanted).order_by(table.c.id)))
