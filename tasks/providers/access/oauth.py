"""The token endpoints of Microsoft and Google: plain values in, plain values out; no state.

A plain form post for both, since msal keeps refresh tokens in its own cache and google-auth retries on its own, while
our tokens are stored encrypted and all waiting is done by us.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import msgspec

from storage.records import Provider
from tasks.providers.access.permissions import CONTACTS, beyond_sign_in, missing_scopes
from tasks.providers.access.sign_in_refusals import refusal
from tasks.providers.base import NeedsReconnect
from tasks.providers.http_errors import Temporary, broken, header_wait, json_of, unreachable
from tasks.providers.polite_client import Chance, Patience, new_client

BRIEF = Patience(attempts=4, seconds=60, answer=30)  # short: other processes wait for the token meanwhile

EARLY = 240.0  # seconds before its expiry that a token is renewed; half the lifetime of short-lived ones


@dataclass(frozen=True, slots=True)
class App:
    """Our application as registered with a service. `scopes` are required permissions, `also` are optional ones.

    `sign_in_url` is Microsoft's authority or Google's authorization page.
    """

    provider: Provider
    client_id: str
    client_secret: str = field(repr=False)
    sign_in_url: str
    token_url: str
    scopes: tuple[str, ...]
    revoke_url: str = ""
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.provider.value.title()

    @property
    def asked(self) -> tuple[str, ...]:
        return self.scopes + self.also


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens and scopes granted by an account's owner. `account` is its address, if the service told it.

    `expires_at` is a little early, so that a token does not expire while a request is being answered.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...]
    account: str = ""


class Issued(msgspec.Struct):
    """A token endpoint's answer."""

    access_token: str
    expires_in: float = 3600
    refresh_token: str | None = None
    scope: str | None = None
    id_token: str | None = None


_read_issued = msgspec.json.Decoder(Issued, strict=False).decode  # some write `expires_in` as text


def microsoft_app(client_id: str, client_secret: str, *, authority: str) -> App:
    authority = authority.rstrip("/")
    scopes = CONTACTS[Provider.MICROSOFT]
    return App(Provider.MICROSOFT, client_id, client_secret, authority, f"{authority}/oauth2/v2.0/token", scopes)


def google_app(client_id: str, client_secret: str, *, auth_url: str, token_url: str) -> App:
    revoke_url = str(httpx.URL(token_url).join("revoke"))
    return App(Provider.GOOGLE, client_id, client_secret, auth_url, token_url, CONTACTS[Provider.GOOGLE], revoke_url)


async def refresh(
    app: App,
    refresh_token: str,
    *,
    scopes: tuple[str, ...] = (),
    connect: Callable[[], httpx.AsyncClient] = new_client,
    patience: Patience = BRIEF,
    chance: Chance | None = None,
    on_quiet: Callable[[float], None] = lambda _until: None,
) -> Grant:
    """A fresh access token, and the refresh token to use from now on.

    `scopes` are those granted before: asking for more would be refused. If a reply is lost, the same refresh token is
    sent again: there is no other, and Microsoft keeps it valid for this. `on_quiet` is called with the end of each
    wait that the service asked for, in epoch seconds.
    """
    form, known = {"grant_type": "refresh_token", "refresh_token": refresh_token}, beyond_sign_in(scopes)
    if app.provider is Provider.MICROSOFT:
        known = known or app.asked
        form["scope"] = " ".join([*known, "offline_access"])
    chance = chance or Chance()
    issued = await ask(app, form, connect=connect, patience=patience, chance=chance, on_quiet=on_quiet)
    return granted(app, issued, now=chance.clock(), refresh_token=refresh_token, asked=known)


async def revoke(app: App, refresh_token: str, *, connect: Callable[[], httpx.AsyncClient] = new_client) -> bool:
    """Revoke a grant. False if the service has no endpoint for it (Microsoft) or cannot be reached."""
    if not app.revoke_url:
        return False
    try:
        async with connect() as http:
            response = await http.post(app.revoke_url, data={"token": refresh_token})
    except httpx.TransportError:
        return False
    return response.status_code in {httpx.codes.OK, httpx.codes.BAD_REQUEST}  # 400: it was no longer valid


async def ask(
    app: App,
    form: Mapping[str, str],
    *,
    connect: Callable[[], httpx.AsyncClient],
    patience: Patience,
    chance: Chance,
    on_quiet: Callable[[float], None] = lambda _until: None,
) -> Issued:
    """Post to the token endpoint, with retries on temporary errors while patience lasts."""
    secret = {"client_secret": app.client_secret} if app.client_secret else {}
    body, started = {"client_id": app.client_id, **secret, **form}, chance.clock()
    async with connect() as http:
        for attempt in count(1):
            try:
                async with asyncio.timeout(patience.answer):
                    return await _post(http, app, body, chance, on_quiet)
            except TimeoutError as trouble:
                temporary = unreachable(app.name, trouble)
            except Temporary as trouble:
                temporary = trouble
            wait = patience.wait(attempt, temporary.asked, chance.roll())
            if patience.ended(temporary, attempt, chance.clock() + wait - started):
                raise temporary.error
            await chance.sleep(wait)
    raise AssertionError  # unreachable: count() is endless


async def _post(
    http: httpx.AsyncClient, app: App, body: Mapping[str, str], chance: Chance, on_quiet: Callable[[float], None]
) -> Issued:
    try:
        response = await http.post(app.token_url, data=body, headers={"Accept": "application/json"})
    except (httpx.TransportError, httpx.DecodingError) as trouble:
        raise unreachable(app.name, trouble) from trouble
    now = chance.clock()
    if asked := header_wait(response, now):
        on_quiet(now + asked)
    if response.status_code != httpx.codes.OK:
        said, status = _said(response), response.status_code
        refused = refusal(app.name, said, status)
        raise Temporary(refused.error, asked=asked) if isinstance(refused, Temporary) else refused
    try:
        return _read_issued(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise broken(app.name, response.status_code, "no token in the answer") from trouble


def _said(response: httpx.Response) -> dict[str, Any]:
    said = json_of(response)
    return said if isinstance(said, dict) else {}


def granted(
    app: App, issued: Issued, *, now: float, asked: tuple[str, ...], refresh_token: str = "", account: str = ""
) -> Grant:
    """The grant, if it has the required scopes. Scopes missing in the answer equal those requested (RFC 6749, 5.1).

    Without a request for scopes either, they stay unknown.
    """
    scopes = asked if issued.scope is None else tuple(issued.scope.split())
    is_told = bool(asked) or issued.scope is not None
    if missing := missing_scopes(app.scopes, scopes) if is_told else []:
        cause = f"{app.name}: permission {', '.join(missing)} was not given; sign in again and allow it"
        raise NeedsReconnect(cause, provider=app.name)
    return Grant(
        access_token=issued.access_token,
        refresh_token=issued.refresh_token or refresh_token,
        expires_at=datetime.fromtimestamp(now + issued.expires_in - min(EARLY, issued.expires_in / 2), UTC),
        scopes=scopes,
        account=account,
    )
