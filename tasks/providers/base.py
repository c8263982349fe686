"""The port every source of contacts stands behind, and the few ways in which it fails.

ProviderError
├── ShutOut             nothing is given to us until somebody has acted: asking again is of no use
│   └── NeedsReconnect  the owner must sign in again
├── CursorExpired       the read position is gone: drop the partial round, read everything once
└── IncompleteRead      an answer that cannot be trusted; no plan is made from it
"""

from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from storage.records import SourceRecord


class ProviderError(Exception):
    """A source said no. `permanent` tells whether asking again can help; `excerpt` never holds personal data."""

    def __init__(
        self, message: str, *, provider: str, status: int = 0, excerpt: str = "", permanent: bool = True
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.status = status
        self.excerpt = excerpt
        self.permanent = permanent


class ShutOut(ProviderError):
    pass


class NeedsReconnect(ShutOut):
    pass


class CursorExpired(ProviderError):
    pass


class IncompleteRead(ProviderError):
    pass


@dataclass(frozen=True, slots=True)
class Page:
    """One raw answer, landed verbatim and parsed later.

    `position` is where reading goes on after a crash (opaque to everyone but the provider); `cursor` is set on the
    last page only and is what the next sync starts from; `warning` is for whoever reviews what came of it.
    """

    body: bytes
    position: str = ""
    cursor: str = ""
    warning: str = ""


class Tokens(Protocol):
    """Where a client gets its access token. `refused` names a token that the service answered 401 to."""

    async def access_token(self, *, refused: str = "") -> str: ...


class Source(Protocol):
    """A place that contacts come from. One instance serves one connection for one sync."""

    def pages(self, *, cursor: str = "", position: str = "") -> AsyncGenerator[Page, None]:
        """Pages after `cursor` (all, if empty), going on at `position` where an earlier attempt had got to."""
        ...

    def read(self, body: bytes) -> Iterator[SourceRecord]:
        """What one landed page says. Pure: no network, same answer every time."""
        ...

    def settled(self, bodies: Iterable[bytes]) -> Iterator[SourceRecord]:
        """What all landed pages say together, in an order in which the last word on an id is the truth."""
        ...
