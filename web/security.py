"""Middleware around every page: security headers and rate limits."""

import logging
import time
from collections import Counter
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.context import AppContext

log = logging.getLogger("contactflow.web")

WINDOW = 60.0
REQUESTS, POSTS, SIGN_INS = 1200, 600, 30

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def content_policy(form_targets: list[str]) -> str:
    """The Content-Security-Policy: our own files only, nothing inline; forms post to us and to sign-in services."""
    targets = " ".join(("'self'", *form_targets))
    return "; ".join(
        (
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
            f"form-action {targets}", "frame-src 'self'", "frame-ancestors 'self'",
            "base-uri 'none'",
        )
    )  # fmt: skip


def headers_of(context: AppContext) -> dict[str, str]:
    safe = {"Strict-Transport-Security": "max-age=31536000"} if context.is_secure else {}
    return {**HEADERS, **safe, "Content-Security-Policy": content_policy(context.sign_in_origins)}


class Guarded:
    """Sets the security headers, unless a page sets stricter ones, and logs each route with its duration."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                route = getattr(scope.get("route"), "path", "-")
                spent = 1000 * (time.monotonic() - started)
                log.info("%s %s %s %.0f ms", scope["method"], route, message["status"], spent)
            await send(message)

        await self._app(scope, receive, send_guarded)


class Limited:
    """Limits requests per minute and client address; stricter for signing in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._began, self._counts = 0.0, Counter[tuple[str, str]]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._may(scope, time.monotonic()):
            await self._app(scope, receive, send)
            return
        answer = PlainTextResponse("Too many requests: try again in a minute.\n", 429, {"Retry-After": "60"})
        await answer(scope, receive, send)

    def _may(self, scope: Scope, now: float) -> bool:
        if now - self._began > WINDOW:
            self._began, self._counts = now, Counter()
        client, kinds = (scope.get("client") or ("unknown",))[0], limits_of(scope["method"], scope["path"])
        for kind in kinds:
            self._counts[client, kind] += 1
        return all(self._counts[client, kind] <= limit for kind, limit in kinds.items())


def limits_of(method: str, path: str) -> dict[str, int]:
    """The limits of a path. Opens and clicks have their own, so that a busy mail proxy never blocks opt-outs."""
    if path.startswith(("/u/", "/o/", "/c/")):
        return {path[:3]: REQUESTS}
    limits = {"any": REQUESTS}
    if method == "POST":
        limits["post"] = POSTS
    if path.startswith("/sign-in/"):
        limits["sign-in"] = SIGN_INS
    return limits
