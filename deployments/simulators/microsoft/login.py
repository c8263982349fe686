"""The Microsoft identity platform, v2.0: what msal needs to sign in and to refresh."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from deployments.simulators.authorize import authorize, form
from deployments.simulators.microsoft import errors
from deployments.simulators.tokens import Grant, Refused
from deployments.simulators.world import CLIENT_ID, CLIENT_SECRET, World, plain_base64

TENANT = "9188040d-0000-4000-8000-000000000001"
OF_MANY = {"common", "organizations"}
SIGN_IN_ONLY = {"openid", "profile", "offline_access", "email"}


async def ask_owner(request: Request) -> Response:
    return authorize(
        request, request.app.state.world, "microsoft", offline="offline_access" in request.query_params.get("scope", "")
    )


async def token(request: Request) -> Response:
    posted = await form(request)
    try:
        return JSONResponse(_issue(request.app.state.world, posted, _base(request)))
    except Refused as refusal:
        return errors.sign_in(refusal.error, refusal.reason)
    finally:
        request.app.state.world.keep()


async def configuration(request: Request) -> Response:
    tenant = request.path_params["tenant"]
    base, served = f"{_base(request)}/{tenant}", "{tenantid}" if tenant in OF_MANY else tenant
    return JSONResponse(
        {
            "issuer": f"{_base(request)}/{served}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )


async def instance(request: Request) -> Response:
    host = request.url.netloc
    known = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    where = f"{_base(request)}/common/v2.0/.well-known/openid-configuration"
    return JSONResponse({"tenant_discovery_endpoint": where, "api-version": "1.1", "metadata": [known]})


async def keys(_request: Request) -> Response:
    return JSONResponse({"keys": []})


def login_routes() -> list[BaseRoute]:
    return [
        Route("/common/discovery/instance", instance),
        Route("/{tenant}/oauth2/v2.0/authorize", ask_owner),
        Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        Route("/{tenant}/v2.0/.well-known/openid-configuration", configuration),
        Route("/{tenant}/discovery/v2.0/keys", keys),
    ]


def _issue(world: World, form: Mapping[str, str], base: str) -> dict[str, Any]:
    _check_client(form)
    if form.get("grant_type") == "authorization_code":
        code = world.tokens.redeem(
            form.get("code", ""), client_id=form.get("client_id", ""), redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )  # fmt: skip
        return _tokens(world, code.email, code.scope, base, nonce=code.nonce, offline=code.offline)
    if form.get("grant_type") == "refresh_token":
        grant = _refresh(world, form)
        return _tokens(world, grant.email, grant.scope, base, offline=True)
    raise Refused("unsupported_grant_type", "only authorization_code and refresh_token are known here")


def _check_client(form: Mapping[str, str]) -> None:
    """A client without a secret is a public one; a wrong secret is never forgiven."""
    if form.get("client_id") != CLIENT_ID:
        raise Refused("unauthorized_client", "no application with this identifier was found in the directory")
    if form.get("client_secret", CLIENT_SECRET) != CLIENT_SECRET:
        raise Refused("invalid_client", "an invalid client secret was provided")


def _refresh(world: World, form: Mapping[str, str]) -> Grant:
    """The old refresh token goes on working: Microsoft does not revoke it, it only wants it replaced."""
    grant = world.tokens.live_grant("microsoft", form.get("refresh_token", ""))
    if "," in form.get("scope", ""):
        raise Refused("invalid_scope", "scopes are separated by spaces")
    if grant.replaced:
        world.ledger.broke(grant.email, "old_refresh_token")
    grant.replaced = True
    return grant


def _tokens(world: World, email: str, scope: str, base: str, *, nonce: str = "", offline: bool) -> dict[str, Any]:
    names = scope.split()
    answer = {
        "token_type": "Bearer",
        "scope": " ".join(name for name in names if name not in SIGN_IN_ONLY),
        "expires_in": world.tokens.lifetime,
        "ext_expires_in": world.tokens.lifetime,
        "access_token": world.tokens.access("microsoft", email, scope, world.now()),
        "client_info": plain_base64({"uid": _owner(email), "utid": TENANT}),
    }
    if offline:
        answer["refresh_token"] = world.tokens.grant("microsoft", email, scope)
    if "openid" in names:
        answer["id_token"] = _id_token(world, email, base, nonce)
    return answer


def _id_token(world: World, email: str, base: str, nonce: str) -> str:
    now = int(world.now())
    claims = {
        "ver": "2.0", "iss": f"{base}/{TENANT}/v2.0", "aud": CLIENT_ID, "sub": _owner(email), "oid": _owner(email),
        "tid": TENANT, "name": email.partition("@")[0].title(), "preferred_username": email, "email": email,
        "iat": now, "nbf": now, "exp": now + 3600,
    }  # fmt: skip
    return world.id_token(claims | ({"nonce": nonce} if nonce else {}))


def _owner(email: str) -> str:
    return f"00000000-0000-0000-0000-{email.encode().hex()[:12]:0>12}"


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
