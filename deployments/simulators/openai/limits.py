"""So many requests and so many tokens a minute: two buckets that fill steadily, as their headers truly say."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Holds `limit`, of which the share `full` is there at first, and gets as much in every `minute_s` seconds."""

    limit: int
    minute_s: float = 60.0
    full: float = 1.0
    level: float = 0.0
    at: float | None = None

    @property
    def rate(self) -> float:
        return self.limit / self.minute_s

    def fill(self, now: float) -> None:
        if self.at is None:
            self.level = self.limit * self.full
        else:
            self.level = min(self.limit, self.level + max(0.0, now - self.at) * self.rate)
        self.at = now

    def wait(self, amount: float) -> float:
        return max(0.0, (amount - self.level) / self.rate)

    def headers(self, name: str) -> dict[str, str]:
        return {
            f"x-ratelimit-limit-{name}": str(self.limit),
            f"x-ratelimit-remaining-{name}": str(max(0, int(self.level))),
            f"x-ratelimit-reset-{name}": worded((self.limit - self.level) / self.rate),
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """`wait` is 0 where no waiting helps."""

    name: str
    limit: int
    used: int
    requested: int
    wait: float


@dataclass(slots=True)
class Limits:
    """`charge`: "actual" takes what a request uses from the bucket, "asked" what it might use at most."""

    requests: Bucket = field(default_factory=lambda: Bucket(10_000))
    tokens: Bucket = field(default_factory=lambda: Bucket(10_000_000))
    charge: str = "actual"

    def set(self, *, requests: int, tokens: int, minute_s: float = 60.0, full: float = 1.0) -> None:
        self.requests = Bucket(requests, minute_s, full)
        self.tokens = Bucket(tokens, minute_s, full)

    def admit(self, tokens: int, now: float) -> Refused | None:
        wanted: Mapping[str, tuple[Bucket, int]] = {"requests": (self.requests, 1), "tokens": (self.tokens, tokens)}
        for name, (bucket, amount) in wanted.items():
            bucket.fill(now)
            if amount > bucket.level:
                wait = bucket.wait(amount) if amount <= bucket.limit else 0.0
                return Refused(name, bucket.limit, int(bucket.limit - bucket.level), amount, wait)
        for bucket, amount in wanted.values():
            bucket.level -= amount
        return None

    def spend(self, tokens: int) -> None:
        """What it took beyond what it was admitted with."""
        self.tokens.level -= tokens

    def headers(self) -> dict[str, str]:
        return {**self.requests.headers("requests"), **self.tokens.headers("tokens")}


def worded(seconds: float) -> str:
    """As OpenAI words a duration: 120ms, 8.64s, 6m0s."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"
