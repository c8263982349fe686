"""What every request was really billed: the truth that a client's own books are compared with."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bill:
    request_id: str
    endpoint: str
    model: str
    tier: str
    outcome: str
    input_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    stored: bool = False
    """Whether the service was allowed to keep the answer."""


COUNTED = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")


@dataclass(slots=True)
class Billing:
    bills: list[Bill] = field(default_factory=list)
    unbilled: Counter[str] = field(default_factory=Counter)
    """Requests that cost nothing, by the code of their error."""

    def of(self, request_id: str) -> Iterator[Bill]:
        return (bill for bill in self.bills if bill.request_id == request_id)

    @property
    def total(self) -> dict[str, int]:
        return {
            "requests": len(self.bills),
            **{name: sum(getattr(bill, name) for bill in self.bills) for name in COUNTED},
        }

    def clear(self) -> None:
        self.bills.clear()
        self.unbilled.clear()
