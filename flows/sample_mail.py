"""Send one mail of a campaign to a user of the organization, as a test."""

from prefect import flow

from tasks.campaign.sample import sample


@flow(name="sample-mail", flow_run_name="sample-mail of {campaign}", timeout_seconds=3600)
async def sample_mail(campaign: str, mail: str, to: str) -> None:
    """Send a mail to a user of the organization, to be looked at in an inbox. It counts for nothing.

    Args:
        campaign: The id of the campaign.
        mail: The id of the mail.
        to: The e-mail address of a user of the organization.

    """
    await sample(campaign, mail, to)
