"""Maps error responses of Microsoft and Google to exceptions: one table for all services.

    ProviderError
    └── NotThere            404: the resource does not exist (any more)

`Temporary` and `Unauthorized` never leave the client, which retries after a wait or with another token, or raises a
ProviderError instead.
"""

import re
import sys
from collections.abc import Collection, Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httpx
import msgspec

from tasks.providers.base import CursorExpired, IncompleteRead, NeedsReconnect, ProviderError

_EXPIRED = {"syncstatenotfound", "syncstateinvalid", "resyncrequired", "expiredsynctoken"}
_THROTTLED = {
    "ratelimitexceeded", "userratelimitexceeded", "quotaexceeded", "resourceexhausted", "applicationthrottled",
}  # fmt: skip
_SWITCHED_OFF = {"servicedisabled", "accessnotconfigured"}
_MISSING_SCOPE = {
    "insufficientclaims",
    "accesstokenscopeinsufficient",
    "insufficientscope",
    "insufficientpermissions",
    "permissiondenied",
    "erroraccessdenied",
    "accessdenied",
    "authorizationrequestdenied",
}
_A_YEAR = 31_536_000
_BROKEN_ATTEMPTS = 4
_DEEPEST = 10
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")


class NotThere(ProviderError):
    pass


class Temporary(Exception):
    """A retry can help, after `asked` seconds if the service named a wait; at most `attempts` attempts in all.

    `error` is what to raise once retries are exhausted.
    """

    def __init__(self, error: ProviderError, *, asked: float = 0, attempts: int = sys.maxsize) -> None:
        super().__init__(str(error))
        self.error = error
        self.asked = asked
        self.attempts = attempts


class Unauthorized(Exception):
    """The access token was refused."""


def broken(provider: str, status: int, excerpt: str) -> Temporary:
    """An unreadable response: truncated, or a web page instead of data."""
    cause = f"{provider} gave an answer that cannot be read ({status}); nothing was taken from it"
    error = IncompleteRead(cause, provider=provider, status=status, excerpt=excerpt, permanent=False)
    return Temporary(error, attempts=_BROKEN_ATTEMPTS)


def unreachable(provider: str, trouble: Exception) -> Temporary:
    cause = f"{provider} cannot be reached ({type(trouble).__name__})"
    return Temporary(ProviderError(cause, provider=provider, permanent=False))


def refuse(
    response: httpx.Response, *, provider: str, scope: str, now: float, believe: Collection[int] = ()
) -> NoReturn:
    """Raise the exception that an error response means.

    One without JSON may come from a proxy and counts as broken, except with a status in `believe`.
    """
    status, said = response.status_code, _Said.of(response)
    about: dict[str, Any] = {"provider": provider, "status": status, "excerpt": " ".join(said.codes)[:200]}
    if status == httpx.codes.UNAUTHORIZED:
        raise Unauthorized
    if status == httpx.codes.GONE or (status < httpx.codes.INTERNAL_SERVER_ERROR and said.expired()):
        raise CursorExpired(f"{provider} no longer knows the place where reading had ended ({status})", **about)
    if _is_temporary(status) or said.means(_THROTTLED):
        cause = ProviderError(f"{provider} is busy ({status}); try again later", permanent=False, **about)
        raise Temporary(cause, asked=asked_wait(response, said.body, now))
    if status == httpx.codes.FORBIDDEN and said.means(_SWITCHED_OFF):
        why = f"{provider} does not serve this application: its operators must enable the API in its registration"
        raise ProviderError(why, **about)
    if status == httpx.codes.FORBIDDEN and said.means(_MISSING_SCOPE):
        raise NeedsReconnect(f"{provider} refuses access: sign in again and allow {scope}", **about)
    if said.body is None and status not in believe:
        raise broken(provider, status, "no data in the answer")
    if status == httpx.codes.NOT_FOUND:
        raise NotThere(f"{provider} has nothing at the address asked for (404)", **about)
    raise ProviderError(f"{provider} refused the request ({status})", **about)


def _is_temporary(status: int) -> bool:
    return status in {408, 425, 429} or status >= httpx.codes.INTERNAL_SERVER_ERROR


class _Said:
    """The machine-readable codes of an error response; its messages may hold names and are never kept."""

    def __init__(self, body: Any, codes: list[str]) -> None:
        self.body, self.codes = body, codes

    @classmethod
    def of(cls, response: httpx.Response) -> "_Said":
        body = json_of(response)
        challenge = response.headers.get("www-authenticate", "")
        return cls(body, [*_codes(body), *re.findall(r'error="(\w+)"', challenge)])

    def means(self, words: set[str]) -> bool:
        return any(code.replace("_", "").casefold() in words for code in self.codes)

    def expired(self) -> bool:
        message = _dig(self.body, "error", "message")
        return self.means(_EXPIRED) or (isinstance(message, str) and message.startswith("Sync token"))


def json_of(response: httpx.Response) -> Any:
    """The decoded body, or None if it is not JSON."""
    try:
        return msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _codes(node: Any, depth: int = 0) -> Iterator[str]:
    """Every textual `code`, `status` and `reason` of an error body, at any depth up to `_DEEPEST`."""
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for item in node:
            yield from _codes(item, depth + 1)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"code", "status", "reason"} and isinstance(value, str):
                yield value[:60]
            yield from _codes(value, depth + 1)


def _dig(node: Any, *keys: str) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def asked_wait(response: httpx.Response, body: Any, now: float) -> float:
    """Seconds to wait before a retry, from Retry-After or Google's RetryInfo; 0 without either, a year at most."""
    return header_wait(response, now) or _retry_info(body)


def header_wait(response: httpx.Response, now: float) -> float:
    """Seconds to wait by Retry-After, which is a number of seconds or a date; 0 without it, a year at most."""
    header = response.headers.get("retry-after", "").strip()
    try:
        wait = float(header) if header else 0.0
    except ValueError:
        wait = _until(header, response.headers.get("date", ""), now)
    return max(0.0, min(wait, _A_YEAR))


def _until(date: str, sent: str, now: float) -> float:
    """Seconds until `date` by the service's clock or ours, whichever is longer; 1 is added as dates lack fractions."""
    if (until := _timestamp(date)) is None:
        return 0.0
    theirs = _timestamp(sent)
    return max(until - now + 1, until - theirs + 1 if theirs is not None else 0.0)


def _timestamp(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _retry_info(body: Any) -> float:
    details = _dig(body, "error", "details")
    for detail in details if isinstance(details, list) else []:
        delay = _DELAY.fullmatch(str(_dig(detail, "retryDelay")))
        if delay:
            return min(float(delay[1]), _A_YEAR)
    return 0.0
