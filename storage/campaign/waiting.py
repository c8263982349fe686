"""Whether a campaign may be decided: its mails marked, edited or advised about, or the campaign as a whole."""

from storage.campaign import campaigns
from storage.campaign.campaigns import Campaign
from storage.deciding import demand_decidable
from storage.records import CampaignStatus
from storage.scope import Scope, scoped
from storage.session import Session


@scoped
def lock_waiting_campaign(session: Session, scope: Scope, campaign_id: str) -> Campaign:
    """A campaign in review, locked until the transaction ends: no text changes while it is being decided.

    Raises CannotDecide when it is not in review, or when the time to decide is over.
    """
    waits = campaigns.is_at(session, scope, campaign_id, CampaignStatus.REVIEW)
    campaign = campaigns.campaign(session, scope, campaign_id)
    demand_decidable(campaign, "campaign", waits=waits)
    return campaign
