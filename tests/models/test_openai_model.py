"""Everything that a model can answer is a value or one of the port's errors, with what it cost; and nothing leaks."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.openai.modes import Mode
from storage.records import TokenCounts
from tasks.providers.language.model import (
    Billed,
    ModelError,
    Size,
    Throttled,
    Unanswerable,
    Unavailable,
    Unfit,
    Unusable,
    estimated,
)
from tasks.providers.language.openai import EMBED_AT_ONCE, OpenAIModel, Style
from tests.models.conftest import ANNA, question

ROUTE = "/openai/v1/responses"
STYLES = [Style.RESPONSES, Style.CHAT]


@pytest.fixture(params=STYLES)
async def either(request: pytest.FixtureRequest, new_model: Callable[..., OpenAIModel]) -> Any:
    async with new_model(style=request.param) as opened:
        yield opened


async def failing(asking: OpenAIModel, **wishes: Any) -> ModelError:
    with pytest.raises(ModelError) as failure:
        await asking.write(question(**wishes))
    return failure.value


def billed_tokens(service: Any) -> TokenCounts:
    total = service.billing.total
    return TokenCounts(**{name: total[f"{name}_tokens"] for name in TokenCounts.__slots__})


async def test_an_answer_brings_the_value_and_a_receipt_equal_to_the_bill(either: OpenAIModel, service: Any) -> None:
    service.reasoning_tokens = 50
    answer = await either.write(question())
    assert answer.value.greeting.endswith("Anna Novak,")
    assert answer.receipt.tokens == billed_tokens(service)
    assert answer.receipt.tokens.reasoning == 50
    assert answer.receipt.model_served == "gpt-5.4-mini-2026-03-17"
    assert answer.receipt.request_id == f"req_{service.serial:032x}"
    assert answer.receipt.limits.tokens
    assert answer.receipt.latency_ms >= 0


async def test_nothing_is_left_with_the_service(either: OpenAIModel, service: Any) -> None:
    await either.write(question())
    assert not any(bill.stored for bill in service.billing.bills)


async def test_the_tier_asked_for_is_served_and_told(model: OpenAIModel) -> None:
    assert (await model.write(question())).receipt.tier == "default"
    assert (await model.write(question(tier="flex"))).receipt.tier == "flex"


async def test_the_service_counts_what_it_will_bill(model: OpenAIModel, service: Any) -> None:
    size = await model.count(question())
    await model.write(question())
    assert size == Size(service.billing.total["input_tokens"], exact=True)


@pytest.mark.parametrize(
    ("mode", "kind", "permanent", "code"),
    [
        ("malformed", Unfit, False, "malformed"),
        ("truncated", Unfit, False, "truncated"),
        ("refusal", Unanswerable, True, "refusal"),
        ("content_filter", Unanswerable, True, "content_filter"),
    ],
)
async def test_a_useless_answer_is_an_error_that_tells_its_bill(
    either: OpenAIModel, service: Any, mode: str, kind: type[ModelError], *, permanent: bool, code: str
) -> None:
    service.modes.append(Mode(mode))
    error = await failing(either)
    assert (type(error), error.permanent, error.billed, error.code) == (kind, permanent, Billed.YES, code)
    assert error.receipt.tokens == billed_tokens(service)


async def test_too_few_tokens_allowed_cut_the_answer_short(either: OpenAIModel) -> None:
    error = await failing(either, max_output_tokens=20)
    assert (error.code, error.receipt.tokens.output) == ("truncated", 20)


@pytest.mark.parametrize(
    ("fault", "kind", "permanent", "billed"),
    [
        (Fault("status", status=429, retry_after=7), Throttled, False, Billed.NO),
        (Fault("status", status=429, code="insufficient_quota"), Unusable, True, Billed.NO),
        (Fault("status", status=401), Unusable, True, Billed.NO),
        (Fault("status", status=307), Unusable, True, Billed.NO),
        (Fault("status", status=403), Unusable, True, Billed.NO),
        (Fault("status", status=400, code="context_length_exceeded"), Unanswerable, True, Billed.NO),
        (Fault("status", status=422), Unanswerable, True, Billed.NO),
        (Fault("status", status=500), Unavailable, False, Billed.UNKNOWN),
        (Fault("status", status=503), Unavailable, False, Billed.UNKNOWN),
        (Fault("html", status=502), Unavailable, False, Billed.UNKNOWN),
        (Fault("html", status=200), Unavailable, False, Billed.UNKNOWN),
        (Fault("reset"), Unavailable, False, Billed.UNKNOWN),
        (Fault("reply_lost"), Unavailable, False, Billed.UNKNOWN),
        (Fault("truncated"), Unavailable, False, Billed.UNKNOWN),
        (Fault("cut"), Unavailable, False, Billed.UNKNOWN),
    ],
)
async def test_every_trouble_has_its_error(
    either: OpenAIModel, simulators: Any, fault: Fault, kind: type[ModelError], *, permanent: bool, billed: Billed
) -> None:
    simulators.world.faults.add(replace(fault))
    error = await failing(either)
    assert (type(error), error.permanent, error.billed) == (kind, permanent, billed)
    assert error.wait == (fault.retry_after or 0)
    assert simulators.world.ledger.of("openai").requests == 1


async def test_a_lost_reply_was_billed_and_is_asked_once_only(model: OpenAIModel, simulators: Any) -> None:
    simulators.world.faults.add(Fault("reply_lost", route=ROUTE))
    assert (await failing(model)).billed is Billed.UNKNOWN
    assert simulators.world.openai.billing.total["requests"] == 1


async def test_a_slow_answer_is_given_up_and_may_have_been_billed(
    new_model: Callable[..., OpenAIModel], simulators: Any
) -> None:
    simulators.world.faults.add(Fault("slow", ms=1500))
    async with new_model(timeout=0.2) as model:
        assert (await failing(model)).billed is Billed.UNKNOWN


async def test_a_server_that_is_not_there_bills_nothing(new_model: Callable[..., OpenAIModel]) -> None:
    async with new_model(base_url="http://127.0.0.1:9/v1") as model:
        error = await failing(model)
    assert (type(error), error.billed) == (Unavailable, Billed.NO)
    assert "OPENAI_BASE_URL" in str(error)


async def test_a_wrong_key_stops_everything(new_model: Callable[..., OpenAIModel]) -> None:
    async with new_model(api_key="sk-wrong") as model:
        error = await failing(model)
    assert (type(error), error.permanent, error.code) == (Unusable, True, "invalid_api_key")


async def test_no_key_at_all_is_the_same_error_and_no_crash(new_model: Callable[..., OpenAIModel]) -> None:
    async with new_model(api_key="") as model:
        assert isinstance(await failing(model), Unusable)


async def test_a_model_that_is_not_there_stops_everything_in_either_style(either: OpenAIModel) -> None:
    assert isinstance(await failing(either, model="gpt-none"), Unusable)


async def test_a_question_larger_than_the_context_is_never_answered(either: OpenAIModel, service: Any) -> None:
    service.context_window = 100
    error = await failing(either)
    assert (type(error), error.code) == (Unanswerable, "context_length_exceeded")


async def test_a_question_larger_than_a_minutes_tokens_is_never_answered(either: OpenAIModel, service: Any) -> None:
    service.limits.set(requests=100, tokens=50)
    error = await failing(either)
    assert (type(error), error.permanent, error.billed) == (Unanswerable, True, Billed.NO)


async def test_a_server_without_responses_is_asked_by_chat_from_then_on(
    new_model: Callable[..., OpenAIModel], simulators: Any
) -> None:
    service = simulators.world.openai
    service.lacks = ("responses", "responses/input_tokens")
    async with new_model() as model:
        assert await model.count(question()) == estimated(question())
        for _ in range(2):
            assert (await model.write(question())).value.subject
    assert simulators.world.ledger.of("openai").paths[ROUTE] == 1
    assert service.billing.total["requests"] == 2


async def test_a_server_that_must_be_asked_by_responses_is_not_asked_otherwise(
    new_model: Callable[..., OpenAIModel], service: Any
) -> None:
    service.lacks = ("responses",)
    async with new_model(style=Style.RESPONSES) as model:
        assert isinstance(await failing(model), Unusable)


@pytest.mark.parametrize("facts", [ANNA, {}, {"notes": "Größe 漢字 " * 200}, {"notes": "{[:,;.!?]}" * 300}])
async def test_an_estimate_is_never_too_low(model: OpenAIModel, facts: Any) -> None:
    guess, counted = estimated(question(facts)), await model.count(question(facts))
    assert not guess.exact
    assert counted.tokens <= guess.tokens


async def test_vectors_come_in_the_order_of_their_texts(model: OpenAIModel, service: Any) -> None:
    both = await model.embed(["Contoso", "Fabrikam"], model="text-embedding-3-small")
    alone = await model.embed(["Fabrikam"], model="text-embedding-3-small")
    assert both.values[1] == alone.values[0]
    assert both.receipt.tokens.input + alone.receipt.tokens.input == service.billing.total["input_tokens"]


@pytest.mark.parametrize("texts", [[], [""], ["a"] * (EMBED_AT_ONCE + 1)])
async def test_texts_that_the_service_would_refuse_are_not_sent(model: OpenAIModel, texts: list[str]) -> None:
    with pytest.raises(ValueError, match="none of them empty"):
        await model.embed(texts, model="text-embedding-3-small")


@pytest.mark.parametrize("mode", ["malformed", "refusal", "truncated", "content_filter"])
async def test_neither_errors_nor_logs_tell_of_a_person(
    either: OpenAIModel, simulators: Any, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    caplog.set_level(logging.DEBUG)
    simulators.world.openai.modes.append(Mode(mode, times=1))
    errors = [await failing(either)]
    await either.write(question())
    simulators.world.faults.add(Fault("status", status=500))
    errors.append(await failing(either))
    told = caplog.text + "".join("".join(traceback.format_exception(error)) for error in errors)
    assert "Novak" not in told
    assert "Contoso" not in told
    assert "Write a short mail" not in told
