"""The port for sources of contacts, and its errors.

ProviderError
├── ShutOut             access denied until somebody acts: retrying is useless
│   └── NeedsReconnect  the owner must sign in again
├── CursorExpired       the cursor is no longer valid: drop the partial delta and read everything once
└── IncompleteRead      the read cannot be trusted to be complete; no plan is made from it
"""

from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from storage.records import SourceRecord


class ProviderError(Exception):
    """A request failed. `permanent`: retrying cannot help. `excerpt` never holds personal data."""

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

    `position` is where to resume after a crash (opaque to all but the provider). `cursor`, set on the last page only,
    is where the next sync starts. `warning` is shown to the reviewer.
    """

    body: bytes
    position: str = ""
    cursor: str = ""
    warning: str = ""


class Tokens(Protocol):
    """Provides a client's access token. `refused` is a token that the service has answered 401 to."""

    async def access_token(self, *, refused: str = "") -> str: ...


class Source(Protocol):
    """A source of contacts. One instance serves one connection for one sync."""

    def pages(self, *, cursor: str = "", position: str = "") -> AsyncGenerator[Page, None]:
        """Pages since `cursor` (all, if empty), resuming at `position` of an earlier attempt."""
        ...

    def read(self, body: bytes) -> Iterator[SourceRecord]:
        """The records of one stored page. Pure: no network, deterministic."""
        ...

    def settled(self, bodies: Iterable[bytes]) -> Iterator[SourceRecord]:
        """The records of all stored pages, ordered so that the last record of an id is the current one."""
        ...
