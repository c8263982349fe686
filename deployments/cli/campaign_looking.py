"""Show campaigns and their mails. Read-only."""

from decimal import Decimal
from typing import Any

import click

from deployments.cli.advice import advice_as_data, tell_advice
from deployments.cli.terminal import (
    command,
    limit_option,
    numbers_told,
    organization_option,
    ready_store,
    show,
    table,
    when,
)
from storage.campaign import campaigns, mails, tallies
from storage.campaign.campaigns import Campaign
from storage.organization import suggestions, tenants
from storage.records import CampaignStatus, Letter, Mail, MailState, Run, RunKind, Suggestion
from storage.scope import Scope
from storage.session import Session
from storage.settings import settings
from web.campaign.mail_words import CAMPAIGN_STATUSES, amount, duration, money

STATES = [state.value for state in MailState]
SHOWN = ("audience", "excluded", "sent", "failed", "unknown", "waiting")


@command("campaigns")
@organization_option
@limit_option(100)
def campaigns_command(organization: str, limit: int, *, as_json: bool) -> None:
    """List campaigns, the newest first."""
    with ready_store().read() as session:
        scope = tenants.whole_organization(session, organization)
        listed = [tallies.current(session, scope, one) for one in campaigns.campaigns(session, scope, limit=limit)]
    rows = [
        (one.id, when(one.created_at), one.name, one.status, _numbers(one), amount(one.total_cost))
        for one in listed
    ]  # fmt: skip
    columns = ["id", "started", "name", "status", "numbers", "cost in USD"]
    empty = "no campaign yet: `contactflow campaign new` starts one"
    show(as_json, [as_data(one) for one in listed], lambda: table("", columns, rows, empty=empty))


@command("show")
@click.argument("campaign_id", metavar="ID")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Mails in some states only.")
@click.option("--mail", default="", metavar="NUMBER", help="One mail, as it will be read.")
@limit_option(50, "mails")
def campaign_show_command(campaign_id: str, states: tuple[str, ...], mail: str, limit: int, *, as_json: bool) -> None:
    """Look at a campaign: where it stands, what it costs, and its mails, those with remarks first."""
    wanted = [MailState(state) for state in states] or None
    with ready_store().read() as session:
        scope, campaign = found(session, campaign_id)
        key = campaigns.body_key(session, scope, campaign_id)
        if mail:
            one = mails.mail(session, scope, campaign_id, mail, key)
            show(as_json, mail_data(one), lambda: _print_mail(one))
            return
        every = mails.every(session, scope, campaign_id, key, states=wanted)
        listed = sorted(every, key=lambda one: (-one.risk, one.ordinal))
        left_out = tallies.reasons(session, scope, campaign_id, MailState.EXCLUDED)
        advised = suggestions.suggestions(session, scope, Run(RunKind.CAMPAIGN, campaign_id))
    data = as_data(campaign) | {
        "excluded_because": left_out,
        "mails": [mail_data(one) for one in listed],
        "suggestions": [advice_as_data(one) for one in advised],
    }
    show(as_json, data, lambda: _print(campaign, left_out, listed, limit, advised))


def found(session: Session, campaign_id: str) -> tuple[Scope, Campaign]:
    scope = tenants.scope_of_campaign(session, campaign_id)
    return scope, tallies.current(session, scope, campaigns.campaign(session, scope, campaign_id))


def as_data(campaign: Campaign) -> dict[str, Any]:
    forecast = campaign.forecast
    return {
        "id": campaign.id,
        "name": campaign.name,
        "flow_run_id": campaign.flow_run_id,
        "status": campaign.status,
        "mailbox": campaign.mailbox,
        "model": campaign.model or None,
        "digest": campaign.digest,
        "statistics": campaign.statistics.by_name(),
        "total_cost": f"{campaign.total_cost:f}",
        "forecast": None
        if forecast is None
        else {
            "mails": forecast.mails,
            "low": _exact(forecast.low),
            "high": _exact(forecast.high),
            "seconds_to_send": forecast.seconds_to_send,
            "days_to_send": forecast.days_to_send,
        },
        "warnings": campaign.warnings,
        "error": campaign.error,
        "decided_by": campaign.decided_by,
        "comment": campaign.comment,
        "created_at": campaign.created_at,
        "decided_at": campaign.decided_at,
        "resume_at": campaign.resume_at,
        "completed_at": campaign.completed_at,
    }


