"""Start a campaign: what is written, to whom, from where, and what it may cost."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID

from starlette.responses import Response

from storage import audit
from storage.campaign import campaign_reviews, campaigns, segments, templates
from storage.campaign.campaigns import CampaignExists
from storage.campaign.segments import UnknownSegment
from storage.documents import new_id
from storage.organization import connections
from storage.organization.connections import ConnectionInfo
from storage.people import contacts
from storage.records import CampaignStatus, ConnectionStatus, Criteria
from storage.session import Session
from tasks.campaign.preparing import CannotPrepare, Wish, prepare
from tasks.providers.access.permissions import mail_refusal
from tasks.providers.flow_runs.engine import EngineError
from tasks.rules.briefs import BriefError
from tasks.rules.templates import TemplateRefused
from web.visits import Posted, Refusal, Visit

LONGEST_NAME = 120
FLOW = "email-campaign"


@dataclass(frozen=True, slots=True)
class Typed:
    """The form's fields as typed."""

    name: str = ""
    brief: str = ""
    template: str = ""
    segment: str = ""
    tags: str = ""
    pipeline: str = ""
    stage: str = ""
    connection: str = ""
    budget: str = ""


def show(visit: Visit) -> Response:
    return _page(visit, Typed(template=visit.asked("template")))


def begin(visit: Visit) -> Response:
    """A second press of the button leads to the campaign that the first one began."""
    typed, campaign_id = _typed(visit.form), _once(visit.form)
    try:
        with visit.context.store.begin() as session:
            prepare(session, visit.scope, _wish(session, visit, typed, campaign_id), author=visit.email)
            audit.record(session, visit.scope, actor=visit.email, action="campaign.opened", subject=campaign_id)
    except CampaignExists:
        return visit.go(f"/campaigns/{campaign_id}")
    except (BriefError, TemplateRefused, CannotPrepare, UnknownSegment) as trouble:
        return _page(visit, typed, error=str(trouble))
    try:
        _start(visit, campaign_id)
    except EngineError as trouble:
        _give_up(visit, campaign_id)
        return _page(visit, typed, error=f"{trouble}. Then press the button again")
    return visit.go(f"/campaigns/{campaign_id}?begun=1")


def _start(visit: Visit, campaign_id: str) -> None:
    parameters = {"organization": visit.known.organization, "user": visit.email, "campaign": campaign_id}
    run_id = visit.context.engine.start(FLOW, parameters, key=campaign_id)
    with visit.context.store.begin() as session:
        campaigns.note(session, visit.scope, campaign_id, flow_run_id=run_id)


def _give_up(visit: Visit, campaign_id: str) -> None:
    with visit.context.store.begin() as session:
        campaign_reviews.end(
            session, visit.scope, campaign_id, to=CampaignStatus.FAILED, expected=[CampaignStatus.DRAFT],
            why="Prefect did not answer when it was started", actor=visit.email,
        )  # fmt: skip


def _typed(form: Posted) -> Typed:
    return Typed(**{name: form.one(name).strip() for name in Typed.__dataclass_fields__})


def _once(form: Posted) -> str:
    try:
        return str(UUID(form.one("once")))
    except ValueError:
        raise Refusal(400, "This form is too old", "Load the page again.") from None


def _wish(session: Session, visit: Visit, typed: Typed, campaign_id: str) -> Wish:
    if not typed.name:
        raise CannotPrepare("give the campaign a name")
    return Wish(
        id=campaign_id, flow_run_id=campaign_id, name=typed.name[:LONGEST_NAME], brief=typed.brief,
        template=typed.template, criteria=_criteria(session, visit, typed), connection_id=typed.connection,
        budget=_budget(typed.budget),
    )  # fmt: skip


def _criteria(session: Session, visit: Visit, typed: Typed) -> Criteria:
    if typed.segment:
        return segments.segment(session, visit.scope, typed.segment)
    tags = tuple(tag for part in typed.tags.split(",") if (tag := part.strip()))
    return Criteria(typed.pipeline, typed.stage, tags)


def _budget(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise CannotPrepare(f"budget {text[:20]!r}: write an amount in US dollars, such as 1.50")
    return amount


def _page(visit: Visit, typed: Typed, *, error: str = "") -> Response:
    with visit.context.store.read() as session:
        boxes = [one for one in connections.connections(session, visit.scope) if _can_send(one)]
        saved = [one.name for one in templates.templates(session, visit.scope)]
        groups = list(segments.segments(session, visit.scope))
        people = contacts.count(session, visit.scope)
    return visit.page(
        "new_campaign.html", status=422 if error else 200, typed=typed, error=error, mailboxes=boxes, saved=saved,
        segments=groups, people=people, smtp=bool(visit.context.settings.smtp_url),
        has_model=visit.context.settings.has_model, once=new_id(),
    )  # fmt: skip


def _can_send(connection: ConnectionInfo) -> bool:
    refusal = mail_refusal(connection) if connection.scopes else ""  # not every service reports the scopes it granted
    return connection.status is ConnectionStatus.ACTIVE and not refusal
