"""Requests to a mailbox's service, without retries, since a repeated request can be a repeated mail.

The exception is a refused access token: the service has then done nothing, so one retry is made with another token.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Self, TypeVar

import httpx
import msgspec

from tasks.providers.base import NeedsReconnect, ProviderError, Tokens
from tasks.providers.http_errors import Temporary, Unauthorized, header_wait, refuse
from tasks.providers.mail.mailer import Busy, DayIsFull, Lost, Refused
from tasks.providers.polite_client import Chance, Decoder, foreign, new_client, origin

T = TypeVar("T")
Quiet = Callable[[float, str], None]

ANSWER = 30  # timeout in seconds; a claim lasts longer
SHORT = 5  # the longest Retry-After, in seconds, that is waited for here; longer ones are raised as Busy
_DAY_FULL = ("exceededmessagelimit", "dailylimitexceeded")
_SENDING = b"(Mail sending)"
_HOUR = 3600
_LONGEST = 60


class MailClient:
    """`on_quiet` is called with the end of each wait that the service asked for, in epoch seconds, and the reason;
    `quiet_until` returns the end of a wait that other processes were asked for.
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
        chance: Chance | None = None,
        answer: float = ANSWER,
        quiet_until: Callable[[], float] = lambda: 0.0,
        on_quiet: Quiet = lambda _until, _why: None,
    ) -> None:
        self._base, self._tokens, self._provider, self._scope = base_url.rstrip("/"), tokens, provider, scope
        self._headers, self._connect, self._answer = dict(headers or {}), connect, answer
        self._chance, self._on_quiet = chance or Chance(), on_quiet
        self._quiet_until, self._others_quiet_until, self._busy = 0.0, quiet_until, 0

    async def __aenter__(self) -> Self:
        self._http = await self._connect().__aenter__()
        return self

    async def __aexit__(self, *trouble: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, decoder: Decoder[T], **parameters: str) -> T:
        return await self.ask("GET", path, decoder, parameters=parameters)

    async def ask(
        self,
        method: str,
        path: str,
        decoder: Decoder[T],
        *,
        parameters: Mapping[str, Any] | None = None,
        content: bytes = b"",
    ) -> T:
        request = self._http.build_request(
            method, path if path.startswith("http") else self._base + path, params=parameters or None, content=content
        )
        if origin(str(request.url)) != origin(self._base):
            raise Refused(foreign(self._provider, str(request.url)), provider=self._provider)
        request.headers.update(self._headers)
        if content:
            request.headers["content-type"] = "application/json"
        await self._silence()
        response = await self._asked(request, await self._tokens.access_token())
        try:
            return decoder(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as trouble:
            raise self._lost(response.status_code, type(trouble).__name__) from trouble

    async def _asked(self, request: httpx.Request, token: str) -> httpx.Response:
        for last in (False, True):
            response = await self._exchange(request, token)
            if response.is_success:
                self._busy = 0
                return response
            try:
                self._refused(response)
            except Unauthorized:
                if last:
                    break
                token = await self._tokens.access_token(refused=token)
        cause = f"{self._provider} no longer accepts this sign-in: sign in again"
        raise NeedsReconnect(cause, provider=self._provider, status=401)

    async def _exchange(self, request: httpx.Request, token: str) -> httpx.Response:
        await self._silence()
        request.headers["authorization"] = f"Bearer {token}"
        try:
            response = await asyncio.wait_for(self._http.send(request), self._answer)
        except (httpx.ConnectError, httpx.ConnectTimeout) as trouble:
            raise self._lost(0, type(trouble).__name__, never_asked=True) from trouble
        except (httpx.HTTPError, TimeoutError) as trouble:
            raise self._lost(0, type(trouble).__name__) from trouble
        now = self._chance.clock()
        if wait := header_wait(response, now):
            self._hush(now + wait, f"{self._provider} asked to wait ({response.status_code})")
        return response

    async def _silence(self) -> None:
        self._quiet_until = max(self._quiet_until, self._others_quiet_until())
        wait = self._quiet_until - self._chance.clock()
        if wait > SHORT:
            raise Busy(f"{self._provider} wants to be left alone", provider=self._provider, wait=wait)
        if wait > 0:
            await self._chance.sleep(wait)

    def _refused(self, response: httpx.Response) -> NoReturn:
        now = self._chance.clock()
        try:
            refuse(response, provider=self._provider, scope=self._scope, now=now)
        except Temporary as trouble:
            self._temporary(response, trouble, now)
        except ProviderError as trouble:
            about: dict[str, Any] = {"provider": self._provider, "status": trouble.status, "excerpt": trouble.excerpt}
            if _means_full_day(trouble, response):
                raise DayIsFull(f"{self._provider} sends no more today", wait=_HOUR, **about) from None
            if type(trouble) is ProviderError:
                cause = f"{self._provider} refused it ({trouble.status} {trouble.excerpt})".replace(" )", ")")
                raise Refused(cause, **about) from None
            raise

    def _temporary(self, response: httpx.Response, trouble: Temporary, now: float) -> NoReturn:
        error = trouble.error
        about: dict[str, Any] = {"provider": self._provider, "status": error.status, "excerpt": error.excerpt}
        if _means_full_day(error, response):
            raise DayIsFull(f"{self._provider} sends no more today", wait=trouble.asked or _HOUR, **about) from None
        if error.status >= httpx.codes.INTERNAL_SERVER_ERROR or not error.excerpt:
            raise Lost(str(error), permanent=False, **about) from None
        self._busy += 1
        wait = trouble.asked or min(_LONGEST, 2.0**self._busy) * (0.5 + self._chance.roll() / 2)
        self._hush(now + wait, str(error))
        raise Busy(str(error), wait=wait, **about) from None

    def _hush(self, until: float, why: str) -> None:
        if until > max(self._quiet_until, self._chance.clock()):
            self._quiet_until = until
            self._on_quiet(until, why)

    def _lost(self, status: int, excerpt: str, *, never_asked: bool = False) -> Lost | Busy:
        cause = f"{self._provider} gave no answer that could be read ({excerpt})"
        if never_asked:
            return Busy(f"{self._provider} cannot be reached", provider=self._provider, excerpt=excerpt, wait=SHORT)
        return Lost(cause, provider=self._provider, status=status, excerpt=excerpt, permanent=False)


def _means_full_day(error: ProviderError, response: httpx.Response) -> bool:
    said = error.excerpt.replace("_", "").casefold()
    return any(word in said for word in _DAY_FULL) or _SENDING in response.content
