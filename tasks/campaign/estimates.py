"""Estimate a campaign before anything is written or spent: its audience, cost and duration.

No task and no import of Prefect, since estimates are also made before a campaign exists.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from storage import hash_keys
from storage.campaign import campaigns, mailboxes, past_mails, suppressions
from storage.documents import now
from storage.organization import connections
from storage.organization.organization_settings import organization_settings
from storage.people import contacts
from storage.records import Criteria, Forecast
from storage.scope import Scope
from storage.session import Session
from storage.settings import settings
from tasks.providers.language.model import Question, estimated
from tasks.providers.language.models import tariff
from tasks.rules import prices, prompts
from tasks.rules.audience import Candidate, Judged, candidate, segmented
from tasks.rules.briefs import read_brief
from tasks.rules.pacing import limits_of, time_to_send
from tasks.rules.prompts import Answer

USUAL_OUTPUT, MOST_OUTPUT = 250, 900  # output tokens of a mail: the typical number, and one that is rarely exceeded
SAMPLE = 5
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Needs:
    """Tokens of all mails together, and the range of their cost in US dollars: `high` is rarely exceeded."""

    input_tokens: int = 0
    output_tokens: int = 0
    low: Decimal | None = Decimal(0)
    high: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True)
class Estimate:
    audience: int
    excluded: Mapping[str, int]
    forecast: Forecast


def audience_of(session: Session, scope: Scope, criteria: Criteria, uses: Collection[str] = ()) -> Iterator[Judged]:
    """Every contact that matches the criteria: included, or excluded with a reason."""
    hash_keys.demand_key(session, scope)
    rules = organization_settings(session, scope)
    found = _candidates(session, scope, criteria)
    hashes = [hashed for one in found for hashed in one.hashes]
    recently = now() - timedelta(days=rules.rest_days)
    return segmented(
        found,
        suppressed=suppressions.suppressed(session, scope, hashes),
        written_to=past_mails.written_to_since(session, scope, recently) if rules.rest_days else (),
        exclude_roles=rules.exclude_role_addresses,
        uses=uses,
    )


def priced(model: str, input_tokens: int, count: int) -> Needs:
    low, high = (
        prices.at_worst(tariff(), model, input_tokens=input_tokens, output_tokens=output * count, at=datetime.now(UTC))
        for output in (USUAL_OUTPUT, MOST_OUTPUT)
    )
    return Needs(input_tokens, USUAL_OUTPUT * count, low, high)


def forecast_of(session: Session, scope: Scope, connection_id: str, needs: Needs, count: int) -> Forecast:
    seconds = _time(session, scope, connection_id, count).total_seconds()
    days = int(seconds // DAY.total_seconds()) + 1
    return Forecast(count, needs.low, needs.high, needs.input_tokens, needs.output_tokens, seconds, days_to_send=days)


def estimate(session: Session, scope: Scope, criteria: Criteria, brief: str, connection_id: str) -> Estimate:
    """The forecast of a campaign that does not exist yet. Token counts are estimated without calling the model."""
    found = list(audience_of(session, scope, criteria))
    into = [one for one in found if one.recipient]
    out = Counter(one.reason.value for one in found if one.reason)
    needs = _estimated(brief, into) if brief and into and settings().has_model else Needs()
    return Estimate(len(found), dict(out), forecast_of(session, scope, connection_id, needs, len(into)))


def _estimated(brief: str, into: list[Judged]) -> Needs:
    told = read_brief(brief)
    asked = [prompts.prompt(told, one.recipient) for one in into[:SAMPLE] if one.recipient]
    model = settings().openai_model
    sizes = [estimated(Question(model, one.instructions, one.question, Answer)).tokens for one in asked]
    return priced(model, round(sum(sizes) / len(sizes) * len(into)), len(into))


def _candidates(session: Session, scope: Scope, criteria: Criteria) -> list[Candidate]:
    def hashed(canonical: str) -> str:
        return suppressions.address_hash(session, scope, canonical)

    return [candidate(contact, hashed) for contact in contacts.chosen(session, scope, criteria)]


def _time(session: Session, scope: Scope, connection_id: str, count: int) -> timedelta:
    rules = organization_settings(session, scope)
    found = connections.connection(session, scope, connection_id) if connection_id else None
    limits = limits_of(found.provider if found else None, found.account if found else "", rules)
    mailbox = connection_id or campaigns.SMTP
    box = mailboxes.mailbox(session, scope, mailbox)
    today = mailboxes.sent_since(session, scope, mailbox, now() - DAY)
    return time_to_send(count, limits, rules, days_sent=box.days_sent, sent_today=today)
