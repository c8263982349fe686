"""What tokens cost, to nine decimals; what nobody knows is not nought."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import TokenCounts
from tasks.rules.prices import OWN_TABLE, Tariff, at_worst, cost

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OPENAI = Tariff("https://api.openai.com/v1")
LOCAL = Tariff("http://127.0.0.1:11434/v1")
counts = st.integers(0, 400_000)
MODELS = ["gpt-5.4-mini", "gpt-6-luna", "gpt-6-astra"]


def test_each_class_of_tokens_has_its_price_and_the_prices_are_told() -> None:
    priced = cost(OPENAI, "gpt-5.4-mini", TokenCounts(input=2000, cached=1500, output=300, reasoning=100), at=NOW)
    assert priced.amount == Decimal("0.001837500")
    assert priced.unit_prices == {"input": "0.75", "cached": "0.075", "output": "4.5"}
    assert priced.table.startswith("genai-prices ")


def test_the_model_that_was_served_has_the_price_of_the_one_asked_for() -> None:
    tokens = TokenCounts(input=1000, output=100)
    asked, served = (cost(OPENAI, name, tokens, at=NOW).amount for name in ("gpt-6-luna", "gpt-6-luna-2026-09-15"))
    assert asked == served


def test_writing_to_the_cache_costs_more_and_flex_costs_half() -> None:
    tokens = TokenCounts(input=2000, output=100)
    plain = cost(OPENAI, "gpt-6-luna", tokens, at=NOW).amount
    written = cost(OPENAI, "gpt-6-luna", TokenCounts(input=2000, cache_write=2000, output=100), at=NOW).amount
    assert plain
    assert written
    assert written > plain
    assert cost(OPENAI, "gpt-6-luna", tokens, at=NOW, tier="flex").amount == plain / 2
    assert cost(OPENAI, "gpt-6-luna", tokens, at=NOW, tier="default").amount == plain


def test_a_long_prompt_is_told_at_the_price_it_had() -> None:
    long = cost(OPENAI, "gpt-6-luna", TokenCounts(input=300_000), at=NOW)
    assert long.unit_prices["input"] == "0.2"
    assert long.amount == Decimal("0.06")


@pytest.mark.parametrize("tariff", [OPENAI, LOCAL])
def test_an_unknown_price_is_none_and_never_nought(tariff: Tariff) -> None:
    assert cost(tariff, "llama-of-ours", TokenCounts(input=1000), at=NOW).amount is None
    assert at_worst(tariff, "llama-of-ours", input_tokens=1000, output_tokens=10, at=NOW) is None


def test_what_was_not_counted_has_no_price() -> None:
    assert cost(OPENAI, "gpt-5.4-mini", TokenCounts(), at=NOW).amount is None


def test_a_price_of_ones_own_goes_before_every_table() -> None:
    own = Tariff("http://127.0.0.1:11434/v1", own="0.10/0.40")
    priced = cost(own, "llama-of-ours", TokenCounts(input=1_000_000, output=500_000), at=NOW)
    assert (priced.amount, priced.table) == (Decimal("0.3"), OWN_TABLE)
    assert cost(Tariff(own="0/0"), "gpt-5.4-mini", TokenCounts(input=9), at=NOW).amount == 0


def test_embeddings_have_their_price() -> None:
    assert cost(OPENAI, "text-embedding-3-small", TokenCounts(input=1_000_000), at=NOW).amount == Decimal("0.02")


@given(
    model=st.sampled_from(MODELS),
    size=st.integers(1, 400_000),
    most=counts,
    parts=st.tuples(*[st.floats(0, 1)] * 3),
    own=st.booleans(),
)
def test_no_request_costs_more_than_its_worst(
    *, model: str, size: int, most: int, parts: tuple[float, float, float], own: bool
) -> None:
    tariff = Tariff(own="0.1/0.4") if own else OPENAI
    cached = int(size * parts[0])
    tokens = TokenCounts(
        input=size, cached=cached, cache_write=int((size - cached) * parts[1]), output=int(most * parts[2])
    )
    worst = at_worst(tariff, model, input_tokens=size, output_tokens=most, at=NOW)
    amount = cost(tariff, model, tokens, at=NOW).amount
    assert worst is not None
    assert amount is not None
    assert 0 <= amount <= worst
    assert amount == round(amount, 9)
