"""Recover campaigns whose process died, wake those that are due, and end those whose review expired.

Like `sweep` for syncs: idempotent, and harmless even if a run is alive after all.
"""

from collections import Counter
from datetime import timedelta

from storage.campaign import campaign_reviews, campaign_standing, campaigns
from storage.campaign.campaigns import Campaign
from storage.documents import now
from storage.organization import tenants
from storage.records import CampaignStatus
from storage.scope import Scope
from storage.session import Store
from tasks.providers.flow_runs.engine import Engine, Run
from tasks.upkeep.sweeping import (
    ALARM,
    BREATH,
    CRASHED,
    GONE,
    LEASE,
    MOST_ATTEMPTS,
    PATIENCE,
    UNDER_WAY,
    Books,
    Runs,
    patience,
    whole,
)

BOOKS = Books("email-campaign", campaigns.of_run)
WRITING = "rewrite-mails"


def sweep_campaigns(store: Store, engine: Engine, *, lease: timedelta = LEASE) -> Counter[str]:
    """Returns counts of actions taken."""
    done: Counter[str] = Counter()
    with store.read() as session:
        live = campaign_standing.live_everywhere(session)
    runs = Runs(engine, BOOKS, live)
    for campaign in live:
        done[_mend(store, engine, campaign, runs.standing(campaign.flow_run_id), lease)] += 1
    runs.settle(store, done, lease=lease)
    for run in engine.runs(WRITING, *UNDER_WAY, CRASHED):
        done[_write_on(store, engine, run, BREATH if run.state == CRASHED else lease)] += 1
    del done[""]
    return done


def _write_on(store: Store, engine: Engine, run: Run, lease: timedelta) -> str:
    """Restart the rewriting of mails whose run died. The heartbeat of such a run is the campaign's `updated_at`."""
    moment = now()
    if run.since > moment - lease or (run.state == CRASHED and run.since < moment - PATIENCE):
        return ""
    try:
        with store.read() as session:
            scope = tenants.scope_of_campaign(session, run.campaign)
            campaign = campaigns.campaign(session, scope, run.campaign)
    except campaigns.UnknownCampaign:
        return ""
    if campaign.status is not CampaignStatus.REVIEW:
        engine.finish(run.id)
        return "finished"
    if moment - campaign.updated_at < lease or run.attempts >= MOST_ATTEMPTS:
        return ""
    engine.restart(run.id)
    return "restarted"


def _mend(store: Store, engine: Engine, campaign: Campaign, standing: tuple[str, int], lease: timedelta) -> str:
    moment, scope, (state, attempts) = now(), whole(campaign.organization_id), standing
    if campaign.status is CampaignStatus.REVIEW and campaign.expires_at and campaign.expires_at < moment:
        return _end(store, scope, campaign, CampaignStatus.REJECTED, "nobody decided in time")
    if not campaign.has_begun:
        late = moment - campaign.created_at > PATIENCE
        return _end(store, scope, campaign, CampaignStatus.FAILED, "its run was never started") if late else ""
    if state in GONE:
        return _end(store, scope, campaign, CampaignStatus.CANCELLED, "its flow run was cancelled")
    if state == "Suspended" and campaign.status is CampaignStatus.SENDING:
        return _wake(engine, campaign)
    quiet = moment - campaign.updated_at
    return _go_on(store, engine, scope, campaign, attempts) if quiet > _patience(campaign, state, lease) else ""


def _go_on(store: Store, engine: Engine, scope: Scope, campaign: Campaign, attempts: int) -> str:
    if attempts >= MOST_ATTEMPTS and campaign.status is not CampaignStatus.SENDING:
        why = f"it was started {attempts} times and died each time: see the worker's log"
        return _end(store, scope, campaign, CampaignStatus.FAILED, why)
    engine.restart(campaign.flow_run_id)
    with store.begin() as session:
        campaigns.note(session, scope, campaign.id)  # a heartbeat: the restarted run gets a whole lease to come up
    return "restarted"


def _patience(campaign: Campaign, state: str, lease: timedelta) -> timedelta:
    asks, acts = campaign.status is CampaignStatus.REVIEW, campaign.status is CampaignStatus.SENDING
    return patience(state, asks=asks, acts=acts, lease=lease)


def _wake(engine: Engine, campaign: Campaign) -> str:
    """Resume a suspended run whose review was decided elsewhere, or whose rest is over."""
    if campaign.resume_at and campaign.resume_at > now():
        return ""
    woken = engine.resume(campaign.flow_run_id) or engine.resume(campaign.flow_run_id, ALARM)
    return "woken" if woken else ""


def _end(store: Store, scope: Scope, campaign: Campaign, to: CampaignStatus, why: str) -> str:
    with store.begin() as session:
        ended = campaign_reviews.end(session, scope, campaign.id, to=to, expected=[campaign.status], why=why)
    return to.value if ended else ""
