"""Many ask one model at once, for real: all are answered, nearly as soon as limits allow; a minute lasts seconds."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from tasks.providers.language.model import Answer, Billed, Throttled, Unusable
from tasks.providers.language.model_turns import PacedModel, Turns
from tasks.providers.language.openai import OpenAIModel
from tests.models.conftest import question


async def persisting(model: PacedModel, refusals: list[Throttled]) -> Answer[Any]:
    while True:
        try:
            return await model.write(question(max_output_tokens=800), tokens=550)
        except Throttled as refused:
            refusals.append(refused)


async def test_two_hundred_questions_are_all_answered_at_the_pace_that_the_limits_allow(
    new_model: Callable[..., OpenAIModel], service: Any
) -> None:
    service.limits.set(requests=200, tokens=1_000_000, minute_s=6, full=0.05)
    service.latency_ms = 100
    refusals: list[Throttled] = []
    async with new_model() as model:
        await model.count(question())  # what opening costs is not what is measured
        paced = PacedModel(model, Turns())
        started = time.monotonic()
        answers = await asyncio.gather(*(persisting(paced, refusals) for _ in range(200)))
        took = time.monotonic() - started
    assert len(answers) == service.billing.total["requests"] == 200
    assert len(refusals) <= 4
    assert took <= 1.25 * 6 * 0.95  # other work runs on this machine; `make bench` measures the ratio


async def test_who_gives_up_waiting_or_asking_leaves_the_turn_to_others(
    new_model: Callable[..., OpenAIModel], service: Any
) -> None:
    service.latency_ms = 300
    turns = Turns()
    async with new_model() as model:
        paced = PacedModel(model, turns)
        asking = [asyncio.create_task(paced.write(question())) for _ in range(2)]
        await asyncio.sleep(0.1)
        assert turns.pace.under_way == 1
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        assert turns.pace.under_way == 0
        assert (await asyncio.wait_for(paced.write(question()), 5)).value.subject


async def test_a_days_limit_that_is_spent_stops_everything_and_says_when_to_go_on(
    new_model: Callable[..., OpenAIModel], service: Any
) -> None:
    service.limits.set(requests=100, tokens=1_000_000, minute_s=86_400, full=0.02)
    async with new_model() as model:
        paced = PacedModel(model, Turns(longest=60))
        await paced.write(question())
        with pytest.raises(Unusable, match=r"leave room again in 0\.\d hours") as spent:
            await paced.write(question())
    assert (spent.value.code, spent.value.billed) == ("limits_spent", Billed.NO)
    assert 60 < spent.value.wait <= 2000


async def test_an_error_ends_the_turn(new_model: Callable[..., OpenAIModel]) -> None:
    turns = Turns()
    async with new_model(api_key="sk-wrong") as model:
        with pytest.raises(Exception, match="OPENAI_API_KEY"):
            await PacedModel(model, turns).write(question())
    assert turns.pace.under_way == 0


async def test_embeddings_take_turns_too(model: OpenAIModel) -> None:
    turns = Turns()
    found = await PacedModel(model, turns).embed(["Contoso"], model="text-embedding-3-small")
    assert len(found.values) == 1
    assert turns.pace.tokens.told
