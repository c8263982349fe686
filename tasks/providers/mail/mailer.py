"""The port that mails leave by, where the service keeps drafts: it can always be asked what became of one.

ProviderError
├── Refused       it will never take this mail; nothing was sent
├── Busy          it wants to be left alone for a while
│   └── DayIsFull   the mailbox has sent all it may for now
├── Lost          no answer, or none that can be read: what was asked for may have been done
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
    """Where a mail is, and what the service calls it."""

    standing: Standing
    draft_id: str = ""
    message_id: str = ""
    thread_id: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that came in, by what it belongs to. `is_report` says that it looks like a report about another mail."""

    id: str
    thread_id: str
    answers: tuple[str, ...]
    is_report: bool


class Mailer(Protocol):
    """One mailbox, opened and closed with `async with`. Nothing is tried twice in here: whoever asks decides that."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *trouble: object) -> None: ...

    async def draft(self, claim: Claim) -> Whereabouts:
        """Put the approved bytes into the mailbox as a draft that bears our key."""
        ...

    async def find(self, claim: Claim) -> Whereabouts:
        """The draft, or the sent mail, that bears our key."""
        ...

    async def send(self, draft_id: str) -> Whereabouts: ...

    async def look(self, claim: Claim) -> Whereabouts:
        """What became of a draft that was submitted. Another draft with the same key is none of its business."""
        ...

    def arrivals(self, since: datetime) -> AsyncGenerator[Arrival, None]:
        """What came into the inbox from then on."""
        ...

    async def whole(self, arrival: Arrival) -> bytes:
        """Its bytes."""
        ...

    async def conversation(self, message_id: str) -> str:
        """In which a sent mail of this Message-ID stands: it may be another one than ours. "" if there is none."""
        ...
