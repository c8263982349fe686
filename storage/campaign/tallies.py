"""Statistics of a campaign: counted from its mails' rows, so that they always add up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from storage.campaign import campaigns, spending
from storage.campaign.campaigns import Campaign
from storage.campaign.outbox import OF_OUR_OWN
from storage.campaign.risks import LEVEL
from storage.records import CampaignStatistics, MailEvent, MailState, Risk, Visitor
from storage.scope import Scope, of_campaign, scoped
from storage.session import Session
from storage.tables import ai_usage, email_events
from storage.tables import campaign_emails as table

REACHED = (MailState.SENT, MailState.BOUNCED, MailState.REPLIED)
BAD = (MailState.FAILED, MailState.BOUNCED)
SETTLED = (*REACHED, MailState.FAILED, MailState.UNKNOWN)
WAITING = (MailState.PENDING, MailState.GENERATED, MailState.APPROVED, MailState.SENDING)


@scoped
def counts(session: Session, scope: Scope, campaign_id: str) -> Counter[MailState]:
    groups = session.execute(
        select(table.c.state, func.count()).where(of_campaign(table, scope, campaign_id)).group_by(table.c.state)
    )
    return Counter({MailState(state): number for state, number in groups})


@scoped
def levels(session: Session, scope: Scope, campaign_id: str) -> Counter[tuple[MailState, Risk]]:
    """As `counts`, split by risk as well."""
    level = LEVEL.label("level")
    groups = session.execute(
        select(table.c.state, level, func.count())
        .where(of_campaign(table, scope, campaign_id))
        .group_by(table.c.state, level)
    )
    return Counter({(MailState(state), Risk(risk)): number for state, risk, number in groups})


@scoped
def unwritten(session: Session, scope: Scope, campaign_id: str) -> int:
    """Mails of which there are no final bytes yet: asked for again, or not checked."""
    no_bytes = (table.c.state == MailState.PENDING) | (
        (table.c.state == MailState.GENERATED) & (table.c.content_hash == "")
    )
    query = select(func.count()).select_from(table).where(of_campaign(table, scope, campaign_id), no_bytes)
    return int(session.execute(query).scalar_one())


@scoped
def left_since(session: Session, scope: Scope, campaign_id: str, since: datetime) -> tuple[int, datetime | None]:
    """How many mails have left since then, and when the first of them did."""
    query = select(func.count(), func.min(table.c.sent_at)).where(
        of_campaign(table, scope, campaign_id), table.c.sent_at > since
    )
    number, first = session.execute(query).one()
    return int(number), first


@scoped
def settled_since(session: Session, scope: Scope, campaign_id: str, since: datetime) -> tuple[int, int]:
    """Of the mails submitted and settled since then: (how many, how many of them failed or bounced).

    One still among the drafts, or settled by hand as unsent, is not the recipient's failure and does not count.
    """
    began = func.coalesce(table.c.submitted_at, table.c.updated_at) >= since
    groups = session.execute(
        select(table.c.state, func.count())
        .where(of_campaign(table, scope, campaign_id), table.c.state.in_(SETTLED), began)
        .where(table.c.reason.not_in(OF_OUR_OWN))
        .group_by(table.c.state)
    )
    found = Counter({MailState(state): number for state, number in groups})
    return found.total(), sum(found[state] for state in BAD)


@scoped
def reasons(session: Session, scope: Scope, campaign_id: str, state: MailState) -> dict[str, int]:
    """Why mails are in a state, and how many for each reason."""
    groups = session.execute(
        select(table.c.reason, func.count().label("number"))
        .where(of_campaign(table, scope, campaign_id), table.c.state == state)
        .group_by(table.c.reason)
        .order_by(func.count().desc())
    )
    return {row.reason: row.number for row in groups}


@scoped
def statistics(session: Session, scope: Scope, campaign_id: str) -> CampaignStatistics:
    states = counts(session, scope, campaign_id)
    happened = _happened(session, scope, campaign_id)
    written = session.execute(
        select(func.count())
        .select_from(table)
        .where(of_campaign(table, scope, campaign_id), table.c.content_hash != "")
    ).scalar_one()
    return CampaignStatistics(
        audience=states.total(),
        excluded=states[MailState.EXCLUDED],
        generated=written,
        rejected=states[MailState.REJECTED],
        blocked=states[MailState.BLOCKED],
        waiting=sum(states[state] for state in WAITING),
        sent=sum(states[state] for state in REACHED),
        failed=states[MailState.FAILED],
        unknown=states[MailState.UNKNOWN],
        bounced=states[MailState.BOUNCED],
        opened=happened[MailEvent.OPENED],
        clicked=happened[MailEvent.CLICKED],
        replied=happened[MailEvent.REPLIED],
        unsubscribed=happened[MailEvent.UNSUBSCRIBED],
    )


@scoped
def costs(session: Session, scope: Scope, campaign_id: str, mail_ids: Sequence[str]) -> dict[str, Decimal]:
    """What each of these mails has cost so far; those that cost nothing are left out."""
    rows = session.execute(
        select(ai_usage.c.email_id, ai_usage.c.cost).where(
            of_campaign(ai_usage, scope, campaign_id),
            ai_usage.c.email_id.in_(list(mail_ids)),
            ai_usage.c.cost.is_not(None),
        )
    )
    found: dict[str, Decimal] = {}
    for row in rows:
        found[row.email_id] = found.get(row.email_id, Decimal(0)) + row.cost
    return found


@scoped
def keep(session: Session, scope: Scope, campaign_id: str) -> CampaignStatistics:
    """Store the current statistics and cost in the campaign's row."""
    campaign, found = campaigns.campaign(session, scope, campaign_id), statistics(session, scope, campaign_id)
    campaigns.note(session, scope, campaign_id, **found.by_name(), total_cost=_cost(session, scope, campaign))
    return found


@scoped
def current(session: Session, scope: Scope, campaign: Campaign) -> Campaign:
    """The campaign with its current statistics and cost; as stored once it is over."""
    if not campaign.is_open:
        return campaign
    found = statistics(session, scope, campaign.id)
    return replace(campaign, statistics=found, total_cost=_cost(session, scope, campaign))


def _cost(session: Session, scope: Scope, campaign: Campaign) -> Decimal:
    return spending.total(session, scope, campaign.budget_id) if campaign.budget_id else campaign.total_cost


def _happened(session: Session, scope: Scope, campaign_id: str) -> Counter[MailEvent]:
    """Mails per kind of event, without opens and clicks by machines."""
    groups = session.execute(
        select(email_events.c.kind, func.count(email_events.c.email_id.distinct()))
        .where(of_campaign(email_events, scope, campaign_id), email_events.c.visitor != Visitor.MACHINE)
        .group_by(email_events.c.kind)
    )
    return Counter({MailEvent(kind): number for kind, number in groups})
