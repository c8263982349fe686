"""Fault injection: which faults, for which requests."""

import email.utils
import random
from dataclasses import dataclass, field

KINDS = ("status", "reset", "reply_lost", "masked", "asks_to_wait", "slow", "truncated", "cut", "html")


@dataclass(slots=True)
class Fault:
    """`kind`:

    status      answer `status` with the provider's own kind of error body (`code` names the error)
    reset       drop the connection before doing anything
    reply_lost  process the request, then drop the connection
    masked      process the request, then answer `status` all the same
    asks_to_wait  answer as usual, but with a Retry-After header
    slow        wait `ms`, then answer as usual
    truncated   a well-formed response with half of the body
    cut         drop the connection in the middle of the body
    html        a proxy's error page, with `status`

    It applies to requests whose path contains `route` (and whose mailbox and method are those given, if any), skips
    the first `after` of them, and ends after `times` (0: never). Of these only the `share` fails, chosen by `seed`.
    `retry_after` is in seconds; with `http_date` it is sent as a date. At SMTP the paths are /smtp/MAIL, /smtp/RCPT,
    /smtp/DATA, /smtp/END and so on, and only faults whose `route` begins with /smtp apply.
    """

    kind: str
    route: str = ""
    mailbox: str = ""
    method: str = ""
    status: int = 503
    code: str = ""
    retry_after: float | None = None
    http_date: bool = False
    ms: int = 0
    after: int = 0
    times: int = 1
    share: float = 1.0
    seed: int = 0
    hits: int = 0
    befallen: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault of the kind {self.kind!r}; there are {', '.join(KINDS)}")

    def befalls(self, path: str, mailbox: str, method: str) -> bool:
        if self.route not in path or self.mailbox not in ("", mailbox) or self.method not in ("", method):
            return False
        self.hits += 1
        over = self.times and self.befallen >= self.times
        if self.hits <= self.after or over or not self._likely():
            return False
        self.befallen += 1
        return True

    def _likely(self) -> bool:
        return self.share >= 1 or random.Random(f"{self.seed}/{self.hits}").random() < self.share

    def retry_header(self, now: float) -> str:
        if self.retry_after is None:
            return ""
        if self.http_date:
            return email.utils.formatdate(now + self.retry_after, usegmt=True)
        return f"{self.retry_after:g}"


@dataclass(slots=True)
class Faults:
    active: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        self.active.append(fault)
        return fault

    def for_request(self, path: str, mailbox: str, method: str) -> Fault | None:
        befalling = [fault for fault in self.active if fault.befalls(path, mailbox, method)]
        return befalling[0] if befalling else None

    def clear(self) -> None:
        self.active.clear()
