"""All campaigns, the newest first, and those that wait for somebody."""

from dataclasses import dataclass

from starlette.responses import Response

from storage.campaign import campaign_standing, campaigns, tallies
from storage.campaign.campaigns import Campaign
from storage.records import CampaignStatus
from storage.session import Session
from web.campaign.mail_groups import Group, Tally, counted, groups_of, tally
from web.counted import Counted
from web.visits import Visit

MOST = 200
MOST_WAITING = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """A campaign in review, with the number of mails to look at."""

    campaign: Campaign
    groups: list[Counted[Group]]
    tally: Tally


def show(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        found = [
            tallies.current(session, visit.scope, one) for one in campaigns.campaigns(session, visit.scope, limit=MOST)
        ]
    return visit.page("campaigns.html", campaigns=found)


def waiting(session: Session, visit: Visit) -> list[Waiting]:
    live = campaign_standing.live_campaigns(session, visit.scope)
    return [_waiting(session, visit, one) for one in live if one.status is CampaignStatus.REVIEW][:MOST_WAITING]


def lately(session: Session, visit: Visit, *, limit: int) -> list[Campaign]:
    newest = campaigns.campaigns(session, visit.scope, limit=limit)
    return [tallies.current(session, visit.scope, one) for one in newest if one.status is not CampaignStatus.REVIEW]


def _waiting(session: Session, visit: Visit, campaign: Campaign) -> Waiting:
    levels = tallies.levels(session, visit.scope, campaign.id)
    groups = [one for one in counted(levels, groups_of(campaign.status)) if one.group.is_decidable]
    return Waiting(campaign, groups, tally(levels))
