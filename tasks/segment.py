"""Freeze a campaign's audience: every contact that the criteria name, in, or left out with its reason."""

from datetime import timedelta

from prefect import task

from storage import audit, campaigns, contacts, erasures, mails, past_mails, suppressions, tallies, tenants
from storage.campaigns import Campaign
from storage.documents import now
from storage.mails import Member
from storage.organization_settings import organization_settings
from storage.records import CampaignStatus, Draft
from storage.scope import Scope
from storage.session import Session, open_store
from tasks.rules.audience import Candidate, Judged, candidate, segmented


class NobodyToWriteTo(Exception):
    """The criteria name no contact, or none that can be written to. The text says how many were left out, and why."""


@task
def segment(campaign_id: str) -> int:
    """How many are written to. A campaign that has its audience keeps it."""
    with open_store().begin() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
        if campaign.status is not CampaignStatus.DRAFT:
            return campaign.statistics.waiting
        erasures.hold_off(session, scope)
        members = _members(session, scope, campaign)
        _demand_somebody(members)
        key = campaigns.demand_body_key(session, scope, campaign_id)
        mails.freeze(session, scope, campaign_id, key, members, mailbox=campaign.mailbox)
        numbers = tallies.keep(session, scope, campaign_id)
        campaigns.move(session, scope, campaign_id, expected=[CampaignStatus.DRAFT], to=CampaignStatus.GENERATING)
        detail = {"audience": numbers.audience, "excluded": numbers.excluded}
        audit.record(session, scope, actor="contactflow", action="audience.frozen", subject=campaign_id, detail=detail)
    return numbers.waiting


def _members(session: Session, scope: Scope, campaign: Campaign) -> list[Member]:
    rules = organization_settings(session, scope)
    brief = campaigns.brief(session, scope, campaign.id)
    found = _candidates(session, scope, campaign)
    hashes = [hashed for one in found for hashed in one.hashes]
    recently = now() - timedelta(days=rules.rest_days)
    judged = segmented(
        found,
        suppressed=suppressions.suppressed(session, scope, hashes),
        written_to=past_mails.written_to_since(session, scope, recently) if rules.rest_days else (),
        exclude_roles=rules.exclude_role_addresses,
        uses=brief.uses,
    )
    return [_member(one) for one in judged]


def _candidates(session: Session, scope: Scope, campaign: Campaign) -> list[Candidate]:
    def hashed(canonical: str) -> str:
        return suppressions.address_hash(session, scope, canonical)

    return [candidate(contact, hashed) for contact in contacts.chosen(session, scope, campaign.criteria)]


def _member(one: Judged) -> Member:
    draft = Draft(one.recipient) if one.recipient else None
    return Member(one.object_id, draft, one.address_hash, one.reason.value if one.reason else "")


def _demand_somebody(members: list[Member]) -> None:
    if any(not member.reason for member in members):
        return
    if not members:
        raise NobodyToWriteTo("no contact fits: widen --pipeline, --stage, --tag or --contact")
    counts: dict[str, int] = {}
    for member in members:
        counts[member.reason] = counts.get(member.reason, 0) + 1
    told = ", ".join(f"{number} {reason}" for reason, number in counts.items())
    raise NobodyToWriteTo(f"of {len(members)} contacts nobody can be written to: {told}")
