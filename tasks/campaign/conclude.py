"""Complete a campaign: final statistics, total cost, and the date from which its mails are no longer kept."""

from prefect import task

from storage import audit
from storage.campaign import campaign_reviews, campaigns, tallies
from storage.organization import tenants
from storage.records import CampaignStatus
from storage.session import open_store
from tasks.providers.flow_runs.events import notify


@task
def conclude(campaign_id: str) -> dict[str, int]:
    """Returns the campaign's statistics. Idempotent."""
    with open_store().begin() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        numbers = tallies.keep(session, scope, campaign_id).by_name()
        if numbers["waiting"]:
            return numbers
        over = campaign_reviews.kept_until(session, scope)
        moved = campaigns.move(
            session, scope, campaign_id, expected=[CampaignStatus.SENDING], to=CampaignStatus.COMPLETED,
            resume_at=None, **over,
        )  # fmt: skip
        if moved:
            audit.record(
                session, scope, actor="contactflow", action="campaign.completed", subject=campaign_id, detail=numbers
            )
    if moved:
        notify("completed", campaign_id, numbers, about="campaign")
    return numbers
