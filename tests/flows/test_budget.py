"""However many write at once, and whatever is lost on the way: never a cent over the budget, and the books add up."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.campaign import tallies, usage
from storage.campaign.campaigns import Campaign
from storage.campaign.usage import Attempt, Budget
from storage.records import CampaignStatus, MailState, Purpose, UsageState
from tasks.campaign.draft import SPENT, draft
from tasks.campaign.segment import segment
from tasks.providers.language.metering import PROVIDER, Meter
from tasks.providers.language.model import Billed, ModelError, Unusable
from tasks.providers.language.models import tariff
from tests.flows.campaign_line import BRIEF, CampaignLine
from tests.usages import usages

ROOT = Path(__file__).parents[2]
WORKERS = 8
LIMIT = Decimal("1.00")
IN, OUT = Decimal(20), Decimal(80)  # USD per million tokens: some thirty letters for the limit
NANO = Decimal("0.000000001")

pytestmark = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def model(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One that is dear, loses every tenth reply, and fails at every tenth request."""
    from storage.settings import settings  # noqa: PLC0415 (after the environment is set)

    monkeypatch.setattr("tasks.campaign.writing.LONGEST_WAIT", 0.01)
    monkeypatch.setenv("OPENAI_BASE_URL", simulators.urls.openai_base_url)
    monkeypatch.setenv("OPENAI_API_KEY", simulators.urls.openai_api_key)
    monkeypatch.setenv("CONTACTFLOW_MODEL_PRICE", f"{IN}/{OUT}")
    settings.cache_clear()
    simulators.world.faults.add(Fault("reply_lost", "/openai/v1/responses", share=0.1, seed=1, times=0))
    simulators.world.faults.add(Fault("status", "/openai/v1/responses", status=500, share=0.1, seed=2, times=0))
    return simulators.world.openai


def unwritten(line: CampaignLine, people: int, limit: Decimal = LIMIT) -> Campaign:
    """As if the forecast had been too low: it stops what is dearer than its budget."""
    line.crowd(people)
    campaign_id = line.open(brief=BRIEF, budget=float(limit))
    segment.fn(campaign_id)
    return line.campaign(campaign_id)


def budget_of(line: CampaignLine, campaign: Campaign) -> Budget:
    with line.house.store.read() as session:
        return usage.budget(session, line.house.scope, campaign.budget_id)


def never_over(line: CampaignLine, campaign: Campaign) -> Budget:
    now = budget_of(line, campaign)
    assert now.limit is not None
    assert now.reserved + now.spent <= now.limit + NANO / 2  # SQLite counts in floating numbers
    return now


def assert_the_books_add_up(line: CampaignLine, campaign: Campaign, model: Any) -> Decimal:
    with line.house.store.begin() as session:
        entries = usages(session, line.house.scope, campaign.budget_id)
        tallies.keep(session, line.house.scope, campaign.id)
    spent = sum((entry.cost or Decimal(0) for entry in entries), Decimal(0))
    kept, billed = line.campaign(campaign.id), model.billing.total
    assert kept.total_cost == spent == spent.quantize(NANO)
    assert never_over(line, campaign).reserved.quantize(NANO) == 0
    assert budget_of(line, campaign).spent.quantize(NANO) == spent
    assert (billed["input_tokens"] * IN + billed["output_tokens"] * OUT) / 1_000_000 <= spent <= LIMIT
    assert line.statistics(campaign).adds_up
    return spent


@contextmanager
def writing(campaign: Campaign) -> Iterator[Sequence[Future[Any]]]:
    with ThreadPoolExecutor(WORKERS) as pool:
        yield [pool.submit(asyncio.run, draft.fn(campaign.id)) for _ in range(WORKERS)]


def test_eight_who_write_at_once_never_spend_a_cent_too_much(line: CampaignLine, model: Any) -> None:
    campaign = unwritten(line, 60)
    with writing(campaign) as workers:
        while not all(worker.done() for worker in workers):
            never_over(line, campaign)
            time.sleep(0.02)
    for worker in workers:
        worker.result()
    spent = assert_the_books_add_up(line, campaign, model)
    assert spent > LIMIT * 3 / 4
    standing = {mail.reason for mail in line.mails(campaign, MailState.FAILED)}
    assert standing == {SPENT}
    assert line.mails(campaign, MailState.GENERATED)


