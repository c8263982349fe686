"""Per-mailbox statistics of client requests: counts, concurrency, and violations of the providers' rules."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Account:
    """Statistics of one mailbox; those under the name "" are of requests without a known access token."""

    requests: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    too_early: int = 0
    """Requests sent before an earlier Retry-After had elapsed."""
    not_before: float = 0.0
    paths: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Ledger:
    accounts: dict[str, Account] = field(default_factory=dict)

    def of(self, mailbox: str) -> Account:
        return self.accounts.setdefault(mailbox, Account())

    def broke(self, mailbox: str, rule: str) -> None:
        self.of(mailbox).broken[rule] += 1

    def arrive(self, mailbox: str, path: str, now: float) -> Account:
        account = self.of(mailbox)
        account.requests += 1
        account.paths[path] += 1
        account.in_flight += 1
        account.max_in_flight = max(account.max_in_flight, account.in_flight)
        account.too_early += now < account.not_before
        return account

    def clear(self) -> None:
        self.accounts.clear()
