"""A mail that was to be written anew and could not be keeps the letter that it had, and says why."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.openai.modes import Mode
from deployments.simulators.server import Simulators
from storage.campaign import campaign_reviews, mail_recovery
from storage.campaign.usage import BudgetSpent
from storage.records import MailState
from tasks.campaign.check import check
from tasks.campaign.draft import SPENT, draft
from tests.flows.campaign_line import BRIEF, CampaignLine
from tests.flows.house import ANN

pytestmark = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
Trouble = Callable[[Any, Simulators, pytest.MonkeyPatch], None]


def spent(_model: Any, _simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none_left(*_: Any) -> None:
        raise BudgetSpent(Decimal(0), Decimal(1), for_good=True)

    monkeypatch.setattr("tasks.campaign.draft.letter_for", none_left)


def declined(model: Any, _simulators: Simulators, _monkeypatch: pytest.MonkeyPatch) -> None:
    model.modes.append(Mode("refusal", times=2))


def locked_out(_model: Any, simulators: Simulators, _monkeypatch: pytest.MonkeyPatch) -> None:
    simulators.world.faults.add(Fault("status", "/openai/v1/responses", status=401, times=0))


def rewritten(campaign_id: str) -> None:
    asyncio.run(draft.fn(campaign_id))
    check.fn(campaign_id)


@pytest.mark.parametrize(("trouble", "why"), [(spent, SPENT), (declined, "declines"), (locked_out, "OPENAI_API_KEY")])
def test_it_keeps_its_letter_and_can_be_approved(
    line: CampaignLine, model: Any, simulators: Simulators, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, why: str
) -> None:
    line.crowd(2)
    campaign = line.preview(brief=BRIEF)
    before = line.mails(campaign)
    with line.house.store.begin() as session:
        ids = [mail.id for mail in before]
        campaign_reviews.ask_again(session, line.house.scope, campaign.id, ids, "shorter", reviewer=ANN)
    trouble(model, simulators, monkeypatch)
    rewritten(campaign.id)
    after = line.mails(campaign)
    assert [(mail.state, mail.content_hash) for mail in after] == [
        (MailState.GENERATED, mail.content_hash) for mail in before
    ]
    assert all(mail.reason.startswith("as before, for it was not written anew: ") for mail in after)
    assert all(why in mail.reason for mail in after)
    simulators.world.faults.clear()
    assert line.approve(line.campaign(campaign.id)).statistics.sent == 2


def test_what_had_no_letter_fails_again_and_keeps_nobody_waiting(
    line: CampaignLine, model: Any, simulators: Simulators
) -> None:
    line.crowd(2)
    model.modes.append(Mode("refusal", times=1))
    campaign = line.preview(brief=BRIEF)
    with line.house.store.begin() as session:
        mail_recovery.retry_failed(session, line.house.scope, campaign.id, actor=ANN)
    simulators.world.faults.add(Fault("status", "/openai/v1/responses", status=401, times=0))
    rewritten(campaign.id)
    [failed] = line.mails(campaign, MailState.FAILED)
    assert "OPENAI_API_KEY" in failed.reason
    simulators.world.faults.clear()
    assert line.approve(line.campaign(campaign.id)).statistics.sent == 1
