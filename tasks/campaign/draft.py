"""Write a campaign's letters: by a language model under a budget, or from a template."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from prefect import get_run_logger, task

from storage.campaign import campaigns, mail_writing, tallies
from storage.campaign.campaigns import Campaign
from storage.campaign.mail_writing import Written
from storage.campaign.usage import BudgetSpent
from storage.crypto import Key
from storage.organization import tenants
from storage.records import Brief, CampaignStatus, Letter, Mail, MailState
from storage.scope import Scope
from storage.session import Session, Store, open_store
from tasks.campaign.lease import Lease
from tasks.campaign.writing import NotWritten, Writer, letter_for
from tasks.providers.language.metering import Meter
from tasks.providers.language.model import ModelError
from tasks.providers.language.models import opened_model, tariff
from tasks.rules.templates import lacking, lacking_in_words, letter_of_template

WRITABLE = (CampaignStatus.GENERATING, CampaignStatus.REVIEW)
AT_ONCE = 200
GLANCE = 0.5
SPENT = "the budget was spent before this mail was written"


class TemplateDoesNotFit(Exception):
    """The template uses a variable that some contacts lack. The text names it and counts them."""


@dataclass(frozen=True, slots=True)
class Work:
    store: Store
    scope: Scope
    campaign: Campaign
    brief: Brief
    key: Key


@task
async def draft(campaign_id: str) -> dict[str, int]:
    """Returns the number of mails by state. Idempotent: mails already written are not written again."""
    store = open_store()
    work = _work(store, campaign_id)
    if work is None:
        return {}
    lease = Lease(store, work.scope, campaign_id, work.key)
    async with lease.kept_alive():
        while pending := await _taken(work, lease):
            await _write(work, pending)
    with store.read() as session:
        return {state.value: number for state, number in tallies.counts(session, work.scope, campaign_id).items()}


def _work(store: Store, campaign_id: str) -> Work | None:
    with store.read() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
        if campaign.status not in WRITABLE:
            return None
        key = campaigns.demand_body_key(session, scope, campaign_id)
        return Work(store, scope, campaign, campaigns.brief(session, scope, campaign_id), key)


async def _taken(work: Work, lease: Lease) -> list[Mail]:
    """Lease the mails that no other run is writing.

    The campaign's own run also waits for leases held by others: they may be its own, from before it crashed.
    """
    while not (mine := await asyncio.to_thread(lease.acquire)):
        if not (others := await asyncio.to_thread(lease.held_by_others)):
            break
        if work.campaign.status is CampaignStatus.REVIEW:
            get_run_logger().info("%d mails are being written by another run: they are not asked for twice", others)
            break
        await asyncio.sleep(GLANCE)
    return mine


async def _write(work: Work, pending: Sequence[Mail]) -> None:
    try:
        await (_by_model(work, pending) if work.campaign.model else asyncio.to_thread(_by_template, work, pending))
    except (ModelError, TemplateDoesNotFit) as trouble:
        if work.campaign.status is not CampaignStatus.REVIEW:
            raise
        # The campaign continues without them: a mail left pending would never be picked up, and would block approval.
        await asyncio.to_thread(_keep, work, [_unwritten(mail, str(trouble)) for mail in pending])


def _by_template(work: Work, pending: Sequence[Mail]) -> None:
    recipients = [mail.draft.recipient for mail in pending if mail.draft]
    if missing := lacking(work.brief, recipients):
        raise TemplateDoesNotFit(lacking_in_words(missing, len(recipients)))
    with work.store.begin() as session:
        letters = [
            _written(mail, letter_of_template(work.brief, mail.draft.recipient)) for mail in pending if mail.draft
        ]
        _put_down(session, work, letters)


async def _by_model(work: Work, pending: Sequence[Mail]) -> None:
    meter = Meter(work.store, work.scope, work.campaign.budget_id, tariff())
    await asyncio.to_thread(meter.give_up)
    async with opened_model() as model:
        writer = Writer(work.store, work.scope, work.campaign, work.brief, model, meter)
        try:
            await _write_all(work, writer, pending)
        except* ModelError as trouble:  # one that stops everything; the first of them carries the remedy
            raise trouble.exceptions[0] from None


async def _write_all(work: Work, writer: Writer, pending: Sequence[Mail]) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for mail in pending:
            await places.acquire()
            group.create_task(_one(work, writer, mail)).add_done_callback(lambda _done: places.release())


async def _one(work: Work, writer: Writer, mail: Mail) -> None:
    """Write one letter and store it, or store the reason why there is none."""
    try:
        written = _written(mail, await letter_for(writer, mail), prompt_hash=writer.hash_of(mail))
    except NotWritten as why:
        written = _unwritten(mail, str(why))
    except BudgetSpent:
        written = _unwritten(mail, SPENT)
    await asyncio.to_thread(_keep, work, [written])


def _keep(work: Work, written: Sequence[Written]) -> None:
    with work.store.begin() as session:
        _put_down(session, work, written)


def _put_down(session: Session, work: Work, written: Sequence[Written]) -> None:
    """Store a result. A mail rejected meanwhile, by cancelling the campaign or by an erasure, stays rejected."""
    mail_writing.write(session, work.scope, work.campaign.id, work.key, written, over=[MailState.PENDING])


def _written(mail: Mail, letter: Letter, *, prompt_hash: str = "") -> Written:
    assert mail.draft  # noqa: S101 (as above)
    return Written(mail.id, mail.version, replace(mail.draft, letter=letter, findings=()), prompt_hash=prompt_hash)


def _unwritten(mail: Mail, why: str) -> Written:
    """The result of a failed rewrite: the old letter is kept, checked again, and marked with the reason."""
    assert mail.draft  # noqa: S101 (as above)
    if mail.draft.letter is None:
        return Written(mail.id, mail.version, mail.draft, state=MailState.FAILED, reason=why)
    kept, reason = replace(mail.draft, findings=()), f"as before, for it was not written anew: {why}"
    return Written(mail.id, mail.version, kept, reason=reason, edited_by=mail.edited_by)
