"""Mails that a language model writes: one by one, each call in the books, and what becomes of a bad answer."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Row

from deployments.simulators.faults import Fault
from deployments.simulators.openai.modes import Mode
from deployments.simulators.server import Simulators
from storage.campaign import mail_recovery
from storage.records import Labelled, MailState, UsageState
from tasks.campaign.check import check
from tasks.campaign.draft import draft
from tasks.campaign.forecast import OverBudget
from tests.flows.campaign_line import BRIEF, CampaignLine, person, spelt
from tests.flows.house import ANN, House
from tests.usages import usages

pytestmark = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


def costs(house: House, budget_id: str) -> Sequence[Row[Any]]:
    with house.store.read() as session:
        return usages(session, house.scope, budget_id)


def test_a_model_writes_to_each_and_every_call_stands_in_the_books(
    line: CampaignLine, model: Any, house: House
) -> None:
    line.crowd(5)
    campaign = line.preview(brief=BRIEF, budget=1.0)
    letters = [mail.draft.letter for mail in line.mails(campaign, MailState.GENERATED) if mail.draft]
    assert len(letters) == 5
    assert all(letter and f"Given{spelt(number)}" in letter.greeting for number, letter in enumerate(letters, 1))
    entries = costs(house, campaign.budget_id)
    spent = sum((entry.cost or Decimal(0) for entry in entries), Decimal(0))
    assert campaign.total_cost == spent > 0
    assert len(entries) == len(model.billing.bills)
    assert campaign.forecast
    assert campaign.forecast.low
    assert campaign.forecast.high
    assert campaign.forecast.low <= campaign.forecast.high


def test_what_would_cost_more_than_the_budget_is_not_begun(line: CampaignLine, model: Any) -> None:
    line.crowd(40)
    with pytest.raises(OverBudget, match=r"40 mails will cost between 0\.\d+ and .* budget is 0\.0001"):
        line.preview(brief=BRIEF, budget=0.0001)
    assert model.billing.bills == []


def test_the_same_question_is_paid_for_once(line: CampaignLine, model: Any, house: House) -> None:
    twins = [person(1, emails=(Labelled(f"same{number}@customer.example"),)) for number in range(4)]
    line.people(*twins)
    first = line.preview(brief=BRIEF)
    assert len(costs(house, first.budget_id)) == 1
    second = line.preview(brief=BRIEF)
    assert costs(house, second.budget_id) == []
    assert len(line.mails(second, MailState.GENERATED)) == 4
    assert len(model.billing.bills) == 1


def test_a_model_that_declines_one_contact_harms_no_other(line: CampaignLine, model: Any) -> None:
    line.crowd(4)
    model.modes.append(Mode("refusal", times=1))
    campaign = line.preview(brief=BRIEF)
    [refused] = line.mails(campaign, MailState.FAILED)
    assert "declines" in refused.reason
    assert (campaign.statistics.failed, campaign.statistics.waiting) == (1, 3)
    assert line.approve(campaign).statistics.adds_up


def test_what_could_not_be_written_is_written_once_more_and_waits_like_the_rest(
    line: CampaignLine, model: Any, house: House
) -> None:
    line.crowd(4)
    model.modes.append(Mode("refusal", times=2))
    campaign = line.preview(brief=BRIEF)
    assert campaign.statistics.failed == 2
    with house.store.begin() as session:
        retried = mail_recovery.retry_failed(session, house.scope, campaign.id, actor=ANN)
    assert (retried.to_write, retried.to_send, retried.failed) == (2, 0, 0)
    assert line.statistics(campaign).adds_up
    asyncio.run(draft.fn(campaign.id))
    check.fn(campaign.id)
    again = line.campaign(campaign.id)
    assert len(line.mails(again, MailState.GENERATED)) == 4
    assert again.digest != campaign.digest
    ended = line.approve(again)
    assert (ended.statistics.sent, ended.statistics.failed, ended.statistics.adds_up) == (4, 0, True)


def test_answers_that_cannot_be_used_are_asked_for_again_and_counted(
    line: CampaignLine, model: Any, house: House
) -> None:
    line.crowd(2)
    model.modes.append(Mode("malformed", times=2))
    campaign = line.preview(brief=BRIEF)
    assert len(line.mails(campaign, MailState.GENERATED)) == 2
    states = [entry.state for entry in costs(house, campaign.budget_id)]
    assert (states.count(UsageState.OK), states.count(UsageState.FAILED)) == (2, 2)


def test_a_lost_reply_counts_in_full_and_is_asked_for_again(
    line: CampaignLine, model: Any, house: House, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    del model
    monkeypatch.setattr("tasks.campaign.writing.LONGEST_WAIT", 0.01)
    line.crowd(2)
    simulators.world.faults.add(Fault("reply_lost", route="/openai/v1/responses", after=2, times=1))
    campaign = line.preview(brief=BRIEF)
    entries = costs(house, campaign.budget_id)
    [lost] = [entry for entry in entries if entry.state == UsageState.UNKNOWN]
    assert lost.cost
    assert lost.cost > max(entry.cost or 0 for entry in entries if entry.state == UsageState.OK)
    assert campaign.total_cost == sum((entry.cost or Decimal(0) for entry in entries), Decimal(0))


def test_a_key_that_is_refused_stops_the_campaign_with_what_to_do(
    line: CampaignLine, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage.settings import settings  # noqa: PLC0415 (after the environment is set)

    del model
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    settings.cache_clear()
    line.crowd(2)
    campaign_id = line.open(brief=BRIEF)
    with pytest.raises(Exception, match="set OPENAI_API_KEY"):
        line.to_review(campaign_id)
    assert "set OPENAI_API_KEY" in line.campaign(campaign_id).error
