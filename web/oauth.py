"""The OAuth redirect to Microsoft or Google and back, for signing in and for connecting an account."""

import asyncio
from typing import Any

from starlette.responses import Response

from storage.records import Provider
from tasks.providers.access.kept_tokens import app_of, identity_app_of, mailing_app_of
from tasks.providers.base import ProviderError
from web import cookies
from web.rendering import sentence
from web.visits import Refusal, Visit

SIGN_IN, CONNECT, CONNECT_CONTACTS = "sign in", "connect", "connect contacts alone"
FLOW = "web/sign-in"
SERVICES = (Provider.MICROSOFT, Provider.GOOGLE)
APPS = {SIGN_IN: identity_app_of, CONNECT: mailing_app_of, CONNECT_CONTACTS: app_of}


def services() -> list[Provider]:
    """The services with which this installation is registered."""
    return [provider for provider in SERVICES if app_of(provider).client_id]


def depart(visit: Visit, purpose: str) -> Response:
    """Redirect to the service. The state needed on return is kept encrypted in a cookie."""
    from tasks.providers.access import sign_in  # noqa: PLC0415 (msal is slow to import, and most pages do without)

    provider = service_of(visit)
    try:
        begun = asyncio.run(sign_in.begin_sign_in(APPS[purpose](provider), _back_at(visit, provider)))
    except ProviderError as error:
        raise failed(error) from None
    response = visit.go(begun.url)
    kept = {"purpose": purpose, "provider": provider, "flow": begun.flow, "user": visit.email if visit.visitor else ""}
    cookies.keep(
        visit.context, response, cookies.FLOW, cookies.sealed(visit.context, kept, FLOW), seconds=cookies.FLOW_SECONDS
    )
    return response


def kept_flow(visit: Visit) -> dict[str, Any]:
    """The state that `depart` stored in the cookie."""
    kept = cookies.unsealed(visit.context, cookies.read(visit.context, visit.request, cookies.FLOW), FLOW)
    if kept is None or kept["provider"] != service_of(visit):
        raise Refusal(403, "This sign-in was not begun here", "Begin again: it may have taken too long.")
    return kept


def arrived(visit: Visit, kept: dict[str, Any]) -> Any:
    from tasks.providers.access import sign_in  # noqa: PLC0415 (as above)

    app = APPS[str(kept["purpose"])](Provider(str(kept["provider"])))
    return asyncio.run(sign_in.finish_sign_in(app, kept["flow"], dict(visit.request.query_params)))


def service_of(visit: Visit) -> Provider:
    named = next((one for one in services() if one == visit.part("provider")), None)
    if named is None:
        raise Refusal(404, "No such service", "This installation is not registered with it: see the README.")
    return named


def failed(error: ProviderError) -> Refusal:
    return Refusal(403 if error.permanent else 503, "The sign-in did not work", f"{sentence(str(error))}.")


def _back_at(visit: Visit, provider: Provider) -> str:
    return f"{visit.context.settings.public_url}/sign-in/{provider}/back"
