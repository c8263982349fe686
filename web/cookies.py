"""Cookies: session, guest, state of a sign-in, and the page requested before it."""

import secrets

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from storage.crypto import CannotDecrypt
from storage.organization.sign_ins import SESSION_LASTS
from web.context import AppContext

SESSION, GUEST, FLOW, WANTED = "contactflow", "contactflow-guest", "contactflow-sign-in", "contactflow-wanted"
FLOW_SECONDS = 600
TOO_BIG = 4000


def name_of(context: AppContext, name: str) -> str:
    """A cookie's name. Over https with the __Host- prefix, so that no other host can set it."""
    return f"__Host-{name}" if context.is_secure else name


def read(context: AppContext, request: Request, name: str) -> str:
    return request.cookies.get(name_of(context, name), "")


def keep(context: AppContext, response: Response, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(
        name_of(context, name),
        value,
        max_age=seconds,
        path="/",
        secure=context.is_secure,
        httponly=True,
        samesite="lax",
    )


def drop(context: AppContext, response: Response, name: str) -> None:
    response.delete_cookie(name_of(context, name), path="/", secure=context.is_secure, httponly=True, samesite="lax")


def keep_session(context: AppContext, response: Response, token: str) -> None:
    keep(context, response, SESSION, token, seconds=int(SESSION_LASTS.total_seconds()))


def new_guest() -> str:
    return secrets.token_urlsafe(24)


def sealed(context: AppContext, value: object, purpose: str) -> str:
    """JSON encrypted for the browser to keep, in a cookie or a form field."""
    return context.store.keyring.seal(msgspec.json.encode(value), purpose).hex()


def unsealed(context: AppContext, text: str, purpose: str) -> dict[str, object] | None:
    if not text or len(text) > 2 * TOO_BIG:
        return None
    try:
        plain = context.store.keyring.open(bytes.fromhex(text), purpose)
    except (CannotDecrypt, ValueError):
        return None
    found: dict[str, object] = msgspec.json.decode(plain)
    return found


def csrf_of(context: AppContext, token: str) -> str:
    """The CSRF token of this browser's forms, derived from its session or guest cookie."""
    return context.store.keyring.keyed_hash(f"csrf/{token}")
