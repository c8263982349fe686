"""Send what was approved, each mail exactly once, as fast as its mailbox may; return when nothing can leave for now."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prefect import task

from storage import audit, campaigns, tallies, tenants
from storage.records import CampaignStatus, MailState
from storage.session import Store, open_store
from storage.settings import settings
from tasks.outgoing import Outgoing
from tasks.posting import Post, Terms, post_of
from tasks.providers.base import NeedsReconnect
from tasks.providers.events import notify
from tasks.providers.mailers import mailer_of
from tasks.providers.manners import Chance
from tasks.providers.smtp import BadLogin, relay_of
from tasks.relaying import Relaying
from tasks.rules.pacing import must_stop
from tasks.taking import Pause, leave, take

GLANCE = timedelta(seconds=1)
BAD = (MailState.FAILED, MailState.BOUNCED)
SETTLED = (*BAD, MailState.SENT, MailState.REPLIED, MailState.UNKNOWN)


@task
async def send(campaign_id: str) -> Pause | None:
    """None when all that may leave has left; otherwise why the rest waits, and until when, if that is known."""
    return await send_all(open_store(), campaign_id)


async def send_all(
    store: Store, campaign_id: str, *, terms: Terms | None = None, chance: Chance | None = None
) -> Pause | None:
    with store.read() as session:
        campaign = campaigns.campaign(session, tenants.scope_of_campaign(session, campaign_id), campaign_id)
    if campaign.status is not CampaignStatus.SENDING:
        return Pause(None, campaign.error) if campaign.status is CampaignStatus.PAUSED else None
    post = post_of(store, campaign_id, terms=terms, chance=chance)
    try:
        pause = await _send(post)
    except (NeedsReconnect, BadLogin) as trouble:
        post.mark_for_reconnect(str(trouble))
        _pause(post, str(trouble))
        pause = None
    finally:
        leave(post)
    return _account(post, pause)


async def _send(post: Post) -> Pause | None:
    watch = Watch(post)
    if post.connection is None:
        return await _by_relay(post, watch)
    async with mailer_of(post.store, post.scope, post.connection, chance=post.chance) as mailer:
        outgoing = Outgoing(post, mailer)
        while True:
            watch.look()
            taken = take(post)
            if taken.claims:
                await outgoing.carry(taken.claims[0])
            elif taken.pause is None or await _too_long(post, watch, taken.pause):
                return taken.pause


async def _by_relay(post: Post, watch: "Watch") -> Pause | None:
    relaying = Relaying(post, relay_of(settings().smtp_url), look=watch.look)
    while (pause := await relaying.run()) is not None:
        if await _too_long(post, watch, pause):
            return pause
    return None


async def _too_long(post: Post, watch: "Watch", pause: Pause) -> bool:
    """Short waits are waited for, with signs of life; for longer ones no process need be kept."""
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
    """Signs of life, and the circuit breaker: too many that failed or bounced since this run began pause it."""

    post: Post
    looked_at: datetime | None = None
    before: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.before = self._counts()

    def look(self) -> None:
        moment = self.post.now()
        if self.looked_at and moment - self.looked_at < GLANCE:
            return
        self.looked_at = moment
        with self.post.store.begin() as session:
            campaigns.is_at(session, self.post.scope, self.post.campaign_id, CampaignStatus.SENDING)
        settled, bad = (now - then for now, then in zip(self._counts(), self.before, strict=True))
        if must_stop(settled, bad, self.post.rules):
            limit = self.post.rules.stop_at_failures
            _pause(self.post, f"{bad} of {settled} mails failed or bounced, limit {limit:.0%}: look at their reasons")

    def _counts(self) -> tuple[int, int]:
        with self.post.store.read() as session:
            found = tallies.counts(session, self.post.scope, self.post.campaign_id)
        return sum(found[state] for state in SETTLED), sum(found[state] for state in BAD)


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
    """The numbers of this moment, and when to go on."""
    with post.store.begin() as session:
        tallies.keep(session, post.scope, post.campaign_id)
        campaign = campaigns.campaign(session, post.scope, post.campaign_id)
        if campaign.status is CampaignStatus.PAUSED:
            return Pause(None, campaign.error)
        if campaign.status is not CampaignStatus.SENDING:
            return None
        campaigns.note(session, post.scope, post.campaign_id, resume_at=pause.until if pause else None)
    return pause
