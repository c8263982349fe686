"""Write single mails of a campaign anew, while it waits for its review."""

from prefect import flow

from tasks.campaign.check import check
from tasks.campaign.draft import draft


@flow(name="rewrite-mails", flow_run_name="rewrite-mails {campaign}", timeout_seconds=6 * 3600)
async def rewrite_mails(campaign: str) -> None:
    """Have the language model write those mails again that a reviewer asked for.

    Args:
        campaign: The id of the campaign.

    """
    await draft(campaign)
    check(campaign)
