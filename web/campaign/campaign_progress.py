"""The progress of sending, with its rate and ETA: a fragment that is polled often."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from storage.campaign import campaigns, tallies
from storage.campaign.campaigns import Campaign
from storage.documents import now
from storage.records import CampaignStatus, MailState
from storage.session import Session
from web.campaign.mail_groups import Tally, tally
from web.campaign.mail_words import MINUTE, duration
from web.visits import Visit

LATELY = timedelta(minutes=5)
A_WHILE = 10.0  # seconds, the shortest time to compute a rate from
ON_THE_WAY = (CampaignStatus.SENDING, CampaignStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Progress:
    """`rate` is in mails per minute, 0 if none was sent recently; `eta` is empty if unknown."""

    ended: int
    whole: int
    failed: int
    unknown: int
    rate: float
    eta: str


def progress_of(session: Session, visit: Visit, campaign: Campaign, counts: Tally) -> Progress | None:
    """None if the campaign is not sending."""
    if campaign.status not in ON_THE_WAY:
        return None
    found = tallies.counts(session, visit.scope, campaign.id)
    moment = now()
    number, first = tallies.left_since(session, visit.scope, campaign.id, moment - LATELY)
    took = max(A_WHILE, (moment - first).total_seconds()) if first else 0.0
    rate = number / took * MINUTE if took else 0.0
    eta = duration(counts.to_leave / rate * MINUTE) if rate and counts.to_leave else ""
    return Progress(
        counts.ended, counts.ended + counts.to_leave, found[MailState.FAILED], found[MailState.UNKNOWN], rate, eta
    )


def show(visit: Visit) -> Response:
    campaign_id = visit.part("campaign_id")
    with visit.context.store.read() as session:
        campaign = campaigns.campaign(session, visit.scope, campaign_id)
        counts = tally(tallies.levels(session, visit.scope, campaign_id))
        progress = progress_of(session, visit, campaign, counts)
    return visit.page("_progress.html", campaign=campaign, progress=progress)
