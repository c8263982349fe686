"""What a language model was asked for, and what it cost."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class UsageState(StrEnum):
    """`unknown`: the request was sent, but whether it was carried out and billed is not known."""

    STARTED = "started"
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    GENERATE = "generate"
    REGENERATE = "regenerate"
    EMBED = "embed"
    OPINION = "opinion"


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """As the service counted them; cached and cache-write tokens are part of the input, reasoning of the output."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """In USD to nine decimals; `amount` is None where the price is not known, never 0 for that reason.

    `unit_prices` are USD per million tokens by class; `table` names the version of the price table.
    """

    amount: Decimal | None
    unit_prices: dict[str, str]
    table: str = ""
