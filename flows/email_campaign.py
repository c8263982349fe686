"""The e-mail campaign: select the audience, write, review, send, record the outcome."""

from prefect import flow

from storage.records import Criteria
from tasks.campaign.check import check
from tasks.campaign.close_campaign import failing_loudly
from tasks.campaign.conclude import conclude
from tasks.campaign.draft import draft
from tasks.campaign.forecast import forecast
from tasks.campaign.launch import Asked, launch
from tasks.campaign.reconcile import reconcile
from tasks.campaign.review_mails import rest, review_mails
from tasks.campaign.segment import segment
from tasks.campaign.send import send


@flow(name="email-campaign", flow_run_name="email-campaign of {organization}")
async def email_campaign(
    organization: str,
    user: str,
    name: str = "",
    brief: str = "",
    template: str = "",
    pipeline: str = "",
    stage: str = "",
    tags: list[str] | None = None,
    contacts: list[str] | None = None,
    connection: str = "",
    budget: float = 0,
    campaign: str = "",
) -> None:
    """Write one personal mail to each contact, and send what a person has approved.

    Args:
        organization: The organization's short name, as `contactflow org add` printed it.
        user: The e-mail address of the user whom the campaign is for.
        name: What the campaign is called.
        brief: What the mails are about: the instruction to the language model or, without one, the template itself.
        template: A saved template to use in place of a brief.
        pipeline: Only contacts in this pipeline.
        stage: Only contacts at this stage.
        tags: Only contacts with one of these tags.
        contacts: Only these contacts, by their ids.
        connection: The connection to send from, as `contactflow connections` lists it. Without one, mails go by SMTP.
        budget: The most that the language model may cost, in US dollars. 0: no limit.
        campaign: The id of a campaign that was prepared before; all the rest is then known.

    """
    criteria = Criteria(pipeline, stage, tuple(tags or ()), tuple(contacts or ()))
    campaign_id = launch(organization, user, campaign, Asked(name, brief, template, criteria, connection, budget))
    async with failing_loudly(campaign_id) as standing:
        if standing.is_unwritten:
            segment(campaign_id)
            await forecast(campaign_id)
            await draft(campaign_id)
            check(campaign_id)
        await review_mails(campaign_id)
        await reconcile(campaign_id)
        while pause := await send(campaign_id):
            await rest(campaign_id, pause)
            await reconcile(campaign_id)
        await reconcile(campaign_id)
        conclude(campaign_id)
