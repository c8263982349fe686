"""Routes and access. A view is a plain function of a Visit, registered through a decorator that controls access.

`page`: signed in. `deed`: signed in, by POST, with the form's token. `guest`, `guest_deed`: the same before sign-in.
`public`: anybody, without a cookie.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from storage.campaign.campaigns import CampaignIsOver, UnknownCampaign
from storage.campaign.mails import UnknownMail
from storage.campaign.templates import UnknownTemplate
from storage.deciding import CannotDecide
from storage.organization import sign_ins
from storage.organization.connections import UnknownConnection
from storage.organization.schedules import UnknownSchedule
from storage.organization.sign_ins import Visitor
from storage.people.contacts import UnknownContact
from storage.scope import NotAllowed
from storage.sync.syncs import RunIsOver, UnknownSync
from tasks.providers.flow_runs.engine import EngineError
from web import cookies
from web.context import AppContext
from web.visits import Posted, Problem, Refusal, Visit

log = logging.getLogger("contactflow.web")

View = Callable[[Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]

BIGGEST_FORM = 1_000_000
MOST_FIELDS = 5_000
LONGEST_PATH = 500
SLOWEST_FORM = 30.0  # seconds
TOO_MUCH = Refusal(413, "This is too much at once", "Choose fewer rows at once, or decide about the whole group.")
FORM = "application/x-www-form-urlencoded"
UNKNOWN = (
    UnknownSync, UnknownConnection, UnknownContact, UnknownCampaign, UnknownMail, UnknownSchedule, UnknownTemplate,
)  # fmt: skip


def page(view: View) -> Endpoint:
    return _endpoint(view, signed_in=True, posted=False)


def deed(view: View) -> Endpoint:
    return _endpoint(view, signed_in=True, posted=True)


def guest(view: View) -> Endpoint:
    return _endpoint(view, signed_in=False, posted=False)


def guest_deed(view: View) -> Endpoint:
    return _endpoint(view, signed_in=False, posted=True)


def public(view: View) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, Visit(request, request.app.state.context, None, ""), view)

    endpoint.__name__ = view.__name__
    return endpoint


def _endpoint(view: View, *, signed_in: bool, posted: bool) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            form = await posted_form(request) if posted else Posted()
        except Refusal as too_much:
            return await run_in_threadpool(_turned_away, request, too_much)
        return await run_in_threadpool(_enter, request, view, form, signed_in=signed_in, posted=posted)

    endpoint.__name__ = view.__name__
    return endpoint


async def posted_form(request: Request) -> Posted | None:
    """The posted form; None if it cannot come from one of our pages."""
    body = await _body(request)
    if request.headers.get("content-type", "").split(";")[0].strip() != FORM:
        return None
    if body.count(b"&") >= MOST_FIELDS:
        raise TOO_MUCH
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
    except ValueError:
        return None
    return None if any("\0" in value for _, value in pairs) else Posted(tuple(pairs))


async def _body(request: Request) -> bytes:
    """Read the body, limited in size and in time."""
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_FORM):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BIGGEST_FORM:
                    raise TOO_MUCH
    except TimeoutError:
        raise Refusal(408, "The form did not arrive", "The line is too slow, or broke. Try once more.") from None
    return bytes(body)


def _turned_away(request: Request, why: Refusal) -> Response:
    return refused(acquainted(request), why)


def _enter(request: Request, view: View, form: Posted | None, *, signed_in: bool, posted: bool) -> Response:
    context: AppContext = request.app.state.context
    token = cookies.read(context, request, cookies.SESSION)
    visitor = _visitor(context, request, token) if token else None
    guest_token = cookies.read(context, request, cookies.GUEST) or cookies.new_guest()
    visit = Visit(
        request, context, visitor, cookies.csrf_of(context, token if visitor else guest_token), form or Posted()
    )
    if signed_in and visitor is None:
        return _sign_in_first(visit, posted=posted)
    if posted and not _sent_by_us(visit, form):
        visit.record_refusal("no valid form token", _route(request))
        return refused(visit, Refusal(403, "This form is too old", "Go back, load the page again, and try once more."))
    response = _answer(visit, view)
    if not signed_in:
        cookies.keep(context, response, cookies.GUEST, guest_token, seconds=cookies.FLOW_SECONDS * 6)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def acquainted(request: Request) -> Visit:
    """A Visit for answers given outside of any view. Signed-in users keep the navigation."""
    context: AppContext = request.app.state.context
    token = cookies.read(context, request, cookies.SESSION)
    visitor = _visitor(context, request, token) if token else None
    return Visit(request, context, visitor, cookies.csrf_of(context, token) if visitor else "")


def _visitor(context: AppContext, request: Request, token: str) -> Visitor | None:
    with context.store.read() as session:
        found = sign_ins.visitor(session, token)
    if found is None:
        log.warning("a session token that was never given out")
    elif found.is_over:
        Visit(request, context, found, "").record_refusal("the session is over", _route(request))
    else:
        if not found.is_fresh:
            with context.store.begin() as session:
                sign_ins.note_seen(session, found.scope, found.sign_in_id)
        return found
    return None


def _sign_in_first(visit: Visit, *, posted: bool) -> Response:
    if visit.wants_json and not posted:
        return refused(visit, Refusal(401, "You are signed out", "Sign in on the page, and send the session's cookie."))
    if posted:
        return refused(visit, Refusal(403, "You are signed out", "Sign in again; nothing was changed."))
    response, asked = visit.go("/sign-in"), visit.request.url
    cookies.drop(visit.context, response, cookies.SESSION)
    path = f"{asked.path}?{asked.query}" if asked.query else asked.path
    if path != "/" and len(path) <= LONGEST_PATH:
        kept = cookies.sealed(visit.context, {"path": path}, cookies.WANTED)
        cookies.keep(visit.context, response, cookies.WANTED, kept, seconds=cookies.FLOW_SECONDS)
    return response


def _sent_by_us(visit: Visit, form: Posted | None) -> bool:
    if form is None or not hmac.compare_digest(form.one("csrf").encode(), visit.csrf.encode()):
        return False
    origin = visit.request.headers.get("origin", "")
    return not origin or urlsplit(origin).netloc == visit.request.headers.get("host")


def _answer(visit: Visit, view: View) -> Response:
    try:
        return view(visit)
    except Refusal as refusal:
        return refused(visit, refusal)
    except UNKNOWN:
        visit.record_refusal("no such thing within reach", _route(visit.request))
        return refused(visit, nothing_here())
    except NotAllowed as error:
        visit.record_refusal("not allowed", _route(visit.request))
        return refused(visit, Refusal(403, "This is not yours to do", f"{error}."))
    except (CannotDecide, RunIsOver, CampaignIsOver) as error:
        return refused(visit, Refusal(409, "This was not done", f"{str(error).capitalize()}."))
    except EngineError as error:
        return refused(visit, Refusal(503, "Prefect does not answer", f"{error}."))


def nothing_here() -> Refusal:
    return Refusal(
        404,
        "There is nothing here",
        "It may be gone, or belong to somebody else. Check the address, or start from Home.",
    )


def refused(visit: Visit, refusal: Refusal) -> Response:
    if visit.wants_json:
        problem = Problem(refusal.title, refusal.text, refusal.status)
        return Response(msgspec.json.encode(problem), refusal.status, media_type="application/problem+json")
    template = "refused.html" if refusal.to else "nowhere.html"
    return visit.page(template, status=refusal.status, refusal=refusal)


def _route(request: Request) -> str:
    """The route's pattern rather than the path, which may hold ids or tokens."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "")) or "(none)"
