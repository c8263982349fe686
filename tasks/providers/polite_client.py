"""A rate-limited HTTP client for one mailbox: one request at a time, retried as the service asks, within a limit.

All retries are made here and none in the HTTP library, so that the waits the service asks for are kept.
"""

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from tasks.providers.base import IncompleteRead, NeedsReconnect, ProviderError, Tokens
from tasks.providers.http_errors import Temporary, Unauthorized, broken, header_wait, refuse, unreachable

T = TypeVar("T")
Decoder = Callable[[bytes], T]

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SAME_ADDRESS = 5  # requests of one URL: a page may link to itself while the service catches up, but not for ever
_A_MOMENT = 0.1  # seconds; too short for another process to have been told to wait meanwhile
_LAST_ANSWERS = 10  # seconds that closing waits for requests in flight


@dataclass(frozen=True, slots=True)
class Patience:
    """Retry limits of one request: `attempts` in all, `seconds` over all of them, `answer` as timeout of a single one.

    Backoff starts at `first_wait` seconds and doubles up to `longest_wait`.
    """

    attempts: int = 10
    seconds: float = 900
    answer: float = 300
    first_wait: float = 1
    longest_wait: float = 60

    def wait(self, attempt: int, asked: float, roll: float) -> float:
        """Seconds until the next attempt: the wait `asked` for, else exponential backoff, each with jitter (`roll`)."""
        if asked:
            return asked + min(1, asked / 10) * roll
        return min(self.longest_wait, self.first_wait * math.pow(2, attempt - 1)) * (0.5 + roll / 2)

    def ended(self, trouble: Temporary, attempt: int, spent: float) -> bool:
        return attempt >= min(self.attempts, trouble.attempts) or spent > self.seconds


