"""Analytics: the funnel of campaigns, replies and bounces, costs, and what syncs wrote."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from storage.campaign import campaigns
from storage.documents import now
from storage.records import MailEvent, Visitor
from storage.reporting import analytics
from storage.reporting.analytics import Totals
from storage.scope import Scope
from storage.session import Session
from web.charts import Chart, Share, columns, shares
from web.visits import Visit, number_of

SPANS = {30: 1, 90: 3, 365: 14}  # days shown → days per column
USUAL = 30
LATELY = 20
OPENERS = {Visitor.HUMAN: "Likely a person", Visitor.UNKNOWN: "Unknown", Visitor.MACHINE: "A machine"}


@dataclass(frozen=True, slots=True)
class Span:
    """The period shown: today and the days before it."""

    days: int
    until: datetime

    @property
    def since(self) -> datetime:
        midnight = self.until.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Price:
    """The cost per recipient and per reply, if there are any."""

    total: Decimal
    recipient: Decimal | None
    reply: Decimal | None


def show(visit: Visit) -> Response:
    asked = number_of(visit.asked("days"))
    span = Span(asked if asked in SPANS else USUAL, now())
    with visit.context.store.read() as session:
        totals = analytics.totals(session, visit.scope, span.since)
        opened = analytics.openers(session, visit.scope, span.since)
        told: dict[str, Any] = {
            "mails": mails(session, visit.scope, span),
            "syncs": synced(session, visit.scope, span),
            "campaigns": campaigns.campaigns(session, visit.scope, limit=LATELY),
        }
    return visit.page(
        "analytics.html", span=span, spans=SPANS, totals=totals, funnel=funnel(totals), opened=opened.total(),
        openers=shares({name: opened[who] for who, name in OPENERS.items()}, of=opened.total()),
        price=price(totals.cost, totals.statistics.sent, totals.statistics.replied), price_of=price, **told,
    )  # fmt: skip


def lately(session: Session, scope: Scope) -> dict[str, Chart]:
    """Two small charts for the first page."""
    span = Span(USUAL, now())
    return {"mails": mails(session, scope, span), "syncs": synced(session, scope, span)}


def mails(session: Session, scope: Scope, span: Span) -> Chart:
    series = {
        "Sent": analytics.sent(session, scope, span.since),
        "Replies": analytics.happened(session, scope, span.since, MailEvent.REPLIED),
    }
    return _over(span, "Mails sent and replies", series, stacked=False)


def synced(session: Session, scope: Scope, span: Span) -> Chart:
    days = analytics.synced(session, scope, span.since)
    series = {
        "Created": {one.day: one.created for one in days},
        "Updated": {one.day: one.updated for one in days},
        "Conflicts and changed meanwhile": {one.day: one.conflicted for one in days},
    }
    return _over(span, "Contacts that syncs wrote", series, stacked=True)


def funnel(totals: Totals) -> list[Share]:
    """Each step as a share of the recipients."""
    known = totals.statistics
    steps = {
        "Audience": known.audience, "Written": known.generated, "Sent": known.sent, "Opened": known.opened,
        "Clicked": known.clicked, "Replied": known.replied,
    }  # fmt: skip
    return shares(steps, of=known.audience)


def price(cost: Decimal, sent: int, replied: int) -> Price:
    return Price(cost, cost / sent if sent else None, cost / replied if replied else None)


def _over(span: Span, title: str, series: dict[str, analytics.Days], *, stacked: bool) -> Chart:
    first, last = span.since.date(), span.until.date()
    return columns(title, series, first, last, width=SPANS[span.days], stacked=stacked)