def test_what_is_only_set_aside_is_waited_for(line: CampaignLine, simulators: Simulators, model: Any) -> None:
    """A call may cost five times what it does; all letters fit into the budget, and none is given up."""
    simulators.world.faults.clear()
    campaign = unwritten(line, 12)
    asyncio.run(draft.fn(campaign.id))
    assert len(line.mails(campaign, MailState.GENERATED)) == 12
    assert_the_books_add_up(line, campaign, model)


def test_calls_that_are_called_off_because_another_failed_for_good_count_in_full(
    line: CampaignLine, simulators: Simulators, model: Any
) -> None:
    """Nobody hears any more what they came to, and a campaign that failed writes nothing that would find them."""
    simulators.world.faults.clear()
    simulators.world.faults.add(Fault("status", "/openai/v1/responses", status=401, after=3))
    simulators.world.faults.add(Fault("slow", "/openai/v1/responses", ms=3000, times=0))
    campaign = unwritten(line, 12)
    with pytest.raises(ModelError):
        asyncio.run(draft.fn(campaign.id))
    with line.house.store.read() as session:
        entries = usages(session, line.house.scope, campaign.budget_id)
    assert UsageState.UNKNOWN in {entry.state for entry in entries}
    assert UsageState.STARTED not in {entry.state for entry in entries}
    never = {(entry.state, entry.cost) for entry in entries if entry.error == "never asked"}
    assert never <= {(UsageState.FAILED, Decimal(0))}
    assert assert_the_books_add_up(line, campaign, model) > 0


def test_calls_that_waited_for_their_turn_when_the_key_was_refused_cost_nothing(
    line: CampaignLine, simulators: Simulators, model: Any
) -> None:
    del model  # it is set up
    simulators.world.faults.clear()
    simulators.world.faults.add(Fault("status", "/openai/v1/responses", status=401, times=0))
    campaign = unwritten(line, 6)
    with pytest.raises(ModelError):
        asyncio.run(draft.fn(campaign.id))
    with line.house.store.read() as session:
        entries = usages(session, line.house.scope, campaign.budget_id)
    under_way = [entry for entry in entries if entry.state == UsageState.UNKNOWN]
    assert len(under_way) <= 1  # the key is refused to one at a time
    assert {(entry.state, entry.cost) for entry in entries if entry not in under_way} == {
        (UsageState.FAILED, Decimal(0))
    }
    assert budget_of(line, campaign).reserved.quantize(NANO) == 0


def test_what_a_call_came_to_is_put_down_even_where_it_is_called_off_before_a_thread_is_free(
    line: CampaignLine, model: Any
) -> None:
    del model  # it is set up
    campaign = unwritten(line, 1)
    meter = Meter(line.house.store, line.house.scope, campaign.budget_id, tariff())
    busy, told = threading.Event(), asyncio.Event()

    async def refused() -> Any:
        asyncio.get_running_loop().run_in_executor(None, busy.wait)
        told.set()
        raise Unusable("the key is refused", permanent=True, billed=Billed.NO, code="401")

    async def called_off() -> None:
        with ThreadPoolExecutor(1) as only:
            asyncio.get_running_loop().set_default_executor(only)
            entry = Attempt(Purpose.GENERATE, PROVIDER, campaign.model, None, campaign_id=campaign.id)
            call = asyncio.create_task(meter.metered(entry, (10, 10), refused))
            await asyncio.wait_for(told.wait(), 5)
            await asyncio.sleep(0.05)  # it waits for a thread by now
            call.cancel()
            await asyncio.sleep(0)
            busy.set()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(called_off())
    with line.house.store.read() as session:
        (entry,) = usages(session, line.house.scope, campaign.budget_id)
    assert (entry.state, entry.cost) == (UsageState.FAILED, Decimal(0))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_eight_processes_that_write_many_never_spend_a_cent_too_much(line: CampaignLine, model: Any) -> None:
    campaign = unwritten(line, 400)
    code = f"import asyncio; from tasks.campaign.draft import draft; asyncio.run(draft.fn({campaign.id!r}))"
    workers = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(WORKERS)]
    try:
        while any(worker.poll() is None for worker in workers):
            never_over(line, campaign)
            time.sleep(0.01)
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0] * WORKERS
    assert line.campaign(campaign.id).status is CampaignStatus.GENERATING
    print(f"spent {assert_the_books_add_up(line, campaign, model)} USD of {LIMIT}")
