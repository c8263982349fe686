"""Tools that start something: runs up to their review, suggestions to the reviewer, a request for a decision.

None of them writes to the CRM, sends a mail to contacts or decides. Each except the forecast records an audit entry
under the assistant's name.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from deployments.assistant.answers import Answer, Number, answer
from deployments.assistant.context import ToolContext, page_of
from deployments.cli.terminal import Refused
from storage.campaign import campaign_standing, campaigns
from storage.documents import new_id, now
from storage.organization import connections, suggestions
from storage.records import (
    Advice,
    CampaignStatus,
    ConnectionStatus,
    Criteria,
    Matter,
    NoticeKind,
    Run,
    RunKind,
    SyncStatus,
)
from storage.scope import Scope
from storage.session import Session
from storage.settings import settings
from storage.sync import syncs
from tasks.campaign.estimates import Estimate, estimate
from tasks.campaign.preparing import Wish, prepare
from tasks.providers.notifications import tell

MOST_LIVE = 5  # live campaigns of a user, above which an assistant may start no other
ASKED = {RunKind.SYNC: NoticeKind.SYNC_ASKED, RunKind.CAMPAIGN: NoticeKind.CAMPAIGN_ASKED}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a campaign is for: contacts in this pipeline, at this stage, with one of these tags, or by their ids."""

    pipeline: str = ""
    stage: str = ""
    tags: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()

    @property
    def criteria(self) -> Criteria:
        return Criteria(self.pipeline, self.stage, self.tags, self.contacts)


def start_sync(context: ToolContext, connection_id: str, full: bool = False) -> Answer:  # noqa: FBT001, FBT002 (JSON argument)
    """Start a contact sync of a connected account. It stops at its review, where a person decides."""
    sync_id = new_id()
    with context.acting() as (session, scope):
        _demand_free(session, scope, connection_id)
        context.note(session, scope, "sync-asked", sync_id, {"connection": connection_id, "full": full})
    parameters = {
        "organization": context.organization, "user": context.user, "connection": connection_id, "full": full,
    }  # fmt: skip
    run_id = context.engine.start("contact-sync", parameters, key=sync_id)
    return answer({"id": sync_id, "flow_run_id": run_id, "page": page_of(Run(RunKind.SYNC, sync_id))})


def forecast_campaign(context: ToolContext, audience: Audience, brief: str = "", connection_id: str = "") -> Answer:
    """Who would be written to, who would be left out and why, what it may cost at most and how long sending takes.

    For a campaign that has not begun: nothing is started and nothing is spent. Tokens are estimated upwards.
    """
    with context.acting() as (session, scope):
        found = estimate(session, scope, audience.criteria, brief, connection_id)
    return answer(_forecast(found))


def start_campaign(
    context: ToolContext, name: str, audience: Audience, brief: str = "", template: str = "", connection_id: str = "",
    budget_usd: str = "",
) -> Answer:  # fmt: skip
    """Start a campaign. Mails are written and checked, then it stops at its review, where a person decides.

    Name either a brief or a saved template. Where a language model writes, `budget_usd` is the most it may cost.
    """
    campaign_id = new_id()
    with context.acting() as (session, scope):
        wish = Wish(
            id=campaign_id, flow_run_id=campaign_id, name=name, brief=brief, template=template,
            connection_id=connection_id, budget=_budget(budget_usd, brief), criteria=audience.criteria,
        )  # fmt: skip
        _demand_few(session, scope)
        prepare(session, scope, wish, author=context.name)
        context.note(session, scope, "campaign-asked", campaign_id)
    parameters = {"organization": context.organization, "user": context.user, "campaign": campaign_id}
    run_id = context.engine.start("email-campaign", parameters, key=campaign_id)
    with context.acting() as (session, scope):
        campaigns.note(session, scope, campaign_id, flow_run_id=run_id)
    return answer({"id": campaign_id, "flow_run_id": run_id, "page": page_of(Run(RunKind.CAMPAIGN, campaign_id))})


def propose_decision(
    context: ToolContext, kind: RunKind, run_id: str, number: Number, advice: Advice, reason: str
) -> Answer:
    """Advise the reviewer about one row or mail, or about the whole with number 0. It decides nothing."""
    with context.acting() as (session, scope):
        made = suggestions.suggest(session, scope, Run(kind, run_id), number, advice, reason, by=context.name)
        detail = {"suggestion": made.id, "number": number, "advice": advice}
        context.note(session, scope, "suggested", run_id, detail)
    return answer({"id": made.id, "shown_at": page_of(Run(kind, run_id)), "decides": False})


def ask_for_approval(context: ToolContext, kind: RunKind, run_id: str) -> Answer:
    """Ask people to decide about a run that waits, once a day. They get a link; an assistant cannot approve."""
    run = Run(kind, run_id)
    with context.acting() as (session, scope):
        _demand_waiting(session, scope, run)
        context.note(session, scope, "approval-asked", run_id)
    told = tell(context.store, scope, Matter(ASKED[kind], run_id, f"{now():%Y-%m-%d}"))
    return answer({"page": page_of(run), "notified": told, "approved": False})


def _demand_free(session: Session, scope: Scope, connection_id: str) -> None:
    """Refuse if the connection is not active or has an open sync. A person's new sync would replace a waiting one."""
    found = connections.connection(session, scope, connection_id)
    if found.status is not ConnectionStatus.ACTIVE:
        raise Refused(f"connection {connection_id} is {found.status}: a person must connect it again")
    if other := syncs.open_for(session, scope, connection_id):
        raise Refused(f"sync {other.id} of this connection is {other.status}: people decide about it first")


def _demand_few(session: Session, scope: Scope) -> None:
    live = [one for one in campaign_standing.live_campaigns(session, scope) if one.user_id == scope.user_id]
    if len(live) >= MOST_LIVE:
        raise Refused(f"{len(live)} campaigns are under way already: people decide about them first")


def _demand_waiting(session: Session, scope: Scope, run: Run) -> None:
    if run.kind is RunKind.SYNC:
        status: SyncStatus | CampaignStatus = syncs.sync(session, scope, run.id).status
    else:
        status = campaigns.campaign(session, scope, run.id).status
    if status not in {SyncStatus.PREVIEW, CampaignStatus.REVIEW}:
        raise Refused(f"{run.kind} {run.id} does not wait for a decision: it is {status}")


def _budget(text: str, brief: str) -> Decimal | None:
    """The amount in USD. An assistant, unlike a person, must set it where a language model writes."""
    if not text:
        if brief and settings().has_model:
            raise Refused("a language model writes: name the most it may cost, such as budget_usd='1.50'")
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise Refused(f"budget_usd {text!r}: write an amount in US dollars, such as 1.50") from None
    if not amount.is_finite() or amount <= 0:
        raise Refused("budget_usd: more than nothing")
    return amount


def _forecast(found: Estimate) -> dict[str, object]:
    told = found.forecast
    return {
        "audience": found.audience, "excluded": found.excluded, "mails": told.mails, "usd_at_least": told.low,
        "usd_at_most": told.high, "seconds_to_send": round(told.seconds_to_send), "days_to_send": told.days_to_send,
    }  # fmt: skip


ASKING = (start_sync, forecast_campaign, start_campaign, propose_decision, ask_for_approval)
