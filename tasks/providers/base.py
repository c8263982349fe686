"""The interface that every source of contacts implements, and the errors it raises.

ProviderError
├── ShutOut             access denied until a person acts: retrying is useless
│   └── NeedsReconnect  the owner must sign in again
├── CursorExpired       the provider dropped our cursor: discard the partial round, do one full read
└── IncompleteRead      the response cannot be trusted; no plan is made from it
"""

from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from storage.records import SourceRecord


class ProviderError(Exception):
    """A request to a provider failed. `permanent`: retrying cannot help. `excerpt` never holds personal data."""

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
    """One raw response, stored verbatim and parsed later.

    `position` is where to resume after a crash (opaque to all but the provider's code); `cursor` is set on the last
    page only and is what the next sync starts from; `warning` is shown to whoever reviews the sync.
    """

    body: bytes
    position: str = ""
    cursor: str = ""
    warning: str = ""


class Tokens(Protocol):
    """Where a client gets its access token. `refused` is a token that the service answered with 401."""

    async def access_token(self, *, refused: str = "") -> str: ...


class Source(Protocol):
    """A source of contacts. One instance serves one connection for one sync."""

    def pages(self, *, cursor: str = "", position: str = "") -> AsyncGenerator[Page, None]:
        """Pages of changes since `cursor` (of everything, if empty), resumed at an earlier attempt's `position`."""
        ...

    def read(self, body: bytes) -> Iterator[SourceRecord]:
        """The records of one stored page. Pure: no network, and the same result every time."""
        ...

    def settled(self, bodies: Iterable[bytes]) -> Iterator[SourceRecord]:
        """The records of all stored pages, ordered so that the last record of an id is its current state."""
        ...
