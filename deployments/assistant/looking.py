"""Read-only tools for an assistant: syncs, plans, campaigns, mails, contacts."""

from typing import Any

from deployments.assistant.answers import MOST_ITEMS, Answer, Number, answer
from deployments.assistant.context import ToolContext, page_of
from deployments.cli import campaign_looking, contact, crm, looking
from deployments.cli.advice import advice_as_data
from deployments.cli.terminal import Refused
from storage.campaign import campaigns, mails, tallies
from storage.organization import connections, suggestions
from storage.people import actions, contacts, links
from storage.records import CampaignStatus, ChangeKind, MailState, Run, RunKind, SyncStatus
from storage.scope import Scope
from storage.session import Session
from storage.sync import plans, syncs


def list_connections(context: ToolContext) -> Answer:
    """The connected accounts that contacts are read from and mails leave from, and how they are."""
    with context.looking() as (session, scope):
        found = connections.connections(session, scope)
    told = [
        {"id": one.id, "provider": one.provider, "account": one.account, "status": one.status, "cause": one.cause}
        for one in found
    ]
    return answer({"connections": told})


def list_syncs(context: ToolContext, limit: int = 20) -> Answer:
    """Contact syncs, the newest first, with their numbers."""
    with context.looking() as (session, scope):
        found = syncs.syncs(session, scope, limit=_few(limit))
    return answer({"syncs": [looking.as_data(one) for one in found]})


def sync_status(context: ToolContext, sync_id: str) -> Answer:
    """Where a sync stands: its numbers by kind and state, warnings, errors, and the page where people decide."""
    with context.looking() as (session, scope):
        sync = syncs.sync(session, scope, sync_id)
        counts = plans.counts(session, scope, sync_id)
    rows = [{"kind": kind, "state": state, "rows": number} for (kind, state), number in sorted(counts.items())]
    run = Run(RunKind.SYNC, sync_id)
    waits = sync.status is SyncStatus.PREVIEW
    return answer(looking.as_data(sync) | {"rows": rows, "page": page_of(run), "waits_for_a_person": waits})


def preview_plan(
    context: ToolContext, sync_id: str, kinds: list[ChangeKind] | None = None, after: Number = 0, limit: int = 20
) -> Answer:
    """Rows of a sync's plan: who, what would change and why. `after` is the number of the last row seen."""
    with context.looking() as (session, scope):
        syncs.sync(session, scope, sync_id)
        key = syncs.preview_key(session, scope, sync_id)
        wanted = kinds or list(ChangeKind)
        found = plans.changes(session, scope, sync_id, key, kinds=wanted, after=after, limit=_few(limit) + 1)
    shown = found[: _few(limit)]
    more = f"more rows: ask with after={shown[-1].ordinal}" if len(found) > len(shown) else ""
    return answer({"sync": sync_id, "rows": [looking.row_as_data(row) for row in shown]}, left_out=more)


def explain_row(context: ToolContext, sync_id: str, number: Number) -> Answer:
    """One row of a plan in full: why it was matched as it was, what each side says, and what was advised about it."""
    with context.looking() as (session, scope):
        syncs.sync(session, scope, sync_id)
        key = syncs.preview_key(session, scope, sync_id)
        found = plans.changes(session, scope, sync_id, key, after=number - 1, limit=1)
        advised = [one for one in suggestions.suggestions(session, scope, Run(RunKind.SYNC, sync_id))
                   if one.number == number]  # fmt: skip
        row = next((one for one in found if one.ordinal == number), None)
        if row is None:
            raise Refused(f"no row {number} in sync {sync_id}: preview_plan shows each row's number")
        there = contacts.contacts(session, scope, [row.object_id]).get(row.object_id) if row.object_id else None
    reasons = [part for part in row.reason.split("; ") if part]
    told = looking.row_as_data(row) | {"why": reasons, "suggestions": [advice_as_data(one) for one in advised]}
    moved = bool(there and row.seen_version and there.version != row.seen_version)
    if there:
        told |= {"contact_now": crm.as_data(there), "contact_changed_since": moved}
    return answer(told)


def find_contacts(context: ToolContext, search: str = "", limit: int = 20) -> Answer:
    """Contacts of the CRM by part of a name, an address, a number, a company, a job, a place or a tag."""
    with context.looking() as (session, scope):
        found = contacts.search(session, scope, search, limit=_few(limit))
        total = contacts.count(session, scope)
    names = ("display_name", "company", "job_title")
    told = [
        {"id": one.id} | {name: getattr(one.person, name) for name in names}
        | {"emails": [mail.value for mail in one.person.emails]}
        for one in found
    ]  # fmt: skip
    return answer({"contacts": told, "contacts_in_all": total})


def explain_contact(context: ToolContext, contact_id: str) -> Answer:
    """One contact: its values, where every single one came from, which accounts stand behind it, and its history."""
    with context.looking() as (session, scope):
        found = contacts.contact(session, scope, contact_id)
        tied = links.links_of(session, scope, contact_id)
        deeds = actions.actions(session, scope, contact_id)
    return answer(contact.whole(found, tied, deeds))


def list_campaigns(context: ToolContext, limit: int = 20) -> Answer:
    """E-mail campaigns, the newest first, with their numbers and what they cost."""
    with context.looking() as (session, scope):
        listed = campaigns.campaigns(session, scope, limit=_few(limit))
        found = [tallies.current(session, scope, one) for one in listed]
    return answer({"campaigns": [campaign_looking.as_data(one) for one in found]})


def campaign_status(context: ToolContext, campaign_id: str) -> Answer:
    """Where a campaign stands: numbers, forecast, cost, who was left out and why, and the page where people decide."""
    with context.looking() as (session, scope):
        told, waits = _campaign(session, scope, campaign_id)
        left_out = tallies.reasons(session, scope, campaign_id, MailState.EXCLUDED)
    run = Run(RunKind.CAMPAIGN, campaign_id)
    return answer(told | {"excluded_because": left_out, "page": page_of(run), "waits_for_a_person": waits})


def preview_mails(context: ToolContext, campaign_id: str, after: Number = 0, limit: int = 10) -> Answer:
    """Mails of a campaign as they would leave, with what the checks remarked. `after`: number of the last mail seen."""
    with context.looking() as (session, scope):
        told, _ = _campaign(session, scope, campaign_id)
        key = campaigns.body_key(session, scope, campaign_id)
        found = mails.mails(session, scope, campaign_id, key, after=after, limit=_few(limit) + 1)
    shown = found[: _few(limit)]
    more = f"more mails: ask with after={shown[-1].ordinal}" if len(found) > len(shown) else ""
    data = {"campaign": told["id"], "mails": [campaign_looking.mail_data(one) for one in shown]}
    return answer(data, left_out=more)


def _campaign(session: Session, scope: Scope, campaign_id: str) -> tuple[dict[str, Any], bool]:
    found = tallies.current(session, scope, campaigns.campaign(session, scope, campaign_id))
    return campaign_looking.as_data(found), found.status is CampaignStatus.REVIEW


def _few(limit: int) -> int:
    return max(1, min(limit, MOST_ITEMS))


LOOKING = (
    list_connections, list_syncs, sync_status, preview_plan, explain_row, find_contacts, explain_contact,
    list_campaigns, campaign_status, preview_mails,
)  # fmt: skip
