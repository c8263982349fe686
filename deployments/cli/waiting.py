"""Wait in the terminal until a run needs a person or has ended."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deployments.cli.terminal import Refused
from storage.campaign import campaigns
from storage.campaign.campaigns import Campaign, UnknownCampaign
from storage.organization import tenants
from storage.records import CampaignStatus, SyncStatus
from storage.session import Store
from storage.sync import syncs
from storage.sync.syncs import Sync, UnknownSync
from tasks.providers.flow_runs.engine import Engine

GLANCE = 0.3
WAITS = (SyncStatus.EXTRACTING, SyncStatus.EXECUTING)
AT_WORK = (CampaignStatus.DRAFT, CampaignStatus.GENERATING, CampaignStatus.SENDING)
NEVER_BEGAN = ("Failed", "Cancelled")
OVER = (*NEVER_BEGAN, "Crashed", "Completed")


def follow(store: Store, engine: Engine, sync_id: str, run_id: str, *, until: tuple[SyncStatus, ...] = ()) -> Sync:
    """Poll until the sync waits for review or has ended; with `until`, until it is in one of these or has ended.

    Raises Refused if its run fails or is cancelled before the sync exists.
    """
    with _spinner() as tell:
        while True:
            sync = _look(store, sync_id)
            tell(sync.status if sync else "waiting for the worker")
            if sync and (sync.status in until if until else sync.status not in WAITS):
                return sync
            if sync is None and engine.state(run_id) in NEVER_BEGAN:
                raise Refused(f"the sync did not begin: {engine.failure(run_id)}")
            if sync and until and not sync.is_open:
                return sync
            time.sleep(GLANCE)


def follow_campaign(
    store: Store, engine: Engine, campaign_id: str, *, run_id: str = "", until: tuple[CampaignStatus, ...] = ()
) -> Campaign:
    """As `follow`, for a campaign. Without `run_id` the campaign must exist already; its own `flow_run_id` is used."""
    with _spinner() as tell:
        while True:
            campaign = _look_at_campaign(store, campaign_id)
            tell(campaign.status if campaign else "waiting for the worker")
            if campaign and _is_there(campaign, until):
                return campaign
            run = run_id or (campaign.flow_run_id if campaign and campaign.has_begun else "")
            begun = campaign is not None and campaign.status is not CampaignStatus.DRAFT
            if run and not begun and engine.state(run) in NEVER_BEGAN:
                raise Refused(f"the campaign did not begin: {engine.failure(run)}")
            time.sleep(GLANCE)


def _is_there(campaign: Campaign, until: tuple[CampaignStatus, ...]) -> bool:
    return not campaign.is_open or (campaign.status in until if until else campaign.status not in AT_WORK)


def wait_for_run(engine: Engine, run_id: str) -> None:
    """Poll until a run has ended. Raises Refused with the run's message if it did not complete."""
    with _spinner() as tell:
        while (state := engine.state(run_id)) not in OVER:
            tell(state)
            time.sleep(GLANCE)
    if state != "Completed":
        raise Refused(engine.failure(run_id))


def _look(store: Store, sync_id: str) -> Sync | None:
    with store.read() as session:
        try:
            return syncs.sync(session, tenants.scope_of_sync(session, sync_id), sync_id)
        except UnknownSync:
            return None


def _look_at_campaign(store: Store, campaign_id: str) -> Campaign | None:
    with store.read() as session:
        try:
            return campaigns.campaign(session, tenants.scope_of_campaign(session, campaign_id), campaign_id)
        except UnknownCampaign:
            return None


@contextmanager
def _spinner() -> Iterator[Callable[[str], None]]:
    """On standard error, so that standard output can be piped."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console  # noqa: PLC0415 (slow import, only for a terminal)

    with Console(stderr=True).status("starting …") as status:
        yield lambda text: status.update(f"{text} …")
