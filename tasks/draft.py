"""Write a campaign's letters: by a language model under a budget, or from a template."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from prefect import task

from storage import campaigns, mails, tallies, tenants
from storage.campaigns import Campaign
from storage.crypto import Key
from storage.mails import Written
from storage.records import Brief, CampaignStatus, Letter, Mail, MailState
from storage.scope import Scope
from storage.session import Store, open_store
from storage.usage import BudgetSpent
from tasks.providers.model import ModelError
from tasks.providers.models import opened_model, tariff
from tasks.purse import Purse
from tasks.rules.templates import lacking, lacking_in_words, letter_of_template
from tasks.writing import Desk, NotWritten, letter_for

WRITABLE = (CampaignStatus.GENERATING, CampaignStatus.REVIEW)
AT_ONCE = 200
HEARTBEAT = 10.0
SPENT = "the budget was spent before this mail was written"


class TemplateDoesNotFit(Exception):
    """The template asks for what is not known of some contacts. The text says what, and of how many."""


@dataclass(frozen=True, slots=True)
class Work:
    store: Store
    scope: Scope
    campaign: Campaign
    brief: Brief
    key: Key


@task
async def draft(campaign_id: str) -> dict[str, int]:
    """How many mails stand where now. What is written is not written again."""
    store = open_store()
    work = _work(store, campaign_id)
    if work is None:
        return {}
    async with _alive(work):
        await (_by_model(work) if work.campaign.model else asyncio.to_thread(_by_template, work))
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


def _by_template(work: Work) -> None:
    pending = _pending(work)
    recipients = [mail.draft.recipient for mail in pending if mail.draft]
    if missing := lacking(work.brief, recipients):
        raise TemplateDoesNotFit(lacking_in_words(missing, len(recipients)))
    with work.store.begin() as session:
        letters = [
            _written(mail, letter_of_template(work.brief, mail.draft.recipient)) for mail in pending if mail.draft
        ]
        mails.write(session, work.scope, work.campaign.id, work.key, letters)


async def _by_model(work: Work) -> None:
    purse = Purse(work.store, work.scope, work.campaign.budget_id, tariff())
    await asyncio.to_thread(purse.give_up)
    async with opened_model() as model:
        desk = Desk(work.store, work.scope, work.campaign, work.brief, model, purse)
        try:
            await _write_all(work, desk)
        except* ModelError as trouble:  # one that stops everything; the first of them tells what to do
            raise trouble.exceptions[0] from None


async def _write_all(work: Work, desk: Desk) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for mail in _pending(work):
            await places.acquire()
            group.create_task(_one(work, desk, mail)).add_done_callback(lambda _done: places.release())


async def _one(work: Work, desk: Desk, mail: Mail) -> None:
    """A letter, or the reason why there is none: either way the mail is settled."""
    try:
        written = _written(mail, await letter_for(desk, mail), prompt_hash=desk.hash_of(mail))
    except NotWritten as why:
        written = _unwritten(mail, str(why))
    except BudgetSpent:
        written = _unwritten(mail, SPENT)
    await asyncio.to_thread(_keep, work, written)


def _keep(work: Work, written: Written) -> None:
    with work.store.begin() as session:
        mails.write(session, work.scope, work.campaign.id, work.key, [written])


def _pending(work: Work) -> list[Mail]:
    with work.store.read() as session:
        return list(mails.every(session, work.scope, work.campaign.id, work.key, states=[MailState.PENDING]))


def _written(mail: Mail, letter: Letter, *, prompt_hash: str = "") -> Written:
    assert mail.draft  # noqa: S101 (as above)
    return Written(mail.id, mail.version, replace(mail.draft, letter=letter, findings=()), prompt_hash=prompt_hash)


def _unwritten(mail: Mail, why: str) -> Written:
    assert mail.draft  # noqa: S101 (as above)
    return Written(mail.id, mail.version, replace(mail.draft, letter=None), state=MailState.FAILED, reason=why)


@asynccontextmanager
async def _alive(work: Work) -> AsyncIterator[None]:
    """Signs of life, for a model may take its time."""
    beating = asyncio.create_task(_beat(work))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def _beat(work: Work) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        await asyncio.to_thread(_note, work)


def _note(work: Work) -> None:
    with work.store.begin() as session:
        campaigns.note(session, work.scope, work.campaign.id)
