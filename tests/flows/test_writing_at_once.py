"""Two runs that would write the same mails at once, and a campaign that ends while its mails are being written."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.campaign import campaign_holds, campaign_reviews, campaigns, mail_writing
from storage.campaign.campaigns import Campaign
from storage.deciding import CannotDecide
from storage.records import MailState
from tasks.campaign.check import check
from tasks.campaign.draft import draft
from tasks.campaign.lease import Lease
from tasks.campaign.rendering import judged
from tasks.campaign.segment import segment
from tasks.rules import prompts
from tests.flows.campaign_line import BRIEF, CampaignLine
from tests.flows.house import ANN

pytestmark = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
ROUTE = "/openai/v1/responses"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the runs said in their logs."""
    log = logging.getLogger("a run")
    caplog.set_level(logging.INFO, log.name)
    monkeypatch.setattr("tasks.campaign.draft.get_run_logger", lambda: log)
    return lambda: [record.getMessage() for record in caplog.records if record.name == log.name]


def ask_again(line: CampaignLine, campaign: Campaign) -> None:
    ids = [mail.id for mail in line.mails(campaign)]
    with line.house.store.begin() as session:
        campaign_reviews.ask_again(session, line.house.scope, campaign.id, ids, "shorter", reviewer=ANN)


def leased(line: CampaignLine, campaign: Campaign, until: datetime) -> int:
    """As a run does it that dies before it writes anything."""
    with line.house.store.begin() as session:
        key = campaigns.demand_body_key(session, line.house.scope, campaign.id)
        moment = until - timedelta(minutes=1)
        return len(mail_writing.lease(session, line.house.scope, campaign.id, key, moment=moment, until=until))


def test_of_two_runs_that_would_write_a_mail_anew_one_pays_and_the_other_says_so(
    line: CampaignLine, model: Any, simulators: Simulators, said: Callable[[], list[str]]
) -> None:
    line.crowd(3)
    campaign = line.preview(brief=BRIEF)
    ask_again(line, campaign)
    before = len(model.billing.bills)
    simulators.world.faults.add(Fault("slow", ROUTE, ms=200, times=3))

    async def both() -> None:
        await asyncio.gather(draft.fn(campaign.id), draft.fn(campaign.id))

    asyncio.run(both())
    check.fn(campaign.id)
    assert len(model.billing.bills) - before == 3
    assert said() == ["3 mails are being written by another run: they are not asked for twice"]
    assert len(line.mails(campaign, MailState.GENERATED)) == 3


def test_who_asks_for_a_mail_that_is_being_written_is_told_so(line: CampaignLine, model: Any) -> None:
    del model
    line.crowd(2)
    campaign = line.preview(brief=BRIEF)
    ask_again(line, campaign)
    with pytest.raises(CannotDecide, match="2 of these mails are being written anew already"):
        ask_again(line, campaign)


def test_what_was_in_the_hands_of_a_run_that_died_is_written_by_the_next(
    line: CampaignLine, model: Any, said: Callable[[], list[str]]
) -> None:
    line.crowd(2)
    campaign = line.preview(brief=BRIEF)
    ask_again(line, campaign)
    assert leased(line, campaign, datetime.now(UTC)) == 2
    before = len(model.billing.bills)
    asyncio.run(draft.fn(campaign.id))
    assert (len(model.billing.bills) - before, said()) == (2, [])


def test_a_run_that_begins_again_waits_for_what_its_own_dead_process_holds(line: CampaignLine, model: Any) -> None:
    line.crowd(2)
    campaign_id = line.open(brief=BRIEF)
    segment.fn(campaign_id)
    campaign = line.campaign(campaign_id)
    assert leased(line, campaign, datetime.now(UTC) + timedelta(seconds=0.5)) == 2
    asyncio.run(draft.fn(campaign_id))
    assert len(line.mails(campaign, MailState.GENERATED)) == len(model.billing.bills) == 2


def test_a_run_that_breaks_off_lets_go_of_its_mails(
    line: CampaignLine, model: Any, said: Callable[[], list[str]]
) -> None:
    del model
    line.crowd(2)
    campaign = line.preview(brief=BRIEF)
    ask_again(line, campaign)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.campaign.draft.letter_for", _broken)
        with pytest.raises(ExceptionGroup):
            asyncio.run(draft.fn(campaign.id))
    asyncio.run(draft.fn(campaign.id))
    assert (len(line.mails(campaign, MailState.GENERATED)), said()) == (2, [])


async def _broken(*_: Any) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize("step", [draft.fn, check.fn], ids=["drafting", "checking"])
def test_what_was_being_written_when_the_campaign_was_cancelled_stays_left_out(
    line: CampaignLine, model: Any, monkeypatch: pytest.MonkeyPatch, step: Callable[..., Any]
) -> None:
    del model
    line.crowd(2)
    campaign_id = line.open(brief=BRIEF)
    segment.fn(campaign_id)
    if step is check.fn:
        asyncio.run(draft.fn(campaign_id))
    read = prompts.letter_of if step is draft.fn else judged

    def cancelled_meanwhile(*what: Any, **how: Any) -> Any:
        with suppress(CannotDecide), line.house.store.begin() as session:  # it is cancelled once
            campaign_holds.cancel(session, line.house.scope, campaign_id, actor=ANN)
        return read(*what, **how)

    name = "tasks.campaign.writing.prompts.letter_of" if step is draft.fn else "tasks.campaign.check.judged"
    monkeypatch.setattr(name, cancelled_meanwhile)
    done = step(campaign_id)
    if asyncio.iscoroutine(done):
        asyncio.run(done)
    numbers = line.statistics(line.campaign(campaign_id))
    assert (numbers.rejected, numbers.waiting, numbers.adds_up) == (2, 0, True)


def test_a_lease_outlives_a_database_that_is_away_for_a_moment(
    line: CampaignLine, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    del model
    line.crowd(1)
    campaign = line.preview(brief=BRIEF)
    ask_again(line, campaign)
    with line.house.store.read() as session:
        key = campaigns.demand_body_key(session, line.house.scope, campaign.id)
    lease = Lease(line.house.store, line.house.scope, campaign.id, key)
    usual, beats, renewed = mail_writing.renew, count(), threading.Event()

    def renew(*about: Any, **more: Any) -> None:
        if next(beats) == 0:
            raise OperationalError("UPDATE", {}, Exception("the database is away"))
        usual(*about, **more)
        renewed.set()

    async def written() -> None:
        async with lease.kept_alive():
            assert await asyncio.to_thread(renewed.wait, 10)
            assert lease.held_by_others() == 1, "it counts on"

    assert len(lease.acquire()) == 1
    monkeypatch.setattr(mail_writing, "renew", renew)
    monkeypatch.setattr("tasks.campaign.lease.HEARTBEAT", 0.5)
    asyncio.run(written())
    assert lease.held_by_others() == 0
