"""What became of syncs and campaigns over time: counted by the database, by the day, in UTC.

Each count reads one range of an index that holds all it asks for, so that it stays quick with a million events.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, case, func, select

from storage.records import CampaignStatistics, MailEvent, SyncStatus, Visitor
from storage.scope import Scope, of_organization, scoped, visible
from storage.session import Session
from storage.tables import campaign_emails, contact_syncs, email_campaigns, email_events

SUMMED = ("audience", "excluded", "generated", "sent", "failed", "bounced", "opened", "clicked", "replied",
          "unsubscribed")  # fmt: skip
HUMAN_LAST = (Visitor.MACHINE, Visitor.UNKNOWN, Visitor.HUMAN)
Days = dict[date, int]


@dataclass(frozen=True, slots=True)
class SyncDay:
    """`conflicted` counts rows that collided with an edit too: before the review or after it."""

    day: date
    syncs: int
    created: int
    updated: int
    conflicted: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All campaigns of a time, taken together."""

    campaigns: int
    statistics: CampaignStatistics
    cost: Decimal


@scoped
def totals(session: Session, scope: Scope, since: datetime) -> Totals:
    table = email_campaigns
    sums = [func.coalesce(func.sum(table.c[name]), 0).label(name) for name in SUMMED]
    row = session.execute(
        select(func.count().label("campaigns"), func.sum(table.c.total_cost).label("cost"), *sums).where(
            visible(table, scope), table.c.created_at >= since
        )
    ).one()
    statistics = CampaignStatistics(**{name: int(getattr(row, name)) for name in SUMMED})
    return Totals(row.campaigns, statistics, row.cost or Decimal())


@scoped
def sent(session: Session, scope: Scope, since: datetime) -> Days:
    return _by_day(session, campaign_emails, campaign_emails.c.sent_at, _seen(campaign_emails, scope), since)


@scoped
def happened(session: Session, scope: Scope, since: datetime, kind: MailEvent) -> Days:
    """Events of a kind by the day, those of machines left out."""
    table = email_events
    wanted = and_(_seen(table, scope), table.c.kind == kind, table.c.visitor != Visitor.MACHINE)
    return _by_day(session, table, table.c.at, wanted, since)


@scoped
def openers(session: Session, scope: Scope, since: datetime) -> Counter[Visitor]:
    """How many mails were opened by whom: each counts once, by the most human of those who opened it."""
    table = email_events
    rank = case({visitor: place for place, visitor in enumerate(HUMAN_LAST)}, value=table.c.visitor)
    mails = (
        select(func.max(rank).label("rank"))
        .where(_seen(table, scope), table.c.at >= since, table.c.kind == MailEvent.OPENED)
        .group_by(table.c.email_id)
        .subquery()
    )
    rows = session.execute(select(mails.c.rank, func.count().label("number")).group_by(mails.c.rank))
    return Counter({HUMAN_LAST[row.rank]: row.number for row in rows})


@scoped
def synced(session: Session, scope: Scope, since: datetime) -> list[SyncDay]:
    """What completed syncs wrote, those that were taken back included: it was written that day."""
    table = contact_syncs
    day = _day(session, table.c.completed_at).label("day")
    sums = [func.sum(table.c[name]).label(name) for name in ("created", "updated", "conflicted")]
    done = and_(visible(table, scope), table.c.status == SyncStatus.COMPLETED, table.c.completed_at >= since)
    rows = session.execute(select(day, func.count().label("syncs"), *sums).where(done).group_by(day).order_by(day))
    return [SyncDay(_date(row.day), row.syncs, row.created, row.updated, row.conflicted) for row in rows]


def _by_day(
    session: Session, table: Table, moment: Column[datetime], wanted: ColumnElement[bool], since: datetime
) -> Days:
    day = _day(session, moment).label("day")
    counted = select(day, func.count().label("number")).select_from(table).where(wanted, moment >= since)
    return {_date(row.day): row.number for row in session.execute(counted.group_by(day))}


def _seen(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Rows of the campaigns that this user may see."""
    ours = of_organization(table, scope)
    if scope.is_admin:
        return ours
    return and_(ours, table.c.campaign_id.in_(select(email_campaigns.c.id).where(visible(email_campaigns, scope))))


def _day(session: Session, moment: Column[Any]) -> ColumnElement[Any]:
    return func.date(func.timezone("UTC", moment) if session.is_postgres else moment)


def _date(day: object) -> date:
    return date.fromisoformat(str(day))
