"""Freeze a campaign's audience: every contact that matches the criteria, included or excluded with a reason."""

from prefect import task

from storage import audit
from storage.campaign import campaigns, mails, tallies
from storage.campaign.campaigns import Campaign
from storage.campaign.mails import Member
from storage.organization import tenants
from storage.privacy import erasures
from storage.records import CampaignStatus, Draft
from storage.scope import Scope
from storage.session import Session, open_store
from tasks.campaign.estimates import audience_of
from tasks.rules.audience import Judged


class NobodyToWriteTo(Exception):
    """No contact matches the criteria, or none can be written to. The text counts the excluded by reason."""


@task
def segment(campaign_id: str) -> int:
    """Returns the number of recipients. Idempotent: an audience once frozen is kept."""
    with open_store().begin() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
        if campaign.status is not CampaignStatus.DRAFT:
            return campaign.statistics.waiting
        erasures.lock_erasures(session, scope)
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
    uses = campaigns.brief(session, scope, campaign.id).uses
    return [_member(one) for one in audience_of(session, scope, campaign.criteria, uses)]


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