def mail_data(mail: Mail) -> dict[str, Any]:
    draft = mail.draft
    return {
        "id": mail.id,
        "number": mail.ordinal,
        "contact": mail.object_id,
        "state": mail.state,
        "reason": mail.reason,
        "checks": list(mail.checks),
        "findings": [(one.severity, one.check, one.detail) for one in draft.findings] if draft else [],
        "to": draft.recipient.address if draft else None,
        "subject": draft.letter.subject if draft and draft.letter else None,
        "text": letter_text(draft.letter) if draft and draft.letter else None,
        "content_hash": mail.content_hash,
        "approved_hash": mail.approved_hash,
        "sent_at": mail.sent_at,
    }


def letter_text(letter: Letter) -> str:
    """The letter as text for a reviewer to read and edit: subject, greeting, paragraphs."""
    return "\n\n".join([f"Subject: {letter.subject}", letter.greeting, *(one.text for one in letter.paragraphs)])


def tell(campaign: Campaign) -> None:
    tell_numbers(campaign)
    if campaign.status is CampaignStatus.REVIEW:
        click.echo(f"look:    contactflow campaign show {campaign.id}")
    _tell_how_to_decide(campaign)


def tell_numbers(campaign: Campaign) -> None:
    numbers = numbers_told(campaign.statistics.by_name(), nothing="no mails yet")
    click.echo(f"campaign {campaign.id} {_stands(campaign)}: {numbers}; cost {money(campaign.total_cost)}")
    if campaign.error:
        click.echo(campaign.error, err=True)
    for warning in campaign.warnings:
        click.echo(f"warning: {warning}", err=True)


def _tell_how_to_decide(campaign: Campaign) -> None:
    if campaign.status is CampaignStatus.REVIEW:
        click.echo(f"page:    {settings().public_url}/campaigns/{campaign.id}")
        click.echo(f"decide:  contactflow campaign approve {campaign.id}    or    …reject {campaign.id}")


def _numbers(campaign: Campaign) -> str:
    every = campaign.statistics.by_name()
    return numbers_told({name: every[name] for name in SHOWN})


def _stands(campaign: Campaign) -> str:
    told = CAMPAIGN_STATUSES[campaign.status]
    return told if campaign.status in {CampaignStatus.REVIEW, CampaignStatus.FAILED} else f"is {told}"


def _exact(price: Decimal | None) -> str | None:
    return None if price is None else str(price)


def _print(
    campaign: Campaign, left_out: dict[str, int], listed: list[Mail], limit: int, advised: list[Suggestion]
) -> None:
    tell_numbers(campaign)
    if forecast := campaign.forecast:
        price = (
            f"for {amount(forecast.low)} to {money(forecast.high)}"
            if forecast.low is not None
            else "at an unknown price"
        )
        click.echo(f"forecast: {forecast.mails} mails {price}; sending takes {duration(forecast.seconds_to_send)}")
    for reason, number in left_out.items():
        click.echo(f"left out: {number} ({reason})")
    rows = [
        (one.ordinal, one.state, _name(one), _subject(one), ", ".join(one.checks) or one.reason)
        for one in listed[:limit]
    ]
    table("", ["mail", "state", "to", "subject", "remarks"], rows, empty="no mails")
    if len(listed) > limit:
        click.echo(f"{len(listed) - limit} more mails: --limit {len(listed)} shows all, --state STATE some of them")
    tell_advice(advised)
    _tell_how_to_decide(campaign)


def _print_mail(mail: Mail) -> None:
    click.echo(f"mail {mail.ordinal} is {mail.state} {mail.reason}".rstrip())
    if mail.draft is None:
        click.echo("its text is no longer kept")
        return
    click.echo(f"To: {mail.draft.recipient.name} <{mail.draft.recipient.address}>")
    for finding in mail.draft.findings:
        click.echo(f"{finding.severity}: {finding.check} {finding.detail}".rstrip())
    click.echo(letter_text(mail.draft.letter) if mail.draft.letter else "not written yet")


def _name(mail: Mail) -> str:
    return (mail.draft.recipient.name or mail.draft.recipient.address) if mail.draft else mail.object_id


def _subject(mail: Mail) -> str:
    return mail.draft.letter.subject if mail.draft and mail.draft.letter else ""
