"""How a campaign that cannot continue ends: failed, with the cause and a remedy, and with no mail half sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from storage.campaign import campaign_reviews, campaigns
from storage.organization import tenants
from storage.records import CampaignStatus
from storage.scope import Scope
from storage.session import Store, open_store
from tasks.providers.flow_runs.deadlines import in_time
from tasks.providers.flow_runs.engine import is_away
from tasks.providers.flow_runs.events import notify
from tasks.providers.flow_runs.heartbeat import heartbeat

UNWRITTEN = (CampaignStatus.DRAFT, CampaignStatus.GENERATING)


@dataclass(frozen=True, slots=True)
class Standing:
    is_unwritten: bool


@asynccontextmanager
async def failing_loudly(campaign_id: str) -> AsyncIterator[Standing]:
    """End the campaign as `failed` on an error before the review; leave it open, to be resumed, on one while sending.

    Prefect suspends a run by raising a BaseException, which deliberately passes through here.
    """
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
    try:
        with heartbeat(partial(_beat, store, scope, campaign_id)):
            async with in_time():
                yield Standing(is_unwritten=campaign.status in UNWRITTEN)
    except Exception as error:
        if not is_away(error):  # otherwise the run is restarted once Prefect's server is back
            _fail(campaign_id, f"{type(error).__name__}: {error}")
        raise


def _beat(store: Store, scope: Scope, campaign_id: str) -> None:
    with store.begin() as session:
        campaigns.note(session, scope, campaign_id)


def _fail(campaign_id: str, why: str) -> None:
    with open_store().begin() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        failed = campaign_reviews.end(
            session, scope, campaign_id, to=CampaignStatus.FAILED, expected=UNWRITTEN, why=why
        )
    if failed:
        notify("failed", campaign_id, {"why": why}, about="campaign")
