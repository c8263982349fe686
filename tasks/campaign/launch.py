"""Open a campaign from the flow's parameters, once per flow run."""

from dataclasses import dataclass
from decimal import Decimal

from prefect import task
from prefect.client.schemas.objects import FlowRun

from storage import audit
from storage.campaign import campaigns
from storage.organization import tenants
from storage.records import Criteria
from storage.scope import Scope
from storage.session import Session, open_store
from tasks.campaign.preparing import Wish, prepare
from tasks.providers.flow_runs.runs import chosen_id, current_run


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters with which a person started a campaign."""

    name: str
    brief: str
    template: str
    criteria: Criteria
    connection: str
    budget: float


@task
def launch(organization: str, user: str, campaign: str, asked: Asked) -> str:
    """Returns the campaign's id. `campaign` names one prepared before, at the terminal or on the page."""
    run = current_run()
    with open_store().begin() as session:
        scope = tenants.scope_of(session, organization, user)
        if known := campaigns.of_run(session, scope, str(run.id)):
            return known.id
        if campaign:
            campaigns.campaign(session, scope, campaign)
            campaigns.note(session, scope, campaign, flow_run_id=str(run.id))
            return campaign
        return _prepared(session, scope, run, user, asked)


def _prepared(session: Session, scope: Scope, run: FlowRun, user: str, asked: Asked) -> str:
    wish = Wish(
        id=chosen_id(run), flow_run_id=str(run.id), name=asked.name, brief=asked.brief, template=asked.template,
        criteria=asked.criteria, connection_id=asked.connection,
        budget=Decimal(str(asked.budget)) if asked.budget else None,
    )  # fmt: skip
    made = prepare(session, scope, wish, author=user)
    audit.record(session, scope, actor=user, action="campaign.opened", subject=made.id)
    return made.id
