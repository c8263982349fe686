"""Signing in with a browser: authorization code with PKCE, for the command line and the web page.

An application without scopes only identifies the user.
"""

import asyncio
import base64
import hashlib
import secrets
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import msal
import msgspec

from storage.records import Provider
from tasks.providers.access.id_token import GOOGLE, SignInFailed, address_of, believed
from tasks.providers.access.oauth import App, Grant, Issued, ask, granted
from tasks.providers.access.sign_in_refusals import refusal
from tasks.providers.base import NeedsReconnect, ProviderError
from tasks.providers.http_errors import Temporary, broken
from tasks.providers.polite_client import Chance, Patience, new_client

ONCE = Patience(attempts=1, answer=30)  # a code may be redeemed once: a second attempt revokes its tokens
_MSALS = (ValueError, RuntimeError, LookupError, AttributeError)  # what msal raises for an unexpected answer
_T = TypeVar("_T")
_one_at_a_time = threading.Lock()  # warnings.catch_warnings is not thread-safe


@dataclass(frozen=True, slots=True)
class SignIn:
    """Send the user to `url`; keep `flow` (JSON, secret) until they return."""

    url: str
    flow: dict[str, Any] = field(repr=False)


async def begin_sign_in(app: App, redirect_uri: str, *, state: str = "") -> SignIn:
    state = state or secrets.token_urlsafe(24)
    if app.provider is Provider.MICROSOFT:
        flow = await _msal(app, partial(_initiate, app=app, redirect_uri=redirect_uri, state=state))
        return SignIn(flow["auth_uri"], flow)
    return _begin_google(app, redirect_uri, state)


async def finish_sign_in(
    app: App,
    flow: Mapping[str, Any],
    query: Mapping[str, str],
    *,
    connect: Callable[[], httpx.AsyncClient] = new_client,
    chance: Chance | None = None,
) -> Grant:
    """Redeem the authorization code. `query` holds the parameters that the service added to the redirect address.

    Raises SignInFailed, NeedsReconnect, AppMisconfigured or another ProviderError.
    """
    if not secrets.compare_digest(str(flow.get("state", "")).encode(), query.get("state", "").encode()):
        raise SignInFailed("this sign-in was not begun here; begin again", provider=app.name)
    if "code" not in query:
        raise _in_the_open(refusal(app.name, query))
    chance = chance or Chance()
    issued, account = await (
        _finish_microsoft(app, flow, query, chance=chance)
        if app.provider is Provider.MICROSOFT
        else _finish_google(app, flow, query, connect=connect, chance=chance)
    )
    grant = granted(app, issued, now=chance.clock(), asked=app.asked, account=account)
    if app.scopes and not grant.refresh_token:
        cause = f"{app.name} gave no lasting access; remove the application from the account and sign in again"
        raise NeedsReconnect(cause, provider=app.name)
    return grant


async def _finish_microsoft(
    app: App, flow: Mapping[str, Any], query: Mapping[str, str], *, chance: Chance
) -> tuple[Issued, str]:
    answer, issuer = await _msal(app, partial(_redeem, flow=flow, query=query))
    if "error" in answer:
        raise _in_the_open(refusal(app.name, answer))
    try:
        issued = msgspec.convert(answer, Issued, strict=False)  # some write `expires_in` as text
    except msgspec.ValidationError as trouble:
        raise broken(app.name, httpx.codes.OK, "no token in the answer").error from trouble
    nonce = hashlib.sha256(str(flow["nonce"]).encode()).hexdigest()  # as msal asks for it
    return issued, _who(app, issued, nonce=nonce, issuers=(issuer,), now=chance.clock())


def _redeem(client: Any, *, flow: Mapping[str, Any], query: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    answer = client.acquire_token_by_auth_code_flow(dict(flow), dict(query))
    return answer, str(client.authority._issuer)  # noqa: SLF001 - msal discovers it, and tells nobody


def _who(app: App, issued: Issued, *, nonce: str, now: float, issuers: tuple[str, ...] = GOOGLE) -> str:
    if not issued.id_token:
        if app.scopes:
            return ""
        raise SignInFailed(f"{app.name} did not say who you are; begin again", provider=app.name)
    return address_of(app, believed(app, issued.id_token, nonce=nonce, issuers=issuers, now=now))


async def _msal(app: App, step: Callable[[Any], _T]) -> _T:
    """Run a blocking step of msal in a thread, with an HTTP client of ours, which heeds SSL_CERT_FILE."""
    try:
        return await asyncio.to_thread(_with_msal, app, step)
    except httpx.TransportError as trouble:
        cause = f"{app.name} cannot be reached ({type(trouble).__name__})"
        raise ProviderError(cause, provider=app.name, permanent=False) from trouble
    except _MSALS as trouble:
        raise SignInFailed(f"{app.name} does not accept this sign-in; begin again", provider=app.name) from trouble


def _with_msal(app: App, step: Callable[[Any], _T]) -> _T:
    kind = msal.ConfidentialClientApplication if app.client_secret else msal.PublicClientApplication
    credential = {"client_credential": app.client_secret} if app.client_secret else {}
    with httpx.Client(timeout=30) as http:
        client = kind(
            app.client_id, authority=app.sign_in_url, instance_discovery=False, http_client=http, **credential
        )
        return step(client)


def _initiate(client: Any, *, app: App, redirect_uri: str, state: str) -> dict[str, Any]:
    # msal warns that a form post is safer than a query, but a redirect to the command line can only be a query.
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        flow: dict[str, Any] = client.initiate_auth_code_flow(list(app.asked), redirect_uri=redirect_uri, state=state)
    return flow


def _begin_google(app: App, redirect_uri: str, state: str) -> SignIn:
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    # Without `consent` a second sign-in gives no refresh token; to identify a user, none is needed.
    consent = {"access_type": "offline", "prompt": "consent"} if app.scopes else {"prompt": "select_account"}
    question = {
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join([*app.asked, "openid", "email"]),
        "state": state,
        "nonce": nonce,
        **consent,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    flow = {"state": state, "redirect_uri": redirect_uri, "code_verifier": verifier, "nonce": nonce}
    return SignIn(f"{app.sign_in_url}?{urlencode(question)}", flow)


async def _finish_google(
    app: App,
    flow: Mapping[str, Any],
    query: Mapping[str, str],
    *,
    connect: Callable[[], httpx.AsyncClient],
    chance: Chance,
) -> tuple[Issued, str]:
    form = {
        "grant_type": "authorization_code",
        "code": query["code"],
        "redirect_uri": flow["redirect_uri"],
        "code_verifier": flow["code_verifier"],
    }
    issued = await ask(app, form, connect=connect, patience=ONCE, chance=chance)
    return issued, _who(app, issued, nonce=str(flow["nonce"]), now=chance.clock())


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _in_the_open(refused: Exception) -> Exception:
    return refused.error if isinstance(refused, Temporary) else refused