@dataclass(frozen=True, slots=True)
class Chance:
    """Clock, sleep and random numbers, injected so that tests can replace them."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    roll: Callable[[], float] = random.random


def new_client() -> httpx.AsyncClient:
    """Redirects are not followed: a token must not be sent to a host that somebody else names.

    HTTP/1.1: with one request at a time HTTP/2 has nothing to multiplex, and it costs four times the CPU per page.
    """
    return httpx.AsyncClient(timeout=httpx.Timeout(60, connect=15), follow_redirects=False)


class PoliteClient:
    """GET requests for one mailbox, used with `async with`; a wait the service asked for persists when it is reopened.

    `quiet_until` returns until when (epoch seconds) other clients of the mailbox, or earlier processes, were asked to
    wait; `on_quiet` is called with the end of each new wait. So neither a restart nor another process cuts it short.
    """

    def __init__(
        self,
        base_url: str,
        tokens: Tokens,
        *,
        provider: str,
        scope: str,
        headers: Mapping[str, str] | None = None,
        connect: Callable[[], httpx.AsyncClient] = new_client,
        patience: Patience | None = None,
        chance: Chance | None = None,
        quiet_until: Callable[[], float] = lambda: 0.0,
        on_quiet: Callable[[float], None] = lambda _until: None,
    ) -> None:
        self._origin = origin(base_url)
        self._tokens, self._provider, self._scope = tokens, provider, scope
        self._headers = dict(headers or {})
        self._connect, self._patience, self._chance = connect, patience or Patience(), chance or Chance()
        self._quiet_until, self._others_quiet_until, self._on_quiet = 0.0, quiet_until, on_quiet
        self._under_way: set[asyncio.Future[Any]] = set()
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._http = await self._connect().__aenter__()
        self._visits = Counter[int]()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The service counts a request as concurrent until it has answered, so nothing may start before that.
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_LAST_ANSWERS)
        await self._http.__aexit__(kind, error, trace)

    async def get(self, url: str, decoder: Decoder[T], *, believe: Collection[int] = ()) -> tuple[bytes, T]:
        """The response body, raw and decoded; raises a ProviderError once retries are exhausted.

        An error response without JSON may come from a proxy and is retried, except with a status in `believe`.
        """
        if origin(url) != self._origin:
            raise ProviderError(foreign(self._provider, url), provider=self._provider)
        self._visits[hash(url)] += 1
        if self._visits[hash(url)] > _SAME_ADDRESS:
            raise IncompleteRead(f"{self._provider} sends us in a circle", provider=self._provider)
        # Microsoft allows four at once, but when one is told to wait, those in flight beside it are already too early.
        async with self._turn:
            return await self._persist(url, decoder, believe)

    async def _persist(self, url: str, decoder: Decoder[T], believe: Collection[int]) -> tuple[bytes, T]:
        started, attempt, refused = self._chance.clock(), 0, ""
        while True:
            token = await self._admission(refused, started)
            try:
                return await self._ask(url, token, decoder, believe)
            except Unauthorized:
                if refused:
                    raise self._shut_out() from None
                refused = token
            except Temporary as trouble:
                attempt, refused = attempt + 1, ""
                until = self._chance.clock() + self._patience.wait(attempt, trouble.asked, self._chance.roll())
                self._hush(until)
                if self._patience.ended(trouble, attempt, until - started):
                    raise trouble.error from None

    async def _admission(self, refused: str, started: float) -> str:
        """An access token, once no wait is in force; checked again if fetching it took long, as one may have begun."""
        await self._silence(started)
        asked = self._chance.clock()
        token = await self._to_its_end(self._tokens.access_token(refused=refused))
        if self._chance.clock() - asked > _A_MOMENT:
            await self._silence(started)
        return token

    async def _silence(self, started: float) -> None:
        self._quiet_until = max(self._quiet_until, self._others_quiet_until())
        while (wait := self._quiet_until - self._chance.clock()) > 0:
            if self._quiet_until - started > self._patience.seconds:
                raise self._too_long()
            await self._chance.sleep(wait)

    async def _ask(self, url: str, token: str, decoder: Decoder[T], believe: Collection[int]) -> tuple[bytes, T]:
        headers = {**self._headers, "Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            response = await self._to_its_end(self._exchange(url, headers))
        except httpx.DecodingError as trouble:
            raise broken(self._provider, 200, type(trouble).__name__) from trouble
        except (httpx.TransportError, TimeoutError) as trouble:
            raise unreachable(self._provider, trouble) from trouble
        if response.status_code != httpx.codes.OK:
            refuse(response, provider=self._provider, scope=self._scope, now=self._chance.clock(), believe=believe)
        try:
            return response.content, decoder(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as trouble:
            raise broken(self._provider, response.status_code, str(trouble)[:100]) from trouble

    async def _to_its_end(self, asking: Coroutine[Any, Any, T]) -> T:
        """Shield a request from its caller's cancellation: a response, or a new refresh token, must not be lost."""
        exchange = asyncio.ensure_future(asking)
        self._under_way.add(exchange)
        exchange.add_done_callback(self._ended)
        return await asyncio.shield(exchange)

    def _ended(self, exchange: asyncio.Future[Any]) -> None:
        self._under_way.discard(exchange)
        if not exchange.cancelled():
            exchange.exception()  # marks it as retrieved: its caller may have been cancelled

    async def _exchange(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """Any response can ask for a wait, even one whose caller was cancelled: noted here, within the shield."""
        response = await asyncio.wait_for(self._http.get(url, headers=headers), self._patience.answer)
        now = self._chance.clock()
        self._hush(now + header_wait(response, now))
        return response

    def _hush(self, until: float) -> None:
        """No request for this mailbox before `until`; never shortens an earlier wait."""
        if until > max(self._quiet_until, self._chance.clock()):
            self._quiet_until = until
            self._on_quiet(until)

    def _too_long(self) -> ProviderError:
        when = datetime.fromtimestamp(self._quiet_until, UTC)
        cause = f"{self._provider} wants no request before {when:%Y-%m-%d %H:%M} UTC; try again then"
        return ProviderError(cause, provider=self._provider, permanent=False)

    def _shut_out(self) -> NeedsReconnect:
        cause = f"{self._provider} no longer accepts this sign-in: sign in again"
        return NeedsReconnect(cause, provider=self._provider, status=401)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port that a token may be sent to; all loopback names count as one host."""
    parts = httpx.URL(url)
    return parts.scheme, "localhost" if parts.host in _LOOPBACK else parts.host, parts.port


def foreign(provider: str, url: str) -> str:
    host = httpx.URL(url).host or "an address without a host"
    return (
        f"{provider} points to a foreign address, {host}, which gets no token; "
        "if the service really answers there, its URL in the settings must say so"
    )
