"""Google's OAuth: refresh tokens are given once, with consent, and never change."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from deployments.simulators.authorize import authorize, form
from deployments.simulators.google import errors
from deployments.simulators.tokens import Refused
from deployments.simulators.world import CLIENT_ID, CLIENT_SECRET, World


async def ask_owner(request: Request) -> Response:
    world: World = request.app.state.world
    offline = request.query_params.get("access_type") == "offline"
    return authorize(request, world, "google", offline=offline and _consents(request, world))


async def token(request: Request) -> Response:
    posted = await form(request)
    try:
        return JSONResponse(_issue(request.app.state.world, posted))
    except Refused as refusal:
        return errors.sign_in(refusal.error, refusal.reason)
    finally:
        request.app.state.world.keep()


async def revoke(request: Request) -> Response:
    world: World = request.app.state.world
    posted = await form(request)
    name = posted.get("token", request.query_params.get("token", ""))
    holder = world.tokens.grants.get(name) or world.tokens.holder("google", name, world.now())
    if holder is None or holder.provider != "google":
        return errors.sign_in("invalid_token", "Token expired or revoked")
    world.tokens.revoke("google", holder.email)
    world.keep()
    return JSONResponse({})


async def userinfo(request: Request) -> Response:
    email = request.scope["visit"].mailbox
    if not email:
        return errors.people(401)
    return JSONResponse({"sub": _subject(email), "email": email, "email_verified": True})


def login_routes() -> list[BaseRoute]:
    return [
        Route("/o/oauth2/v2/auth", ask_owner),
        Route("/token", token, methods=["POST"]),
        Route("/revoke", revoke, methods=["POST"]),
        Route("/oauth2/v3/userinfo", userinfo),
    ]


def _consents(request: Request, world: World) -> bool:
    """Somebody who consented before gets a refresh token again only when asked to consent again."""
    asked = "consent" in request.query_params.get("prompt", "")
    email = request.query_params.get("login_hint", "") or next(world.of("google")).email
    return asked or not any(grant.email == email and not grant.revoked for grant in world.tokens.grants.values())


def _issue(world: World, form: Mapping[str, str]) -> dict[str, Any]:
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise Refused("invalid_client", "The OAuth client was not found.")
    if form.get("grant_type") == "authorization_code":
        code = world.tokens.redeem(
            form.get("code", ""), client_id=form.get("client_id", ""), redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )  # fmt: skip
        answer = _access(world, code.email, code.scope, code.nonce)
        if code.offline:
            answer["refresh_token"] = world.tokens.grant("google", code.email, code.scope)
        return answer
    if form.get("grant_type") == "refresh_token":
        grant = world.tokens.live_grant("google", form.get("refresh_token", ""))
        return _access(world, grant.email, grant.scope)
    raise Refused("unsupported_grant_type", "Invalid grant_type")


def _access(world: World, email: str, scope: str, nonce: str = "") -> dict[str, Any]:
    answer = {
        "access_token": world.tokens.access("google", email, scope, world.now()),
        "expires_in": world.tokens.lifetime,
        "scope": scope,
        "token_type": "Bearer",
    }
    if "openid" in scope.split():
        answer["id_token"] = _id_token(world, email, nonce)
    return answer


def _id_token(world: World, email: str, nonce: str) -> str:
    now = int(world.now())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": CLIENT_ID, "azp": CLIENT_ID, "sub": _subject(email), "email": email,
        "email_verified": True, "iat": now, "exp": now + 3600,
    }  # fmt: skip
    return world.id_token(claims | ({"nonce": nonce} if nonce else {}))


def _subject(email: str) -> str:
    return str(int.from_bytes(email.encode()[:8], "big"))
