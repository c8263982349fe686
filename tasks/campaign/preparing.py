"""Prepare a campaign before its flow run starts: validate its brief, choose its mailbox, open its budget.

No task and no import of Prefect, since the command line and the page prepare campaigns too.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from storage.campaign import campaigns, templates, usage
from storage.campaign.campaigns import Campaign, NewCampaign
from storage.campaign.templates import NewTemplate, Template
from storage.organization import connections
from storage.organization.connections import ConnectionInfo
from storage.records import Attachment, Brief, ConnectionStatus, Criteria
from storage.scope import Scope
from storage.session import Session
from storage.settings import settings
from tasks.providers.access.permissions import mail_refusal
from tasks.rules.briefs import read_brief
from tasks.rules.prompts import PROMPT_VERSION
from tasks.rules.templates import check_template, facts_on_request

NO_SUBJECT = "the brief names no subject, so that every mail bears the campaign's name as its subject"


SMALLEST_BUDGET, LARGEST_BUDGET = Decimal("0.000000001"), Decimal(999_999_999)


class CannotPrepare(Exception):
    """A campaign was asked for with parameters that do not fit. The text says what to change."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The parameters of a new campaign.

    Either `brief`, the text of a brief, or `template`, the name of a saved template. If no model is configured, the
    brief is used as a template. An empty `connection_id` means SMTP or, without SMTP, the user's only mailbox.
    """

    id: str
    flow_run_id: str
    name: str
    brief: str = ""
    template: str = ""
    criteria: Criteria = Criteria()  # noqa: RUF009 (frozen)
    connection_id: str = ""
    budget: Decimal | None = None
    attachments: tuple[Attachment, ...] = ()


def prepare(session: Session, scope: Scope, wish: Wish, *, author: str) -> Campaign:
    connection_id = _mailbox(session, scope, wish.connection_id)
    brief, template = _texts(session, scope, wish, author)
    budget = usage.open_budget(session, scope, f"campaign/{wish.id}", limit=_budget(wish.budget))
    new = NewCampaign(
        id=wish.id,
        flow_run_id=wish.flow_run_id,
        name=wish.name.strip() or "Campaign",
        brief=replace(brief, attachments=wish.attachments),
        criteria=wish.criteria,
        connection_id=connection_id,
        model="" if template else settings().openai_model,
        prompt_version="" if template else PROMPT_VERSION,
        template_id=template.id if template else "",
        budget_id=budget.id,
    )
    campaign = campaigns.open_campaign(session, scope, new)
    if template and wish.brief and not read_brief(wish.brief).subject:
        campaigns.note(session, scope, campaign.id, warnings=[NO_SUBJECT])
    return campaign


def _budget(wish: Decimal | None) -> Decimal | None:
    if wish is None or (wish.is_finite() and SMALLEST_BUDGET <= wish <= LARGEST_BUDGET):
        return wish
    raise CannotPrepare(f"a budget of {wish:g} USD: write an amount in US dollars, such as 1.50")


def _mailbox(session: Session, scope: Scope, connection_id: str) -> str:
    """The id of the connection to send from; empty for SMTP."""
    if not connection_id and settings().smtp_url:
        return ""
    if not connection_id:
        return _only_mailbox(session, scope)
    found = connections.connection(session, scope, connection_id)
    if found.status is not ConnectionStatus.ACTIVE:
        raise CannotPrepare(
            f"connection {connection_id} is {found.status} ({found.cause}): `contactflow connect` mends it"
        )
    if refusal := _refusal(found):
        raise CannotPrepare(refusal)
    return connection_id


def _refusal(connection: ConnectionInfo) -> str:
    return mail_refusal(connection) if connection.scopes else ""  # not every service reports the scopes it granted


def _only_mailbox(session: Session, scope: Scope) -> str:
    """The user's mailbox, if there is exactly one that can send."""
    active = [
        one
        for one in connections.connections(session, scope)
        if one.user_id == scope.user_id and one.status is ConnectionStatus.ACTIVE and not _refusal(one)
    ]
    if len(active) != 1:
        raise CannotPrepare(
            f"{'no' if not active else len(active)} mailboxes to send from: name one of `contactflow connections` "
            "with --connection, or set CONTACTFLOW_SMTP_URL to send by SMTP"
        )
    return active[0].id


def _texts(session: Session, scope: Scope, wish: Wish, author: str) -> tuple[Brief, Template | None]:
    """The brief, and the template to write from; None if a model writes."""
    if not wish.template and not wish.brief.strip():
        raise CannotPrepare("the brief is empty: say what the mails are about, or name a saved template")
    if wish.template and wish.brief.strip():
        raise CannotPrepare("name either a brief or a saved template")
    if wish.template:
        saved = _saved(session, scope, wish.template)
        brief = Brief(saved.text, saved.subject, saved.language, links=dict(saved.links))
        return replace(brief, uses=facts_on_request(brief)), saved
    brief = read_brief(wish.brief)
    if settings().has_model:
        return brief, None
    brief = replace(brief, subject=brief.subject or wish.name)
    check_template(brief.subject, brief.text, brief.links or {})
    new = NewTemplate(wish.name, brief.subject, brief.text, brief.language, brief.links)
    return replace(brief, uses=facts_on_request(brief)), templates.save(session, scope, new, author=author)


def _saved(session: Session, scope: Scope, name: str) -> Template:
    found = templates.newest(session, scope, name)
    if found is None:
        raise CannotPrepare(f"no template {name!r}: `contactflow template list --org …` lists them")
    return found
