"""What a campaign will cost and how long it will take, told before anything is spent; over budget, it stops here."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from prefect import task

from storage import campaigns, connections, mailboxes, mails, tenants, usage
from storage.campaigns import Campaign
from storage.documents import now
from storage.organization_settings import organization_settings
from storage.records import CampaignStatus, Forecast, Mail, MailState
from storage.scope import Scope
from storage.session import Session, Store, open_store
from tasks.providers.model import ModelError, Question, estimated
from tasks.providers.model_turns import PacedModel
from tasks.providers.models import opened_model, tariff
from tasks.rules import prices, prompts
from tasks.rules.pacing import limits_of, time_to_send
from tasks.rules.prompts import Answer

SAMPLE = 5
USUAL_OUTPUT, MOST_OUTPUT = 250, 900  # tokens of a mail: what most take, and what hardly one exceeds
DAY = timedelta(days=1)


class OverBudget(Exception):
    """It would cost more than it may. The text says how much, and what to do."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Tokens of all mails together; `low` and `high` are what they cost at least and hardly exceed."""

    input_tokens: int = 0
    output_tokens: int = 0
    low: Decimal | None = Decimal(0)
    high: Decimal | None = Decimal(0)


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
        seconds = _time(session, scope, campaign, count).total_seconds()
        found = Forecast(
            count, needs.low, needs.high, needs.input_tokens, needs.output_tokens, seconds,
            days_to_send=int(seconds // DAY.total_seconds()) + 1,
        )  # fmt: skip
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
    return _priced(campaign.model, round(sum(sizes) / max(len(sizes), 1) * count), count)


async def _size(model: PacedModel, question: Question[Answer]) -> int:
    """Counted by the service, or estimated where it has trouble: a forecast stops no campaign for that."""
    try:
        return (await model.count(question)).tokens
    except ModelError as trouble:
        if trouble.permanent:
            raise
        return estimated(question).tokens


def _priced(model: str, input_tokens: int, count: int) -> Needs:
    low, high = (
        prices.at_worst(tariff(), model, input_tokens=input_tokens, output_tokens=output * count, at=datetime.now(UTC))
        for output in (USUAL_OUTPUT, MOST_OUTPUT)
    )
    return Needs(input_tokens, USUAL_OUTPUT * count, low, high)


def _time(session: Session, scope: Scope, campaign: Campaign, count: int) -> timedelta:
    rules = organization_settings(session, scope)
    found = connections.connection(session, scope, campaign.connection_id) if campaign.connection_id else None
    limits = limits_of(found.provider if found else None, found.account if found else "", rules)
    box = mailboxes.mailbox(session, scope, campaign.mailbox)
    today = mailboxes.sent_since(session, scope, campaign.mailbox, now() - DAY)
    return time_to_send(count, limits, rules, days_sent=box.days_sent, sent_today=today)


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
