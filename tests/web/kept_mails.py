"""A campaign and its mails as they are kept, whatever a page says."""

from storage.campaign import campaigns, mails
from storage.campaign.campaigns import Campaign
from storage.records import CampaignStatus, Mail
from storage.scope import Scope
from storage.session import Store


def every(store: Store, scope: Scope, campaign: Campaign) -> list[Mail]:
    with store.read() as session:
        key = campaigns.body_key(session, scope, campaign.id)
        return list(mails.every(session, scope, campaign.id, key))


def one(store: Store, scope: Scope, campaign: Campaign, ordinal: int) -> Mail:
    return every(store, scope, campaign)[ordinal - 1]


def given_name(store: Store, scope: Scope, campaign: Campaign, ordinal: int) -> str:
    draft = one(store, scope, campaign, ordinal).draft
    assert draft
    return draft.recipient.facts["given_name"]


def status(store: Store, scope: Scope, campaign: Campaign) -> CampaignStatus:
    with store.read() as session:
        return campaigns.campaign(session, scope, campaign.id).status
