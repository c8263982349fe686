"""How far sending has come: how fast mails leave, and when the last one will have left. A fragment, asked for often."""

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
A_WHILE = 10.0  # seconds: what left in less tells nothing of how fast mails leave
ON_THE_WAY = (CampaignStatus.SENDING, CampaignStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Progress:
    """`rate` is in mails a minute, nought where none has left of late; `eta` is empty where nothing tells."""

    ended: int
    whole: int
    failed: int
    unknown: int
    rate: float
    eta: str


def progress_of(session: Session, visit: Visit, campaign: Campaign, counts: Tally) -> Progress | None:
    """None for a campaign of which nothing is being sent."""
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
