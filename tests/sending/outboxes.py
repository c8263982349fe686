"""Campaigns whose mails are approved and wait in the outbox."""

from datetime import UTC, datetime, timedelta

from storage.campaign import campaign_reviews, campaigns, mails, outbox
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.campaign.claims import Claim
from storage.crypto import Key
from storage.deciding import Choice
from storage.records import Mail, MailState
from storage.scope import Scope
from storage.session import Session
from tests.storage.campaign_examples import waiting

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def approved(session: Session, scope: Scope, count: int = 3, connection_id: str = "") -> Campaign:
    campaign = waiting(session, scope, count, connection_id)
    campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, "ann@acme.example"))
    return campaigns.campaign(session, scope, campaign.id)


def key_of(session: Session, scope: Scope, campaign: Campaign) -> Key:
    return campaigns.demand_body_key(session, scope, campaign.id)


def claimed(session: Session, scope: Scope, campaign: Campaign, limit: int = 1, moment: datetime = NOON) -> list[Claim]:
    key = key_of(session, scope, campaign)
    return outbox.claim(session, scope, campaign.id, key, moment=moment, until=moment + MINUTE, limit=limit)


def recovered(session: Session, scope: Scope, campaign: Campaign, moment: datetime, limit: int = 9) -> list[Claim]:
    key = key_of(session, scope, campaign)
    return outbox.recover(session, scope, campaign.id, key, moment=moment, until=moment + MINUTE, limit=limit)


def standing(session: Session, scope: Scope, campaign: Campaign, number: int = 1) -> Mail:
    return mails.mail(session, scope, campaign.id, str(number), None)


def states(session: Session, scope: Scope, campaign: Campaign) -> list[MailState]:
    return [mail.state for mail in mails.every(session, scope, campaign.id, None)]
