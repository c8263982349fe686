"""The port for sending through a service that keeps drafts, where the fate of each can be looked up; and its errors.

ProviderError
├── Refused       the mail is rejected for good; nothing was sent
├── Busy          rate limited, or temporarily unavailable
│   └── DayIsFull   the mailbox's sending quota is used up
├── Lost          no readable answer: the request may or may not have been carried out
└── NeedsReconnect, NotThere (see `base`, `http_errors`)
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from storage.campaign.claims import Claim
from tasks.providers.base import ProviderError


class Refused(ProviderError):
    pass


class Busy(ProviderError):
    """`wait` is in seconds."""

    def __init__(self, message: str, *, provider: str, status: int = 0, excerpt: str = "", wait: float) -> None:
        super().__init__(message, provider=provider, status=status, excerpt=excerpt, permanent=False)
        self.wait = wait


class DayIsFull(Busy):
    pass


class Lost(ProviderError):
    pass


class Standing(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a mail is, and its ids at the service."""

    standing: Standing
    draft_id: str = ""
    message_id: str = ""
    thread_id: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An incoming mail, with the ids of what it refers to. `is_report`: it looks like a bounce report."""

    id: str
    thread_id: str
    answers: tuple[str, ...]
    is_report: bool


class Mailer(Protocol):
    """One mailbox, opened and closed with `async with`. It makes no retries; these are up to the caller."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *trouble: object) -> None: ...

    async def draft(self, claim: Claim) -> Whereabouts:
        """Create a draft of the approved bytes, with our key."""
        ...

    async def find(self, claim: Claim) -> Whereabouts:
        """The draft or sent mail with our key."""
        ...

    async def send(self, draft_id: str) -> Whereabouts: ...

    async def look(self, claim: Claim) -> Whereabouts:
        """What became of a submitted draft; other drafts with the same key are ignored."""
        ...

    def arrivals(self, since: datetime) -> AsyncGenerator[Arrival, None]:
        """Messages that arrived in the inbox since then."""
        ...

    async def whole(self, arrival: Arrival) -> bytes:
        """The raw bytes of a message."""
        ...

    async def conversation(self, message_id: str) -> str:
        """The thread id of a sent mail with this Message-ID, perhaps another mail than ours; "" if there is none."""
        ...
