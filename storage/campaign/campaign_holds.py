"""Pausing, resuming and cancelling a campaign by hand. A wrong status raises CannotDecide."""

from storage import audit
from storage.campaign import campaign_reviews, campaigns
from storage.deciding import CannotDecide
from storage.records import CampaignStatus
from storage.scope import Scope, scoped
from storage.session import Session

BY_HAND = "paused by hand"
STOPPABLE = (
    CampaignStatus.DRAFT, CampaignStatus.GENERATING, CampaignStatus.REVIEW, CampaignStatus.SENDING,
    CampaignStatus.PAUSED,
)  # fmt: skip


@scoped
def pause(session: Session, scope: Scope, campaign_id: str, *, actor: str) -> None:
    """Mails already claimed are finished; no other leaves until somebody resumes."""
    _move(session, scope, campaign_id, CampaignStatus.SENDING, CampaignStatus.PAUSED, BY_HAND, actor)


@scoped
def resume(session: Session, scope: Scope, campaign_id: str, *, actor: str) -> None:
    _move(session, scope, campaign_id, CampaignStatus.PAUSED, CampaignStatus.SENDING, "", actor)


@scoped
def cancel(session: Session, scope: Scope, campaign_id: str, *, actor: str) -> None:
    """Mails that have not left are rejected."""
    campaign = campaigns.campaign(session, scope, campaign_id)
    done = campaign_reviews.end(
        session, scope, campaign_id, to=CampaignStatus.CANCELLED, expected=STOPPABLE, why="cancelled by hand",
        actor=actor,
    )  # fmt: skip
    if not done:
        raise CannotDecide(f"campaign {campaign_id} is {campaign.status}: there is nothing to cancel")


def _move(
    session: Session, scope: Scope, campaign_id: str, expected: CampaignStatus, to: CampaignStatus, why: str, actor: str
) -> None:
    campaign = campaigns.campaign(session, scope, campaign_id)
    if not campaigns.move(session, scope, campaign_id, expected=[expected], to=to, error=why):
        raise CannotDecide(f"campaign {campaign_id} is {campaign.status}, not {expected}")
    audit.record(session, scope, actor=actor, action=f"campaign.{to}", subject=campaign_id)
