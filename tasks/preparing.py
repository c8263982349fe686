"""What a campaign needs before its run begins: a brief that makes sense, a mailbox that may send, a budget.

No task and no import of Prefect, for the terminal and the page prepare campaigns too.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from storage import campaigns, connections, templates, usage
from storage.campaigns import Campaign, NewCampaign
from storage.records import Attachment, Brief, ConnectionStatus, Criteria
from storage.scope import Scope
from storage.session import Session
from storage.settings import settings
from storage.templates import NewTemplate, Template
from tasks.providers.permissions import mail_refusal
from tasks.rules.briefs import read_brief
from tasks.rules.prompts import PROMPT_VERSION
from tasks.rules.templates import check_template


class CannotPrepare(Exception):
    """A campaign cannot be as it was asked for. The text says what to change."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A campaign as somebody asks for it.

    `brief` is the text of a brief; `template` names a saved template, which takes its place. Without a model, a brief
    is a template as well. `connection_id` empty: sent by SMTP.
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
    _demand_mailbox(session, scope, wish.connection_id)
    template = _template(session, scope, wish, author)
    brief = _of_template(template) if template else read_brief(wish.brief)
    budget = usage.open_budget(session, scope, f"campaign/{wish.id}", limit=wish.budget)
    new = NewCampaign(
        id=wish.id,
        flow_run_id=wish.flow_run_id,
        name=wish.name.strip() or "Campaign",
        brief=replace(brief, attachments=wish.attachments),
        criteria=wish.criteria,
        connection_id=wish.connection_id,
        model="" if template else settings().openai_model,
        prompt_version="" if template else PROMPT_VERSION,
        template_id=template.id if template else "",
        budget_id=budget.id,
    )
    return campaigns.open_campaign(session, scope, new)


def _demand_mailbox(session: Session, scope: Scope, connection_id: str) -> None:
    if not connection_id:
        if not settings().smtp_url:
            raise CannotPrepare("name the connection to send from, or set CONTACTFLOW_SMTP_URL to send by SMTP")
        return
    found = connections.connection(session, scope, connection_id)
    if found.status is not ConnectionStatus.ACTIVE:
        raise CannotPrepare(
            f"connection {connection_id} is {found.status} ({found.cause}): `contactflow connect` mends it"
        )
    if found.scopes and (refusal := mail_refusal(found)):
        raise CannotPrepare(refusal)


def _template(session: Session, scope: Scope, wish: Wish, author: str) -> Template | None:
    """None where a model writes."""
    if bool(wish.template) == bool(wish.brief.strip()):
        raise CannotPrepare("name either a brief or a saved template")
    if wish.template:
        found = templates.newest(session, scope, wish.template)
        if found is None:
            raise CannotPrepare(f"no template {wish.template!r}: `contactflow template list --org …` lists them")
        return found
    if settings().has_model:
        return None
    brief = read_brief(wish.brief)
    check_template(brief.subject, brief.text, brief.links or {})
    new = NewTemplate(wish.name, brief.subject, brief.text, brief.language, brief.links)
    return templates.save(session, scope, new, author=author)


def _of_template(template: Template) -> Brief:
    return Brief(template.text, template.subject, template.language, links=dict(template.links))
