"""Find out what became of mails: look up those of unclear outcome, and read what came back to the mailbox."""

from collections import Counter
from datetime import timedelta

from prefect import task

from storage.campaign import campaigns, mailboxes, outbox, tallies
from storage.campaign.claims import Claim, Outcome
from storage.campaign.outbox import STILL_A_DRAFT
from storage.campaign.sent_mails import LEFT
from storage.records import CampaignStatus, MailState
from storage.session import Store, open_store
from tasks.campaign.arrivals import read_arrivals
from tasks.campaign.claiming import entered, keep_place, leave
from tasks.campaign.outgoing import Outgoing
from tasks.campaign.posting import Post, Terms, keep_quiet, post_of
from tasks.campaign.relaying import MAY_HAVE_LEFT
from tasks.providers.base import NeedsReconnect, ProviderError
from tasks.providers.mail.mailer import Busy, Mailer, Standing
from tasks.providers.mail.mailers import mailer_of
from tasks.providers.polite_client import Chance

OVERLAP = timedelta(hours=1)  # services list mails late and clocks differ; an arrival read twice is counted once
MOST = 500


@task
async def reconcile(campaign_id: str) -> dict[str, int]:
    """Returns counts of new events by kind. Idempotent; what cannot be found out now is left to the next run."""
    return dict(await reconcile_all(open_store(), campaign_id))


async def reconcile_all(
    store: Store, campaign_id: str, *, terms: Terms | None = None, chance: Chance | None = None
) -> Counter[str]:
    post = post_of(store, campaign_id, terms=terms, chance=chance)
    found = Counter[str]()
    if not _has_begun_to_leave(post):
        return found
    try:
        if post.connection is None:
            _clear_abandoned_at_relay(post)
        elif await entered(post):
            found = await _ask(post)
    except NeedsReconnect as trouble:
        post.mark_for_reconnect(trouble)
    except Busy as trouble:
        with post.store.begin() as session:
            keep_quiet(session, post, trouble)
    except ProviderError:
        pass  # looked up again by the next run
    finally:
        leave(post)
    _account(post, {name.removeprefix("campaign/") for name in found if name.startswith("campaign/")})
    return Counter({name: number for name, number in found.items() if "/" not in name})


def _has_begun_to_leave(post: Post) -> bool:
    with post.store.read() as session:
        standing = tallies.counts(session, post.scope, post.campaign_id)
    return any(standing[state] for state in LEFT)


async def _ask(post: Post) -> Counter[str]:
    assert post.connection is not None  # noqa: S101 (for the type checker)
    async with mailer_of(post.store, post.scope, post.connection, chance=post.chance) as mailer:
        await _clear_abandoned(post, mailer)
        cleared = await _clear_unknown(post, mailer)
        began = post.now()
        with post.store.begin() as session:
            box = mailboxes.mailbox(session, post.scope, post.mailbox)
            campaign = campaigns.campaign(session, post.scope, post.campaign_id)
        since = (box.looked_at or campaign.decided_at or campaign.created_at) - OVERLAP
        found = await read_arrivals(post, mailer, since)
        with post.store.begin() as session:
            mailboxes.looked(session, post.scope, post.mailbox, began)
    return found + cleared


async def _clear_abandoned(post: Post, mailer: Mailer) -> None:
    """Settle mails left by a dead process in a campaign that no longer sends. In one that does, `send` does this."""
    outgoing = Outgoing(post, mailer)
    for claim in _abandoned(post):
        if claim.submitted_at:
            await outgoing.carry(claim)
        else:
            with post.store.begin() as session:
                outbox.give_back(session, post.scope, [claim])


def _clear_abandoned_at_relay(post: Post) -> None:
    abandoned = _abandoned(post)
    with post.store.begin() as session:
        outbox.give_back(session, post.scope, [claim for claim in abandoned if not claim.submitted_at])
    doubtful = [claim for claim in abandoned if claim.submitted_at]
    post.settle([Outcome(claim, MailState.UNKNOWN, MAY_HAVE_LEFT) for claim in doubtful])


def _abandoned(post: Post) -> list[Claim]:
    moment = post.now()
    with post.store.begin() as session:
        campaign = campaigns.campaign(session, post.scope, post.campaign_id)
        if campaign.status is CampaignStatus.SENDING:
            return []
        until = moment + post.terms.claim
        return outbox.recover(session, post.scope, post.campaign_id, post.key, moment=moment, until=until, limit=MOST)


async def _clear_unknown(post: Post, mailer: Mailer) -> Counter[str]:
    cleared = Counter[str]()
    with post.store.read() as session:
        doubtful = outbox.unknown(session, post.scope, post.campaign_id, post.key, limit=MOST)
    for claim in doubtful:
        keep_place(post)
        found = await mailer.look(claim)
        if found.standing is Standing.GONE:
            continue
        outcome = Outcome(claim, MailState.SENT, "", found.message_id, found.thread_id)
        if found.standing is Standing.DRAFT:
            outcome = Outcome(claim, MailState.FAILED, STILL_A_DRAFT)
        with post.store.begin() as session:
            cleared[outcome.state.value] += outbox.clear_up(session, post.scope, outcome, actor=post.actor)
    return cleared


def _account(post: Post, others: set[str]) -> None:
    """Update the statistics of this campaign and of others that events arrived for."""
    with post.store.begin() as session:
        for campaign_id in sorted({post.campaign_id, *others}):
            tallies.keep(session, post.scope, campaign_id)
