"""Signing in: with Microsoft or Google, or on one machine by a one-time link from the terminal; and signing out."""

import asyncio
from typing import Any

from starlette.responses import Response

from storage import audit
from storage.organization import sign_ins
from storage.organization.sign_ins import Visitor
from storage.records import Provider, SignInKind
from tasks.providers.access.kept_tokens import app_of, identity_app_of, mailing_app_of
from tasks.providers.access.permissions import asked_too_much
from tasks.providers.base import ProviderError
from web import cookies
from web.house import House
from web.rendering import sentence
from web.visits import Refusal, Visit

SIGN_IN, CONNECT, CONNECT_CONTACTS = "sign in", "connect", "connect contacts alone"
FLOW, WHO = "web/sign-in", "web/who"
SERVICES = (Provider.MICROSOFT, Provider.GOOGLE)
APPS = {SIGN_IN: identity_app_of, CONNECT: mailing_app_of, CONNECT_CONTACTS: app_of}
NOT_KNOWN = "No user of any organization here has this address: ask an admin to add you, then sign in again."


def show(visit: Visit) -> Response:
    if visit.visitor:
        return visit.go("/")
    return visit.page("sign_in.html", services=services(visit.house))


def services(house: House) -> list[Provider]:
    """Those with which this installation is registered."""
    del house
    return [provider for provider in SERVICES if app_of(provider).client_id]


def begin(visit: Visit) -> Response:
    return depart(visit, SIGN_IN)


def depart(visit: Visit, purpose: str) -> Response:
    """Send the visitor to the service; what must be known when they are back travels sealed in a cookie."""
    from tasks.providers.access import sign_in  # noqa: PLC0415 (msal is slow to import, and most pages do without)

    provider = service_of(visit)
    try:
        begun = asyncio.run(sign_in.begin_sign_in(APPS[purpose](provider), _back_at(visit, provider)))
    except ProviderError as error:
        raise _failed(error) from None
    response = visit.go(begun.url)
    kept = {"purpose": purpose, "provider": provider, "flow": begun.flow, "user": visit.email if visit.visitor else ""}
    cookies.keep(
        visit.house, response, cookies.FLOW, cookies.sealed(visit.house, kept, FLOW), seconds=cookies.FLOW_SECONDS
    )
    return response


def back(visit: Visit) -> Response:
    """The service sent the visitor back; where mail was refused they are asked for the contacts alone."""
    kept = cookies.unsealed(visit.house, cookies.read(visit.house, visit.request, cookies.FLOW), FLOW)
    if kept is None or kept["provider"] != service_of(visit):
        raise Refusal(403, "This sign-in was not begun here", "Begin again: it may have taken too long.")
    try:
        grant = arrived(visit, kept)
    except ProviderError as refused:
        if kept["purpose"] == CONNECT and asked_too_much(refused):
            return depart(visit, CONNECT_CONTACTS)
        raise _failed(refused) from None
    if kept["purpose"] != SIGN_IN:
        from web.connections import keep_account  # noqa: PLC0415 (each of the two needs the other)

        return keep_account(visit, Provider(str(kept["provider"])), grant, begun_by=str(kept["user"]))
    return _let_in(visit, grant.account, how=str(kept["provider"]))


def arrived(visit: Visit, kept: dict[str, Any]) -> Any:
    from tasks.providers.access import sign_in  # noqa: PLC0415 (as above)

    app = APPS[str(kept["purpose"])](Provider(str(kept["provider"])))
    return asyncio.run(sign_in.finish_sign_in(app, kept["flow"], dict(visit.request.query_params)))


def _failed(error: ProviderError) -> Refusal:
    return Refusal(403 if error.permanent else 503, "The sign-in did not work", f"{sentence(str(error))}.")


def _let_in(visit: Visit, account: str, *, how: str) -> Response:
    with visit.house.store.read() as session:
        known = sign_ins.members_called(session, account) if account else []
    if not known:
        raise Refusal(403, "You are not a user here", NOT_KNOWN)
    if len(known) > 1:
        who = cookies.sealed(visit.house, {"email": account, "how": how}, f"{WHO}/{visit.csrf}")
        return visit.page("choose_organization.html", known=known, who=who)
    return _start(visit, known[0], how=how)


def choose(visit: Visit) -> Response:
    who = cookies.unsealed(visit.house, visit.form.one("who"), f"{WHO}/{visit.csrf}")
    if who is None:
        raise Refusal(403, "This sign-in is too old", "Sign in again.")
    with visit.house.store.read() as session:
        known = sign_ins.members_called(session, str(who["email"]))
    chosen = next((one for one in known if one.organization == visit.form.one("organization")), None)
    if chosen is None:
        raise Refusal(404, "No such organization", "Sign in again.")
    return _start(visit, chosen, how=str(who["how"]))


def show_link(visit: Visit) -> Response:
    """Looking at a link uses nothing up: programs that follow links in messages must not sign anybody in."""
    token = visit.part("token")
    found = _link(visit, token)
    return visit.page("link.html", found=found, token=token)


def follow_link(visit: Visit) -> Response:
    found = _link(visit, visit.form.one("token"))
    with visit.house.store.begin() as session:
        is_first = sign_ins.redeem(session, found.scope, found.sign_in_id)
    if not is_first:
        raise _used_up()
    return _start(visit, found, how="link")


def leave(visit: Visit) -> Response:
    known = visit.visitor
    if known is not None:
        with visit.house.store.begin() as session:
            sign_ins.end(session, known.scope, known.sign_in_id)
            audit.record(session, known.scope, actor=known.email, action="sign_in.ended", subject=known.scope.user_id)
    response = visit.go("/sign-in")
    cookies.drop(visit.house, response, cookies.SESSION)
    return response


def service_of(visit: Visit) -> Provider:
    named = next((one for one in services(visit.house) if one == visit.part("provider")), None)
    if named is None:
        raise Refusal(404, "No such service", "This installation is not registered with it: see the README.")
    return named


def _link(visit: Visit, token: str) -> Visitor:
    with visit.house.store.read() as session:
        found = sign_ins.visitor(session, token, SignInKind.LINK)
    if found is None:
        raise Refusal(404, "No such link", "Make a new one at the terminal: contactflow sign-in --org … --user …")
    if found.is_over:
        with visit.house.store.begin() as session:
            audit.record(session, found.scope, actor=found.email, action="web.refused", subject="/sign-in/link",
                         detail={"why": "the link was used before, or is too old"})  # fmt: skip
        raise _used_up()
    return found


def _used_up() -> Refusal:
    text = "A link signs in once, within a quarter of an hour. Make a new one: contactflow sign-in --org … --user …"
    return Refusal(403, "This link is used up", text)


def _start(visit: Visit, found: Visitor, *, how: str) -> Response:
    with visit.house.store.begin() as session:
        token = sign_ins.start(session, found.scope, actor=found.email, how=how)
    response = visit.go(wanted(visit))
    cookies.keep_session(visit.house, response, token)
    for used in (cookies.FLOW, cookies.WANTED):
        cookies.drop(visit.house, response, used)
    return response


def wanted(visit: Visit) -> str:
    """The page that somebody asked for before they were signed in; ours alone, for nobody else can seal one."""
    kept = cookies.unsealed(visit.house, cookies.read(visit.house, visit.request, cookies.WANTED), cookies.WANTED)
    return str(kept["path"]) if kept else "/"


def _back_at(visit: Visit, provider: Provider) -> str:
    return f"{visit.house.settings.public_url}/sign-in/{provider}/back"


def link_to(public_url: str, token: str) -> str:
    return f"{public_url}/sign-in/link/{token}"
