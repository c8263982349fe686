"""Validate an ID token and take the identity from it (OpenID Connect Core, 3.1.3.7).

The signature need not be checked: the token comes from the token endpoint itself, over TLS. msal checks only the nonce.

ProviderError
└── SignInFailed    this attempt failed; another may succeed
"""

import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from google.auth import jwt

from storage.records import Provider
from tasks.providers.access.oauth import App
from tasks.providers.base import ProviderError

GOOGLE = ("https://accounts.google.com", "accounts.google.com")
SKEW = 300.0  # seconds that two clocks may differ


class SignInFailed(ProviderError):
    pass


def believed(app: App, id_token: str, *, nonce: str, issuers: tuple[str, ...] = GOOGLE, now: float) -> dict[str, Any]:
    """The claims of a valid token: audience, issuer, nonce and times fit. Raises SignInFailed.

    `{tenantid}` in an issuer stands for the directory's own id, where one issuer serves many directories.
    """
    claims = _read(app, id_token)
    if wrong := next(_wrong(app, claims, nonce, issuers), ""):
        raise SignInFailed(f"{app.name}'s answer is {wrong}; begin again", provider=app.name)
    if _moment(claims, "iat") > now + SKEW or _moment(claims, "exp") < now - SKEW:
        cause = f"{app.name}'s clock and ours differ by minutes: set the clock of this machine"
        raise SignInFailed(f"{cause}, then begin again", provider=app.name)
    return claims


def address_of(app: App, claims: Mapping[str, Any]) -> str:
    """The address that the service vouches for; empty if there is none.

    A Microsoft directory's administrators can write anything into `email`, whereas the domain of a user name must be
    verified. Where the address only labels a connection, either will do.
    """
    if app.provider is Provider.MICROSOFT:
        named = claims.get("preferred_username") or (claims.get("email") if app.scopes else "")
    else:
        named = claims.get("email") if app.scopes or claims.get("email_verified") is True else ""
    return named if isinstance(named, str) else ""


def _read(app: App, id_token: str) -> dict[str, Any]:
    try:
        claims = jwt.decode(id_token, verify=False)  # type: ignore[no-untyped-call]  # google-auth has no types
    except ValueError as trouble:
        raise SignInFailed(f"{app.name}'s answer cannot be read; begin again", provider=app.name) from trouble
    return claims if isinstance(claims, dict) else {}


def _wrong(app: App, claims: Mapping[str, Any], nonce: str, issuers: tuple[str, ...]) -> Iterator[str]:
    tenant, said = claims.get("tid", ""), claims.get("aud")
    audience = said if isinstance(said, list) else [said]
    if claims.get("iss") not in [one.replace("{tenantid}", str(tenant)) for one in issuers]:
        yield "from another directory"
    if app.client_id not in audience or claims.get("azp", app.client_id if len(audience) == 1 else "") != app.client_id:
        yield "for another application"
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        yield "for another sign-in"
    if not claims.get("sub"):
        yield "about nobody"


def _moment(claims: Mapping[str, Any], name: str) -> float:
    at = claims.get(name)
    return float(at) if isinstance(at, int | float) else 0.0
