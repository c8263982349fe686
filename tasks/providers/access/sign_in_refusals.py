"""OAuth errors of sign-ins and token refreshes, as errors of ours.

ProviderError
├── NoToken                 no token was issued; says nothing about the request that needed one
└── ShutOut
    └── AppMisconfigured    the service does not let our application do this: to be fixed by operators, not by users
        └── AppRefused      nor anything else: it does not know the application or its secret
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from tasks.providers.base import NeedsReconnect, ProviderError, ShutOut
from tasks.providers.http_errors import Temporary

_SIGN_IN_AGAIN = {"invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied"}
_APP_REFUSED = {"invalid_client", "deleted_client", "disabled_client"}
_FOR_OPERATORS = {"unauthorized_client", "invalid_scope"}  # may concern one account only
_TEMPORARY = {"temporarily_unavailable", "server_error", "internal_failure"}
_CAUSES = {
    "AADSTS700082": "the sign-in was not used for too long",
    "AADSTS70008": "the sign-in was not used for too long",
    "AADSTS50173": "the password was changed",
    "AADSTS50076": "a second factor is asked for",
    "AADSTS50079": "a second factor is asked for",
    "AADSTS50074": "a second factor is asked for",
    "AADSTS53003": "a rule of the organization forbids it",
    "AADSTS50057": "the account is disabled",
    "AADSTS65001": "the permission was withdrawn",
    "invalid_rapt": "the organization asks for a fresh sign-in",
    "consent_required": "the permission was withdrawn",
    "interaction_required": "the account's owner is asked for",
    "access_denied": "the permission was not given",
}


class NoToken(ProviderError):
    pass


class AppMisconfigured(ShutOut):
    pass


class AppRefused(AppMisconfigured):
    pass


def _busy(name: str, status: int) -> ProviderError:
    return NoToken(
        f"{name}'s sign-in is busy ({status}); try again later", provider=name, status=status, permanent=False
    )


def refusal(name: str, said: Mapping[str, Any], status: int = 400) -> Exception:
    """The error for an OAuth error. Only codes are kept of its description, which may name the account."""
    error = said["error"] if isinstance(said.get("error"), str) else ""
    codes = [error, *(str(said[key]) for key in ("suberror", "error_subtype") if key in said)]
    codes += re.findall(r"AADSTS\d+", str(said.get("error_description", "")))
    about: dict[str, Any] = {"provider": name, "status": status, "excerpt": " ".join(codes)[:200]}
    if status in {408, 429} or status >= httpx.codes.INTERNAL_SERVER_ERROR or error in _TEMPORARY:
        return Temporary(_busy(name, status))
    if error in _SIGN_IN_AGAIN:
        causes = (_CAUSES[code] for code in reversed(codes) if code in _CAUSES)
        return NeedsReconnect(
            f"{name}{next((f': {cause}' for cause in causes), ' withdrew access')}; sign in again", **about
        )
    if error in _APP_REFUSED | _FOR_OPERATORS:
        kind = AppRefused if error in _APP_REFUSED else AppMisconfigured
        return kind(
            f"{name} does not accept this application ({' '.join(codes)[:200]}): its operators must renew the client "
            f"secret or correct its registration",
            **about,
        )
    return NoToken(f"{name} refused to give a token ({error or status})", **about)
