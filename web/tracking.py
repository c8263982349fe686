"""The links in mails: to unsubscribe, and to count opens and clicks. No session, no cookie.

A GET never unsubscribes, because scanners follow every link: only a POST does (RFC 8058). A click redirects only to
links that the campaign's brief allows.
"""

import hashlib
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from storage.campaign import campaigns, mail_events, mails, suppressions
from storage.campaign.mail_events import Event
from storage.documents import now
from storage.organization import tenants
from storage.people import actions
from storage.people.actions import Action
from storage.records import Mail, MailEvent, SuppressionReason, Visitor
from storage.scope import Scope
from storage.session import Session
from tasks.rules.links import Target, Use, numbered, read_token
from tasks.rules.visits import visitor
from web.visits import Refusal, Visit

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
UNSENT = timedelta()


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail that a link belongs to."""

    scope: Scope
    mail: Mail


def ask_to_unsubscribe(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        _sent(session, _target(visit, Use.UNSUBSCRIBE))
    return visit.page("unsubscribe.html", done=False)


def unsubscribe(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        found = _sent(session, _target(visit, Use.UNSUBSCRIBE))
        scope, mail = found.scope, found.mail
        new = suppressions.suppress(
            session, scope, [mail.address_hash], SuppressionReason.UNSUBSCRIBED, campaign_id=mail.campaign_id
        )
        event = Event(mail.id, MailEvent.UNSUBSCRIBED, "link", now(), Visitor.HUMAN)
        if mail_events.note(session, scope, mail.campaign_id, event) and new:
            done = Action(mail.object_id, "unsubscribed", "recipient", campaign_id=mail.campaign_id)
            actions.note(session, scope, [done])
    return visit.page("unsubscribe.html", done=True)


def open_pixel(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        _note(session, visit, _sent(session, _target(visit, Use.OPEN)), MailEvent.OPENED, 0)
    return Response(PIXEL, media_type="image/gif", headers={"Cache-Control": "no-store"})


def click(visit: Visit) -> Response:
    target = _target(visit, Use.CLICK)
    with visit.context.store.begin() as session:
        found = _sent(session, target)
        try:
            links = campaigns.brief(session, found.scope, found.mail.campaign_id).links or {}
        except campaigns.CampaignIsOver:
            raise _nowhere() from None
        address = numbered(links, target.number)
        if not address:
            raise _nowhere()
        _note(session, visit, found, MailEvent.CLICKED, target.number)
    return RedirectResponse(address, 302, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _target(visit: Visit, use: Use) -> Target:
    with visit.context.store.read() as session:
        found = read_token(use, visit.part("token"), session.keyring.is_signed)
    if found is None:
        raise _nowhere()
    return found


def _sent(session: Session, target: Target) -> Sent:
    place = tenants.scope_of_mail(session, target.mail_id)
    if place is None:
        raise _nowhere()
    scope, campaign_id = place
    return Sent(scope, mails.mail(session, scope, campaign_id, target.mail_id, None))


def _nowhere() -> Refusal:
    text = "It may be cut short, or very old. To get no more mails, answer the mail and say so."
    return Refusal(404, "This address leads nowhere", text, to="")


def _note(session: Session, visit: Visit, found: Sent, kind: MailEvent, number: int) -> None:
    """Record an open or a click, at most once a minute per mail, link and user agent."""
    request, moment, mail = visit.request, now(), found.mail
    since = moment - mail.sent_at if mail.sent_at else UNSENT
    headers = {name.lower(): value for name, value in request.headers.items()}
    who = visitor(request.method, headers, since, click=kind is MailEvent.CLICKED)
    told = f"{headers.get('user-agent', '')}|{number}|{who}|{moment:%Y%m%d%H%M}"
    external = hashlib.sha256(told.encode()).hexdigest()[:32]
    mail_events.note(session, found.scope, mail.campaign_id, Event(mail.id, kind, external, moment, who))
