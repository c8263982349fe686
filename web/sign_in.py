"""Signing in: with Microsoft or Google, or on one machine by a one-time link from the terminal; and signing out."""

from starlette.responses import Response

from storage import audit
from storage.organization import sign_ins
from storage.organization.sign_ins import Visitor
from storage.records import Provider, SignInKind
from tasks.providers.access.permissions import asked_too_much
from tasks.providers.base import ProviderError
from web import cookies
from web.connections import keep_account
from web.oauth import CONNECT, CONNECT_CONTACTS, SIGN_IN, arrived, depart, failed, kept_flow, services
from web.visits import Refusal, Visit

WHO = "web/who"
NOT_KNOWN = "No user of any organization here has this address: ask an admin to add you, then sign in again."


def show(visit: Visit) -> Response:
    if visit.visitor:
        return visit.go("/")
    return visit.page("sign_in.html", services=services())


def begin(visit: Visit) -> Response:
    return depart(visit, SIGN_IN)


def back(visit: Visit) -> Response:
    """The redirect back from the service. If mail permissions may be why it refused, ask again for contacts alone."""
    kept = kept_flow(visit)
    try:
        grant = arrived(visit, kept)
    except ProviderError as refused:
        if kept["purpose"] == CONNECT and asked_too_much(refused):
            return depart(visit, CONNECT_CONTACTS)
        raise failed(refused) from None
    if kept["purpose"] != SIGN_IN:
        return keep_account(visit, Provider(str(kept["provider"])), grant, begun_by=str(kept["user"]))
    return _let_in(visit, grant.account, how=str(kept["provider"]))


def _let_in(visit: Visit, account: str, *, how: str) -> Response:
    with visit.context.store.read() as session:
        known = sign_ins.members_called(session, account) if account else []
    if not known:
        raise Refusal(403, "You are not a user here", NOT_KNOWN)
    if len(known) > 1:
        who = cookies.sealed(visit.context, {"email": account, "how": how}, f"{WHO}/{visit.csrf}")
        return visit.page("choose_organization.html", known=known, who=who)
    return _start(visit, known[0], how=how)


def choose(visit: Visit) -> Response:
    who = cookies.unsealed(visit.context, visit.form.one("who"), f"{WHO}/{visit.csrf}")
    if who is None:
        raise Refusal(403, "This sign-in is too old", "Sign in again.")
    with visit.context.store.read() as session:
        known = sign_ins.members_called(session, str(who["email"]))
    chosen = next((one for one in known if one.organization == visit.form.one("organization")), None)
    if chosen is None:
        raise Refusal(404, "No such organization", "Sign in again.")
    return _start(visit, chosen, how=str(who["how"]))


def show_link(visit: Visit) -> Response:
    """A GET does not use up the link: programs that follow links in messages must not sign anybody in."""
    token = visit.part("token")
    found = _link(visit, token)
    return visit.page("link.html", found=found, token=token)


def follow_link(visit: Visit) -> Response:
    found = _link(visit, visit.form.one("token"))
    with visit.context.store.begin() as session:
        is_first = sign_ins.redeem(session, found.scope, found.sign_in_id)
    if not is_first:
        raise _used_up()
    return _start(visit, found, how="link")


def leave(visit: Visit) -> Response:
    known = visit.visitor
    if known is not None:
        with visit.context.store.begin() as session:
            sign_ins.end(session, known.scope, known.sign_in_id)
            audit.record(session, known.scope, actor=known.email, action="sign_in.ended", subject=known.scope.user_id)
    response = visit.go("/sign-in")
    cookies.drop(visit.context, response, cookies.SESSION)
    return response


def _link(visit: Visit, token: str) -> Visitor:
    with visit.context.store.read() as session:
        found = sign_ins.visitor(session, token, SignInKind.LINK)
    if found is None:
        raise Refusal(404, "No such link", "Make a new one at the terminal: contactflow sign-in --org … --user …")
    if found.is_over:
        with visit.context.store.begin() as session:
            audit.record(session, found.scope, actor=found.email, action="web.refused", subject="/sign-in/link",
                         detail={"why": "the link was used before, or is too old"})  # fmt: skip
        raise _used_up()
    return found


def _used_up() -> Refusal:
    text = "A link signs in once, within a quarter of an hour. Make a new one: contactflow sign-in --org … --user …"
    return Refusal(403, "This link is used up", text)


def _start(visit: Visit, found: Visitor, *, how: str) -> Response:
    with visit.context.store.begin() as session:
        token = sign_ins.start(session, found.scope, actor=found.email, how=how)
    response = visit.go(wanted(visit))
    cookies.keep_session(visit.context, response, token)
    for used in (cookies.FLOW, cookies.WANTED):
        cookies.drop(visit.context, response, used)
    return response


def wanted(visit: Visit) -> str:
    """The page requested before sign-in, or `/`. Kept in an encrypted cookie, so that only we can set it."""
    kept = cookies.unsealed(visit.context, cookies.read(visit.context, visit.request, cookies.WANTED), cookies.WANTED)
    return str(kept["path"]) if kept else "/"


def link_to(public_url: str, token: str) -> str:
    return f"{public_url}/sign-in/link/{token}"
