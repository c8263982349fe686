"""Forecast a campaign's cost and duration before anything is spent. A campaign over its budget stops here."""

from decimal import Decimal

from prefect import task

from storage.campaign import campaigns, mails, usage
from storage.campaign.campaigns import Campaign
from storage.organization import tenants
from storage.records import CampaignStatus, Forecast, Mail, MailState
from storage.scope import Scope
from storage.session import Store, open_store
from tasks.campaign.estimates import SAMPLE, Needs, forecast_of, priced
from tasks.providers.language.model import ModelError, Question, estimated
from tasks.providers.language.model_turns import PacedModel
from tasks.providers.language.models import opened_model
from tasks.rules import prompts
from tasks.rules.prompts import Answer


class OverBudget(Exception):
    """The campaign would exceed its budget. The text says by how much, and what to do."""


@task
async def forecast(campaign_id: str) -> None:
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
        if campaign.status is not CampaignStatus.GENERATING:
            return
        mailing = mails.mails(session, scope, campaign_id, campaigns.demand_body_key(session, scope, campaign_id),
                              states=[MailState.PENDING], limit=SAMPLE)  # fmt: skip
        count = campaign.statistics.waiting
    needs = await _needs(store, scope, campaign, mailing, count) if campaign.model else Needs()
    with store.begin() as session:
        found = forecast_of(session, scope, campaign.connection_id, needs, count)
        campaigns.keep_forecast(session, scope, campaign_id, found)
        budget = usage.budget(session, scope, campaign.budget_id)
    _demand_affordable(found, budget.limit)


async def _needs(store: Store, scope: Scope, campaign: Campaign, sample: list[Mail], count: int) -> Needs:
    with store.read() as session:
        brief = campaigns.brief(session, scope, campaign.id)
    asked = [prompts.prompt(brief, mail.draft.recipient) for mail in sample if mail.draft]
    questions = [Question(campaign.model, one.instructions, one.question, Answer) for one in asked]
    async with opened_model() as model:
        sizes = [await _size(model, question) for question in questions]
    return priced(campaign.model, round(sum(sizes) / max(len(sizes), 1) * count), count)


async def _size(model: PacedModel, question: Question[Answer]) -> int:
    """Input tokens of one prompt: counted by the service, or estimated where the service fails."""
    try:
        return (await model.count(question)).tokens
    except ModelError as trouble:
        if trouble.permanent:
            raise
        return estimated(question).tokens


def _demand_affordable(found: Forecast, limit: Decimal | None) -> None:
    if limit is None:
        return
    if found.low is None:
        raise OverBudget(
            "what this model costs is not known, so no budget holds: set CONTACTFLOW_MODEL_PRICE, or set no budget"
        )
    if found.low > limit:
        raise OverBudget(
            f"{found.mails} mails will cost between {found.low:.4f} and {found.high:.4f} USD, "
            f"the budget is {limit:.4f}: raise it, or narrow the audience"
        )
