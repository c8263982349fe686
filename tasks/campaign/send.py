"""Send the approved mails, each exactly once, within the mailbox's limits; return when nothing can be sent for now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from prefect import task

from storage import audit
from storage.campaign import campaigns, tallies
from storage.organization import tenants
from storage.records import CampaignStatus
from storage.session import Store, open_store
from storage.settings import settings
from tasks.campaign.claiming import Pause, leave, take
from tasks.campaign.outgoing import Outgoing
from tasks.campaign.posting import Post, Terms, post_of
from tasks.campaign.relaying import Relaying
from tasks.providers.base import ShutOut
from tasks.providers.flow_runs.events import notify
from tasks.providers.mail.mailers import mailer_of
from tasks.providers.mail.smtp import relay_of
from tasks.providers.mail.smtp_refusals import BadLogin
from tasks.providers.polite_client import Chance
from tasks.rules.pacing import must_stop

GLANCE = timedelta(seconds=1)
TIME_TO_LOOK = "time to look what came back to the mailbox"


@task
async def send(campaign_id: str) -> Pause | None:
    """Returns None when all is sent; otherwise why the rest waits, and until when, if that is known.

    Returns now and then with a pause that is already over, so that the flow reconciles in between.
    """
    return await send_all(open_store(), campaign_id)


async def send_all(
    store: Store, campaign_id: str, *, terms: Terms | None = None, chance: Chance | None = None
) -> Pause | None:
    with store.read() as session:
        campaign = campaigns.campaign(session, tenants.scope_of_campaign(session, campaign_id), campaign_id)
    if campaign.status is not CampaignStatus.SENDING:
        return Pause(None, campaign.error) if campaign.status is CampaignStatus.PAUSED else None
    post = post_of(store, campaign_id, terms=terms, chance=chance)
    watch = Watch(post, campaign.sending_since or campaign.decided_at or campaign.created_at)
    try:
        pause = await _send(post, watch)
    except (ShutOut, BadLogin) as trouble:
        post.mark_for_reconnect(trouble)
        _pause(post, str(trouble))
        pause = None
    finally:
        leave(post)
    return _account(post, pause)


async def _send(post: Post, watch: "Watch") -> Pause | None:
    if post.connection is None:
        return await _by_relay(post, watch)
    async with mailer_of(post.store, post.scope, post.connection, chance=post.chance) as mailer:
        outgoing, look_at = Outgoing(post, mailer), post.now() + post.terms.look_every
        while True:
            watch.look()
            taken = take(post)
            if taken.claims:
                await outgoing.carry(taken.claims[0])
                if post.now() >= look_at:
                    return Pause(post.now(), TIME_TO_LOOK)
            elif taken.pause is None or await _too_long(post, watch, taken.pause):
                return taken.pause


async def _by_relay(post: Post, watch: "Watch") -> Pause | None:
    relaying = Relaying(post, relay_of(settings().smtp_url), look=watch.look)
    while (pause := await relaying.run()) is not None:
        if await _too_long(post, watch, pause):
            return pause
    return None


async def _too_long(post: Post, watch: "Watch", pause: Pause) -> bool:
    """Sleep through a short pause, with heartbeats. True for one too long to keep the process waiting."""
    leave(post)
    until = pause.until or post.now()
    if until - post.now() > post.terms.patience:
        return True
    while (left := (until - post.now()).total_seconds()) > 0:
        watch.look()
        await post.chance.sleep(min(left, 10))
    return False


@dataclass(slots=True)
class Watch:
    """Heartbeat and circuit breaker: pauses the campaign when too many mails failed or bounced since `since`."""

    post: Post
    since: datetime
    looked_at: datetime | None = None

    def look(self) -> None:
        moment = self.post.now()
        if self.looked_at and moment - self.looked_at < GLANCE:
            return
        self.looked_at = moment
        with self.post.store.begin() as session:
            campaigns.is_at(session, self.post.scope, self.post.campaign_id, CampaignStatus.SENDING)
            settled, bad = tallies.settled_since(session, self.post.scope, self.post.campaign_id, self.since)
        if must_stop(settled, bad, self.post.rules):
            limit = self.post.rules.stop_at_failures
            _pause(self.post, f"{bad} of {settled} mails failed or bounced, limit {limit:.0%}: look at their reasons")


def _pause(post: Post, why: str) -> None:
    why = f"{why}; then `contactflow campaign resume {post.campaign_id}`"
    with post.store.begin() as session:
        paused = campaigns.move(
            session,
            post.scope,
            post.campaign_id,
            expected=[CampaignStatus.SENDING],
            to=CampaignStatus.PAUSED,
            error=why,
        )
        if paused:
            audit.record(
                session,
                post.scope,
                actor="contactflow",
                action="campaign.paused",
                subject=post.campaign_id,
                detail={"why": why},
            )
    if paused:
        notify("paused", post.campaign_id, {"why": why}, about="campaign")


def _account(post: Post, pause: Pause | None) -> Pause | None:
    """Update the campaign's statistics and its `resume_at`."""
    with post.store.begin() as session:
        tallies.keep(session, post.scope, post.campaign_id)
        campaign = campaigns.campaign(session, post.scope, post.campaign_id)
        if campaign.status is CampaignStatus.PAUSED:
            return Pause(None, campaign.error)
        if campaign.status is not CampaignStatus.SENDING:
            return None
        resume_at = pause.until if pause and not pause.is_over(post.now()) else None
        campaigns.note(session, post.scope, post.campaign_id, resume_at=resume_at)
    return pause
