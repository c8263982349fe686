"""What tokens cost: by a table of public prices that comes with a library, or by a price of one's own."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from storage.records import Cost, TokenCounts

NINE_DECIMALS = Decimal("0.000000001")
OWN_TABLE = "CONTACTFLOW_MODEL_PRICE"
_CLASSES = {
    "input": "input_mtok", "cached": "cache_read_mtok", "cache_write": "cache_write_mtok", "output": "output_mtok",
}  # fmt: skip
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Tariff:
    """By whom tokens are sold. `own` is "INPUT/OUTPUT" in USD per million tokens, and goes before every table."""

    base_url: str = ""
    own: str = ""


def cost(tariff: Tariff, model: str, tokens: TokenCounts, *, at: datetime, tier: str = "") -> Cost:
    """None for an amount that nobody knows; so it is where the service did not count."""
    if not (tokens.input or tokens.output):
        return Cost(None, {})
    exact = _own(tariff.own, tokens) if tariff.own else _from_table(tariff.base_url, model, tokens, at, tier)
    return replace(exact, amount=exact.amount and exact.amount.quantize(NINE_DECIMALS, ROUND_HALF_UP))


def at_worst(
    tariff: Tariff, model: str, *, input_tokens: int, output_tokens: int, at: datetime, tier: str = ""
) -> Decimal | None:
    """The most that a request of this size can cost: nothing is cached, or all of it is written to the cache."""
    plain = TokenCounts(input=input_tokens, output=output_tokens)
    ways = (plain, replace(plain, cache_write=input_tokens))
    if tariff.own:
        amounts = [_own(tariff.own, tokens).amount for tokens in ways]
    else:
        amounts = [_from_table(tariff.base_url, model, tokens, at, tier).amount for tokens in ways]
    known = [amount for amount in amounts if amount is not None]
    return max(known).quantize(NINE_DECIMALS, ROUND_CEILING) if known else None


def _own(price: str, tokens: TokenCounts) -> Cost:
    told_in, told_out = price.split("/")
    total = Decimal(told_in) * tokens.input + Decimal(told_out) * tokens.output
    return Cost(total / _MILLION, {"input": told_in, "output": told_out}, OWN_TABLE)


def _from_table(base_url: str, model: str, tokens: TokenCounts, at: datetime, tier: str) -> Cost:
    import genai_prices as table  # noqa: PLC0415 (half a second, for those who ask a model only)

    usage = table.Usage(
        input_tokens=tokens.input,
        cache_read_tokens=tokens.cached,
        cache_write_tokens=tokens.cache_write,
        output_tokens=tokens.output,
    )
    found = _found(table, base_url, model, usage, genai_request_timestamp=at, price_context=_context(tier))
    name = f"genai-prices {table.__version__}"
    if found is None:
        return Cost(None, {}, name)
    return Cost(found.total_price, _unit_prices(found.model_price, tokens.input), name)


def _context(tier: str) -> dict[str, str] | None:
    return {"service_tier": tier} if tier not in ("", "auto", "default") else None


def _found(table: Any, base_url: str, model: str, usage: Any, **when: Any) -> Any:
    """By the seller whose address it is; else the model's name must be one of OpenAI's."""
    for seller in ({"provider_api_url": base_url} if base_url else None, {"provider_id": "openai"}):
        if seller:
            try:
                return table.calc_price(usage, model, **seller, **when)
            except LookupError:
                continue
    return None


def _unit_prices(prices: Any, input_tokens: int) -> dict[str, str]:
    return {
        name: str(_at_size(price, input_tokens))
        for name, field in _CLASSES.items()
        if (price := getattr(prices, field, None)) is not None
    }


def _at_size(price: Any, input_tokens: int) -> Decimal:
    """Long prompts can cost more a token."""
    reached = [tier.price for tier in getattr(price, "tiers", ()) if input_tokens > tier.start]
    return Decimal(reached[-1] if reached else getattr(price, "base", price))
